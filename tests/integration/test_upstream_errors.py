"""Unreachable upstream 502, slow one 504: each with a short JSON answer, and an id that is also in the log."""
import json
import socket
import threading

from support import GatewayCase, main


class UpstreamErrors(GatewayCase):
    def expect(self, gateway, status, reason, target="/"):
        result = self.curl(gateway, target)
        problem = json.loads(result.content)
        self.assertEqual((result.status, problem["status"], problem["reason"]), (status, status, reason))
        self.assertEqual(result.field("Content-Type"), "application/problem+json")
        self.assertEqual(problem["request_id"], result.field("X-Request-ID"))
        line = [line for line in gateway.access() if line["request_id"] == problem["request_id"]]
        self.assertEqual([(entry["status"], entry["reason"]) for entry in line], [(status, reason)])
        for key in ("type", "title", "detail"):
            self.assertTrue(problem[key])

    def test_unreachable(self):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            self.expect(self.gateway("127.0.0.1:%d" % closed.getsockname()[1]), 502, "upstream_unreachable")

    def test_unresolved(self):
        self.expect(self.gateway("no-such-name.invalid:80"), 502, "upstream_unresolved")

    def test_closed_unanswered(self):
        self.expect(self.gateway(self.scripted(lambda peer, number: peer.recv(65536))), 502, "upstream_closed")

    def test_slow(self):
        done = threading.Event()
        self.addCleanup(done.set)
        backend = self.scripted(lambda peer, number: done.wait(60))
        self.expect(self.gateway(backend, timeouts={"first_byte": "300ms"}), 504, "first_byte_timeout")

    def test_html_for_who_prefers_it(self):
        gateway = self.gateway("127.0.0.1:1")
        result = self.curl(gateway, "/", "-H", "Accept: text/html")
        self.assertEqual((result.status, result.field("Content-Type")), (502, "text/html; charset=utf-8"))
        self.assertIn(b"upstream_unreachable", result.content)

    def test_two_servers_one_down(self):
        backend = self.backend()
        gateway = self.gateway(["127.0.0.1:1", backend.address])
        for _ in range(4):
            self.assertEqual(self.curl(gateway, "/").status, 200)

    def test_h22_only_harmless_requests_are_sent_twice(self):
        # Each connection answers once, says that it will be kept, and dies under the next request.
        methods = []

        def script(peer, number):
            for turn in range(2):
                data = b""
                while b"\r\n\r\n" not in data:
                    data += peer.recv(65536)
                methods.append(data.split(b" ")[0])
                if turn == 1:
                    return
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        with self.connect(self.gateway(self.scripted(script))) as client:
            self.assertEqual(client.get("/")[0], 200)
            self.assertEqual(client.get("/")[0], 200)
            self.assertEqual(methods, [b"GET", b"GET", b"GET"])
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
            self.assertEqual(client.read_response()[0], 502)
            self.assertEqual(methods, [b"GET", b"GET", b"GET", b"POST"])


main()
