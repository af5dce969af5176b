"""P2: no field that carries identity reaches a backend unless Postern wrote it."""
from support import GatewayCase, main

OWNED = ("X-Client-Verify", "X-Client-DN", "X-Client-CN", "X-Client-Serial", "X-Client-Fingerprint",
         "X-Client-Not-After", "X-Client-Domain", "X-Client-Cert-Subject", "X-Client-Cert-Issuer",
         "X-Forwarded-Client-Cert", "Client-Cert", "Client-Cert-Chain", "X-Team", "X-Forwarded-For",
         "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "X-Request-ID")


def spellings(name):
    return {name, name.lower(), name.upper(), name.replace("-", "_"), name.replace("-", "_", 1).lower()}


class Spoofing(GatewayCase):
    def test_p2_spoofed_fields_are_dropped(self):
        backend = self.backend()
        gateway = self.gateway(backend, identity={"X-Team": "${ou}"})
        with self.connect(gateway) as client:
            for name in OWNED:
                for spelling in sorted(spellings(name)):
                    with self.subTest(spelling):
                        client.get("/", [(spelling, "mallory"), (spelling, "mallory"), ("X-Kept", "yes")])
                        self.assertNotIn(b"mallory", backend.last.raw)
                        self.assertEqual(backend.last.get("X-Kept"), "yes")
                        self.assertEqual(backend.last.get("X-Client-CN"), "alice")
                        self.assertEqual(backend.last.get("X-Team"), "engineering")

    def test_p2_nominations_do_not_remove_ours(self):
        backend = self.backend()
        gateway = self.gateway(backend)
        with self.connect(gateway) as client:
            client.get("/", [("Connection", ", ".join(OWNED) + ", Host, X-Mine"), ("X-Mine", "mallory")])
        self.assertEqual(backend.last.get("X-Client-CN"), "alice")
        self.assertEqual(backend.last.get("X-Client-Verify"), "SUCCESS")
        self.assertEqual(backend.last.get("X-Forwarded-For"), "127.0.0.1")
        self.assertNotIn(b"mallory", backend.last.raw)

    def test_p2_trailers_are_dropped(self):
        backend = self.backend()
        with self.connect(self.gateway(backend)) as client:
            client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
                        "X-Client-CN: mallory\r\n\r\n")
            self.assertEqual(client.read_response()[0], 200)
        self.assertEqual(backend.last.trailers, [])
        self.assertNotIn(b"mallory", backend.last.raw)


main()
