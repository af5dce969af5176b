"""Connections are kept on both sides, pipelined requests are answered in order, and each id is told everywhere."""
from support import GatewayCase, main, response


class KeepAlive(GatewayCase):
    def test_one_connection_each_side_for_many_requests(self):
        backend = self.backend(lambda request: response(200, request.target))
        gateway = self.gateway(backend)
        with self.connect(gateway) as client:
            for number in range(50):
                self.assertEqual(client.get("/%d" % number)[2], b"/%d" % number)
        self.assertEqual(backend.connections, 1)
        self.assertEqual(len(gateway.access(50)), 50)

    def test_pipelined_requests_in_order(self):
        backend = self.backend(lambda request: response(200, request.target + " " + request.content.decode()))
        with self.connect(self.gateway(backend)) as client:
            client.send("".join("POST /%d HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n%02d" % (i, i)
                                for i in range(40)))
            for number in range(40):
                self.assertEqual(client.read_response()[2], b"/%d %02d" % (number, number))

    def test_upstream_that_closes_between_requests_is_not_noticed(self):
        backend = self.backend(lambda request: response(200, "x", [("Connection", "close")]))
        with self.connect(self.gateway(backend)) as client:
            for _ in range(5):
                self.assertEqual(client.get("/")[0], 200)
        self.assertGreaterEqual(backend.connections, 5)

    def test_request_id_upstream_in_response_and_in_log(self):
        backend = self.backend()
        gateway = self.gateway(backend)
        with self.connect(gateway) as client:
            fields = client.get("/", [("X-Request-ID", "mine")])[1]
        identifier = fields["x-request-id"]
        self.assertRegex(identifier, "^[0-9a-f]{32}$")
        self.assertEqual(backend.last.get("X-Request-ID"), identifier)
        self.assertEqual(gateway.access()[0]["request_id"], identifier)

    def test_http_1_0(self):
        backend = self.backend(lambda request: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                               b"5\r\nhello\r\n0\r\n\r\n")
        with self.connect(self.gateway(backend)) as client:
            client.send("GET / HTTP/1.0\r\n\r\n")
            status, fields, content = client.read_response()
            self.assertEqual((status, content), (200, b"hello"))
            self.assertNotIn("transfer-encoding", fields)


main()
