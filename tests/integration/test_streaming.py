"""Content is passed on as it comes: no token waits for the next, no upload is gathered first."""
import threading

from support import GatewayCase, main


class Streaming(GatewayCase):
    def test_each_ndjson_token_arrives_before_the_next_is_made(self):
        go_on = threading.Semaphore(0)

        def tokens(request):
            yield b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
            for number in range(20):
                line = b'{"response":"%d"}\n' % number
                yield b"%x\r\n%s\r\n" % (len(line), line)
                # Not before the client has said that it has this one.
                assert go_on.acquire(timeout=20)
            yield b"0\r\n\r\n"

        with self.connect(self.gateway(self.backend(tokens))) as client:
            client.send("POST /api/generate HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")
            self.assertEqual(client.read_head()[0], 200)
            for number, chunk in enumerate(client.chunks()):
                self.assertEqual(chunk, b'{"response":"%d"}\n' % number)
                go_on.release()
            self.assertEqual(number, 19)

    def test_upload_reaches_the_backend_while_it_goes_on(self):
        pieces = []
        seen = threading.Semaphore(0)

        def script(peer, number):
            data = b""
            while not data.endswith(b"0\r\n\r\n"):
                data += peer.recv(65536)
                pieces.append(data)
                seen.release()
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        backend = self.scripted(script)
        with self.connect(self.gateway(backend)) as client:
            client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            self.assertTrue(seen.acquire(timeout=20))
            for number in range(10):
                client.send("1\r\n%d\r\n" % number)
                while b"1\r\n%d\r\n" % number not in pieces[-1]:
                    self.assertTrue(seen.acquire(timeout=20))
            client.send("0\r\n\r\n")
            self.assertEqual(client.read_response()[0], 200)

    def test_both_directions_at_once(self):
        def script(peer, number):
            data = b""
            while b"\r\n\r\n" not in data:
                data += peer.recv(65536)
            peer.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while b"0\r\n\r\n" not in data:
                data = peer.recv(65536)
                peer.sendall(b"%x\r\n%s\r\n" % (len(data), data))
            peer.sendall(b"0\r\n\r\n")

        backend = self.scripted(script)
        with self.connect(self.gateway(backend)) as client:
            client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            self.assertEqual(client.read_head()[0], 200)
            chunks = client.chunks()
            for number in range(10):
                client.send("1\r\n%d\r\n" % number)
                self.assertEqual(next(chunks), b"1\r\n%d\r\n" % number)
            client.send("0\r\n\r\n")
            self.assertEqual(b"".join(chunks), b"0\r\n\r\n")

    def test_interim_responses_and_expectations(self):
        def respond(request):
            yield b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
            yield b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

        backend = self.backend(respond)
        gateway = self.gateway(backend)
        with self.connect(gateway) as client:
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
            self.assertEqual(client.read_head()[0], 100)
            client.send("hello")
            self.assertEqual(client.read_head()[0], 103)
            self.assertEqual(client.read_response()[2], b"ok")
        self.assertIsNone(backend.last.get("Expect"))
        self.assertEqual(backend.last.content, b"hello")
        result = self.curl(gateway, "/", "-H", "Expect: 100-continue", "--data-binary", "x" * 5000)
        self.assertEqual(result.content, b"ok")

    def test_early_response_to_a_large_upload(self):
        def script(peer, number):
            data = b""
            while b"\r\n\r\n" not in data:
                data += peer.recv(65536)
            peer.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge")

        gateway = self.gateway(self.scripted(script))
        path = self.subdirectory("upload") + "/file"
        with open(path, "wb") as file:
            file.truncate(64 << 20)
        result = self.curl(gateway, "/", "-H", "Expect:", "--upload-file", path)
        self.assertEqual((result.status, result.content), (413, b"large"), result)


main()
