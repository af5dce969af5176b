"""Limits at their boundary: one byte, field or connection less passes, one more is refused."""
import json
import socket
import ssl

from support import GatewayCase, TlsClient, main
from support.gateway import wait_until


def padded(size):
    """A request whose head has exactly that many bytes."""
    before, after = "GET / HTTP/1.1\r\nHost: a\r\nX: ", "\r\n\r\n"
    return before + "x" * (size - len(before) - len(after)) + after


class Limits(GatewayCase):
    def ask(self, gateway, request):
        with self.connect(gateway) as client:
            client.send(request)
            status, _, content = client.read_response()
            return status if status == 200 else (status, json.loads(content)["reason"])

    def test_head_size(self):
        gateway = self.gateway(self.backend())
        self.assertEqual(self.ask(gateway, padded(16 * 1024)), 200)
        self.assertEqual(self.ask(gateway, padded(16 * 1024 + 1)), (431, "head_too_large"))

    def test_head_size_as_configured(self):
        gateway = self.gateway(self.backend(), limits={"head_size": "4KiB"})
        self.assertEqual(self.ask(gateway, padded(4096)), 200)
        self.assertEqual(self.ask(gateway, padded(4097)), (431, "head_too_large"))

    def test_field_count(self):
        gateway = self.gateway(self.backend())
        head = "GET / HTTP/1.1\r\nHost: a\r\n"
        self.assertEqual(self.ask(gateway, head + "X: 1\r\n" * 99 + "\r\n"), 200)
        self.assertEqual(self.ask(gateway, head + "X: 1\r\n" * 100 + "\r\n"), (431, "too_many_fields"))

    def test_target_size(self):
        gateway = self.gateway(self.backend(), limits={"target_size": "2KiB"})
        request = "GET /%s HTTP/1.1\r\nHost: a\r\n\r\n"
        self.assertEqual(self.ask(gateway, request % ("x" * 2047)), 200)
        self.assertEqual(self.ask(gateway, request % ("x" * 2048)), (414, "target_too_long"))

    def test_requests_per_connection(self):
        gateway = self.gateway(self.backend(), limits={"requests_per_connection": 3})
        with self.connect(gateway) as client:
            for expected in (None, None, "close"):
                self.assertEqual(client.get("/")[1].get("connection"), expected)
            self.assertTrue(client.at_end())

    def test_connections(self):
        gateway = self.gateway(self.backend(), limits={"connections": 3})
        held = [self.connect(gateway) for _ in range(3)]
        # The next waits in the kernel's queue until there is room, or is closed: it is not served beside them.
        with socket.create_connection(("127.0.0.1", gateway.port)) as plain:
            plain.settimeout(1)
            context = ssl.create_default_context(cafile=self.pki.root.cert)
            with self.assertRaises(OSError):
                context.wrap_socket(plain, server_hostname="localhost")
        for client in held:
            self.assertEqual(client.get("/")[0], 200)
        held[0].close()
        wait_until(lambda: self.curl(gateway, "/").status == 200, "room for another")

    def test_connections_per_address(self):
        gateway = self.gateway(self.backend(), limits={"connections_per_address": 2})
        held = [self.connect(gateway) for _ in range(2)]
        with self.assertRaises(OSError):
            TlsClient(gateway, self.client)
        for client in held:
            self.assertEqual(client.get("/")[0], 200)


main()
