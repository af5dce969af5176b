"""Each wait ends: handshake (T26), head (R1), idle, first byte, stall of either side (R2)."""
import socket
import threading
import time

from support import GatewayCase, main


class Timeouts(GatewayCase):
    def elapsed(self, wait):
        began = time.monotonic()
        wait()
        return time.monotonic() - began

    def test_t26_handshake_deadline_counts_from_accept(self):
        gateway = self.gateway(self.backend(), timeouts={"handshake": "1s"})
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as plain:
            def trickle():
                # A record that never ends, a byte at a time: each byte comes well within the deadline.
                plain.sendall(b"\x16\x03\x01\x02\x00")
                try:
                    while True:
                        plain.sendall(b"\x01")
                        plain.settimeout(0.2)
                        try:
                            if plain.recv(1) == b"":
                                return
                        except TimeoutError:
                            pass
                except ConnectionError:
                    return

            self.assertLess(self.elapsed(trickle), 10)
        self.assertEqual(gateway.access()[0]["reason"], "handshake_timeout")

    def test_r1_head_deadline_is_for_the_whole_head(self):
        gateway = self.gateway(self.backend(), timeouts={"head": "1s"})
        with self.connect(gateway) as client:
            client.send("GET / HTTP/1.1\r\n")
            client.socket.settimeout(0.2)
            for _ in range(50):
                client.send("X: 1\r\n")
                try:
                    if client.socket.recv(1):
                        break
                except TimeoutError:
                    continue
            else:
                self.fail("no answer")
        self.assertEqual(gateway.access()[0]["reason"], "head_timeout")
        self.assertEqual(gateway.access()[0]["status"], 408)

    def test_idle_connection_is_closed_cleanly(self):
        gateway = self.gateway(self.backend(), timeouts={"idle": "300ms"})
        with self.connect(gateway) as client:
            self.assertEqual(client.get("/")[0], 200)
            self.assertTrue(client.at_end())

    def test_r2_client_that_does_not_read(self):
        size = 256 << 20
        gone = threading.Event()

        def script(peer, number):
            peer.recv(65536)
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            try:
                for _ in range(size >> 20):
                    peer.sendall(bytes(1 << 20))
            except OSError:
                gone.set()

        gateway = self.gateway(self.scripted(script), timeouts={"stall": "1s"})
        with self.connect(gateway) as client:
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertTrue(gone.wait(30))
        self.assertEqual(gateway.access()[0]["reason"], "client_stalled")

    def test_upstream_that_stops_within_its_response(self):
        done = threading.Event()
        self.addCleanup(done.set)

        def respond(request):
            yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n"
            done.wait(60)

        gateway = self.gateway(self.backend(respond), timeouts={"stall": "500ms"})
        with self.connect(gateway) as client:
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            with self.assertRaises((OSError, EOFError)):
                client.read_response()
        self.assertEqual(gateway.access()[0]["reason"], "upstream_stalled")

    def test_client_that_stops_within_its_request(self):
        gateway = self.gateway(self.backend(), timeouts={"stall": "500ms"})
        with self.connect(gateway) as client:
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello")
            self.assertEqual(client.read_response()[0], 408)
        self.assertEqual(gateway.access()[0]["reason"], "client_stalled")


main()
