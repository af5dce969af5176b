"""T22: what is cut off on one side is never made to look complete on the other."""
import socket
import ssl

from support import GatewayCase, main


class Truncation(GatewayCase):
    def test_response_cut_off_by_the_upstream(self):
        for name, answer in (("length", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello"),
                             ("chunked", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")):
            with self.subTest(name):
                def script(peer, number, answer=answer):
                    peer.recv(65536)
                    peer.sendall(answer)

                gateway = self.gateway(self.scripted(script))
                with self.connect(gateway) as client:
                    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                    # A clean end, with close_notify, would be read as b"" without an exception.
                    with self.assertRaises((ssl.SSLError, ConnectionError, EOFError)):
                        client.read_response()
                        client.stream.read(1)
                        raise AssertionError("the end was clean")
                self.assertEqual(gateway.access()[0]["reason"], "upstream_truncated")

    def test_response_until_close_that_is_reset(self):
        def script(peer, number):
            peer.recv(65536)
            peer.sendall(b"HTTP/1.1 200 OK\r\n\r\nhello")
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

        gateway = self.gateway(self.scripted(script))
        with self.connect(gateway) as client:
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            with self.assertRaises((ssl.SSLError, ConnectionError, EOFError)):
                client.read_response()

    def test_request_cut_off_by_the_client(self):
        ends = []

        def script(peer, number):
            data = b""
            try:
                while True:
                    piece = peer.recv(65536)
                    if not piece:
                        ends.append(("clean", data))
                        return
                    data += piece
            except ConnectionResetError:
                ends.append(("reset", data))
            finally:
                backend.notify()

        backend = self.scripted(script)
        gateway = self.gateway(backend)
        client = self.connect(gateway)
        client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        backend.wait_for(lambda: backend.connections == 1, "request begins")
        client.close()
        backend.wait_for(lambda: ends, "the upstream connection ends")
        self.assertNotIn(b"0\r\n\r\n", ends[0][1])
        self.assertEqual(gateway.access()[0]["reason"], "client_truncated")

    def test_clean_ends_are_clean(self):
        backend = self.backend()
        with self.connect(self.gateway(backend)) as client:
            self.assertEqual(client.get("/", [("Connection", "close")])[0], 200)
            self.assertTrue(client.at_end())


main()
