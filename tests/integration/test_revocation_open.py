"""P1, T5: a revocation reaches the connection, the download and the tunnel that a client holds open."""
import signal
import threading

from support import GatewayCase, main


class Revocation(GatewayCase):
    def reload(self, gateway, number=2):
        mark = gateway.mark()
        gateway.signal(signal.SIGHUP)
        gateway.wait_for_line("generation %d in force" % number, after=mark)

    def test_p1_next_request_on_a_kept_connection(self):
        backend = self.backend()
        gateway = self.gateway(backend)
        victim, other = self.pki.client("bob"), self.connect(gateway)
        client = self.connect(gateway, victim)
        self.assertEqual((client.get("/")[0], other.get("/")[0]), (200, 200))
        self.pki.revoke(victim)
        self.reload(gateway)
        count = len(backend.requests)
        try:
            client.send("GET /after HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertEqual(client.stream.read(1), b"")
        except OSError:
            pass
        self.assertEqual(len(backend.requests), count)
        # Nobody else notices (P7).
        self.assertEqual(other.get("/")[0], 200)
        reasons = [line["reason"] for line in gateway.access(3) if line["cn"] == "bob" and line["reason"]]
        self.assertEqual(reasons, ["revoked"])

    def test_t5_download_is_cut(self):
        done = threading.Event()
        self.addCleanup(done.set)

        def forever(request):
            yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            while not done.wait(0.05):
                yield b"5\r\nhello\r\n"

        backend = self.backend(forever)
        gateway = self.gateway(backend)
        victim = self.pki.client("carol")
        client = self.connect(gateway, victim)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertEqual(client.read_head()[0], 200)
        self.assertEqual(client.stream.read(10), b"5\r\nhello\r\n")
        self.pki.revoke(victim)
        self.reload(gateway)
        # No last chunk and no clean end: what there is must not look whole.
        with self.assertRaises((OSError, EOFError)):
            for _ in client.chunks():
                pass
        backend.wait_for(lambda: not backend.open, "the upstream connection ends too")
        self.assertEqual(gateway.access()[0]["reason"], "revoked")

    def test_t5_tunnel_is_cut(self):
        ended = threading.Event()

        def script(peer, number):
            peer.recv(65536)
            peer.sendall(b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
            try:
                while peer.recv(65536):
                    pass
            except OSError:
                pass
            ended.set()

        gateway = self.gateway(self.scripted(script))
        victim = self.pki.client("dave")
        client = self.connect(gateway, victim)
        fields = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Key", "x"),
                  ("Sec-WebSocket-Version", "13")]
        self.assertEqual(client.get("/", fields)[0], 101)
        client.send("hello")
        self.pki.revoke(victim)
        self.reload(gateway)
        self.assertTrue(ended.wait(20))
        with self.assertRaises(OSError):
            client.stream.read(1)
            raise AssertionError("the end was clean")

    def test_finish_exchange_lets_the_one_in_flight_end(self):
        go_on = threading.Event()
        self.addCleanup(go_on.set)

        def respond(request):
            yield b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"
            go_on.wait(60)
            yield b"llo"

        backend = self.backend(respond)
        gateway = self.gateway(backend, client_auth={"on_revoke": "finish_exchange"})
        victim = self.pki.client("erin")
        client = self.connect(gateway, victim)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        client.read_head()
        self.pki.revoke(victim)
        self.reload(gateway)
        go_on.set()
        self.assertEqual(client.stream.read(5), b"hello")
        self.assertTrue(client.at_end())


main()
