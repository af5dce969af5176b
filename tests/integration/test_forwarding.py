"""Requests and responses pass whole, both ways, between real clients and real backends."""
import hashlib
import os

from support import GatewayCase, NginxBackend, PythonBackend, curl, main, response

SIZE = 24 << 20


class Forwarding(GatewayCase):
    def test_get_and_its_fields(self):
        backend = self.backend(lambda request: response(200, "hello", [("X-It", "yes")]))
        gateway = self.gateway(backend)
        result = self.curl(gateway, "/a/b?c=d&e")
        self.assertEqual((result.status, result.content, result.field("X-It")), (200, b"hello", "yes"))
        self.assertEqual(backend.last.target, "/a/b?c=d&e")
        self.assertEqual(backend.last.get("X-Forwarded-Proto"), "https")
        self.assertEqual(backend.last.get("X-Forwarded-For"), "127.0.0.1")
        self.assertEqual(backend.last.get("X-Real-IP"), "127.0.0.1")
        self.assertEqual(backend.last.get("X-Forwarded-Host"), "localhost:%d" % gateway.port)
        self.assertEqual(backend.last.get("Via"), "1.1 postern")

    def test_pkcs12_client(self):
        gateway = self.gateway(self.backend())
        result = curl(gateway, "/", "--cert-type", "P12", "--cert", self.client.p12() + ":secret")
        self.assertEqual(result.status, 200, result)

    def test_post_by_length_and_chunked(self):
        backend = self.backend(lambda request: response(200, request.content))
        gateway = self.gateway(backend)
        result = self.curl(gateway, "/", "--data-binary", "by length")
        self.assertEqual(result.content, b"by length")
        self.assertEqual(backend.last.get("Content-Length"), "9")
        result = self.curl(gateway, "/", "--data-binary", "in chunks", "-H", "Transfer-Encoding: chunked")
        self.assertEqual(result.content, b"in chunks")
        self.assertEqual(backend.last.get("Transfer-Encoding"), "chunked")

    def test_head_204_and_304_have_no_content(self):
        answers = {"/204": response(204, length=False), "/304": response(304, length=False)}
        backend = self.backend(lambda request: answers.get(request.target) or
                               b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n")
        with self.connect(self.gateway(backend)) as client:
            self.assertEqual(client.get("/head", method="HEAD")[1]["content-length"], "1234")
            self.assertEqual(client.get("/204")[0], 204)
            self.assertEqual(client.get("/304")[0], 304)
            # Nothing stood between them: the same connection is still in step.
            self.assertEqual(client.get("/head", method="HEAD")[0], 200)

    def test_large_file_from_python(self):
        backend = self.program(PythonBackend)
        data = os.urandom(SIZE)
        with open(os.path.join(backend.directory, "file"), "wb") as file:
            file.write(data)
        result = self.curl(self.gateway(backend), "/file")
        self.assertEqual(hashlib.sha256(result.content).digest(), hashlib.sha256(data).digest())

    def test_large_file_to_and_from_nginx(self):
        backend = self.program(NginxBackend, "location /up { dav_methods PUT; create_full_put_path on; }")
        source = os.path.join(backend.directory, "source")
        data = os.urandom(SIZE)
        with open(source, "wb") as file:
            file.write(data)
        gateway = self.gateway(backend)
        result = self.curl(gateway, "/up/file", "--upload-file", source)
        self.assertEqual(result.status, 201, result)
        result = self.curl(gateway, "/up/file")
        self.assertEqual(hashlib.sha256(result.content).digest(), hashlib.sha256(data).digest())

    def test_host_as_configured(self):
        for value, expected in (("preserve", "localhost:%(port)d"), ("upstream", "%(upstream)s"),
                                ("ollama.internal", "ollama.internal")):
            with self.subTest(value):
                backend = self.backend()
                gateway = self.gateway(backend, backend_app={"host": value})
                self.curl(gateway, "/")
                self.assertEqual(backend.last.get("Host"),
                                 expected % {"port": gateway.port, "upstream": backend.address})

    def test_longest_route_wins(self):
        one, two = self.backend(lambda _: response(200, "one")), self.backend(lambda _: response(200, "two"))
        gateway = self.gateway(one, **{"route /api": {"backend": "other"},
                                       "backend other": {"server": two.address}})
        with self.connect(gateway) as client:
            answers = [client.get(target)[2] for target in ("/", "/api", "/api/x", "/apix", "/API")]
        self.assertEqual(answers, [b"one", b"two", b"two", b"one", b"one"])


main()
