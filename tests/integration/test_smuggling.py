"""P6: what is ambiguous in HTTP is refused, never forwarded for someone else to interpret."""
from support import GatewayCase, main

HOST = "Host: a\r\n"
# name of the row in the threat table: (request, status)
AMBIGUOUS = {
    "H1 length beside coding": ("POST / HTTP/1.1\r\n" + HOST + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"
                                "\r\n0\r\n\r\n", 400),
    "H1 two lengths": ("POST / HTTP/1.1\r\n" + HOST + "Content-Length: 0\r\nContent-Length: 44\r\n\r\n", 400),
    "H1 length list": ("POST / HTTP/1.1\r\n" + HOST + "Content-Length: 1, 1\r\n\r\nx", 400),
    "H2 empty length": ("POST / HTTP/1.1\r\n" + HOST + "Content-Length: \r\n\r\n", 400),
    "H3 empty name": ("GET / HTTP/1.1\r\n" + HOST + ": x\r\n\r\n", 400),
    "H4 coding with tab": ("POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n", 400),
    "H4 coding list": ("POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n", 501),
    "H4 coding in 1.0": ("POST / HTTP/1.0\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "H5 unknown expectation": ("POST / HTTP/1.1\r\n" + HOST + "Expect: x\r\nContent-Length: 0\r\n\r\n", 417),
    "H7 folded field": ("GET / HTTP/1.1\r\n" + HOST + "A: b\r\n\tc\r\n\r\n", 400),
    "H7 space before colon": ("GET / HTTP/1.1\r\n" + HOST + "A : b\r\n\r\n", 400),
    "H7 bare LF": ("GET / HTTP/1.1\r\n" + HOST + "A: b\nX: c\r\n\r\n", 400),
    "H7 NUL": ("GET / HTTP/1.1\r\n" + HOST + "A: b\0c\r\n\r\n", 400),
    "H10 CONNECT": ("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", 501),
    "H16 two Hosts": ("GET / HTTP/1.1\r\n" + HOST + HOST + "\r\n", 400),
    "H16 no Host": ("GET / HTTP/1.1\r\n\r\n", 400),
    "H16 absolute-form disagrees": ("GET http://b/ HTTP/1.1\r\n" + HOST + "\r\n", 400),
    "H17 no path": ("GET @evil HTTP/1.1\r\n" + HOST + "\r\n", 400),
}


class Smuggling(GatewayCase):
    def test_p6_ambiguous_requests_never_reach_the_backend(self):
        backend = self.backend()
        gateway = self.gateway(backend)
        for name, (request, status) in AMBIGUOUS.items():
            with self.subTest(name), self.connect(gateway) as client:
                # The request behind it is what a smuggler wants to get through.
                client.send(request + "GET /smuggled HTTP/1.1\r\n" + HOST + "\r\n")
                answer = client.read_response()
                self.assertEqual(answer[0], status)
                self.assertEqual(answer[1]["content-type"], "application/problem+json")
                self.assertTrue(client.at_end())
        self.assertEqual(backend.connections, 0)

    def test_h6_malformed_chunks_end_the_request(self):
        backend = self.scripted(lambda peer, number: [None for _ in iter(lambda: peer.recv(65536), b"")])
        gateway = self.gateway(backend)
        for chunks in ("5\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n", "5\r\nhelloworld\r\n",
                       "ffffffffffffffff1\r\n", "5;a=\"\r\n"):
            with self.subTest(chunks), self.connect(gateway) as client:
                client.send("POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n" + chunks)
                self.assertEqual(client.read_response()[0], 400)
                self.assertTrue(client.at_end())

    def test_h20_malformed_responses_are_502(self):
        for answer in (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                       b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
                       b"HTTP/1.1 200 OK\r\nA: b\n\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n\r\n"):
            with self.subTest(answer):
                backend = self.backend(lambda request, answer=answer: answer)
                with self.connect(self.gateway(backend)) as client:
                    self.assertEqual(client.get("/")[0], 502)

    def test_h21_bytes_behind_a_response_reach_nobody(self):
        backend = self.backend(lambda request: b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
                               b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
        with self.connect(self.gateway(backend)) as client:
            for _ in range(10):
                self.assertEqual(client.get("/")[2], b"ok")
        self.assertEqual(backend.connections, 10)


main()
