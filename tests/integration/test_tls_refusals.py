"""Each reason for a refusal: the alert that the client sees, in TLS 1.2 and 1.3, the line in the log, the page, and
that nothing reaches the backend. Promises P1 and P4."""

import socket
import ssl

from support.case import GatewayCase, main
from support.clients import TlsClient, s_client
from support.pki import Pki, stamp

# reason -> what openssl s_client calls the alert (RFC 8446 §6.2)
ALERTS = {
    "no_certificate": ("alert handshake failure", "alert certificate required"),
    "untrusted_chain": ("alert unknown ca",) * 2,
    "expired": ("alert certificate expired",) * 2,
    "not_yet_valid": ("alert bad certificate",) * 2,
    "revoked": ("alert certificate revoked",) * 2,
    "crl_missing": ("alert certificate unknown",) * 2,
    "wrong_purpose": ("alert unsupported certificate",) * 2,
    "weak_key": ("alert bad certificate",) * 2,
}
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class TlsRefusals(GatewayCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        other = Pki(cls.directory + "/other", organisation="Other")
        uncovered = Pki(cls.directory + "/uncovered", organisation="Uncovered")
        revoked = cls.pki.client("revoked")
        cls.pki.revoke(revoked)
        cls.refused = {
            "no_certificate": None,
            "untrusted_chain": other.client("stranger"),
            "expired": cls.pki.client("old", start=stamp(-20 * 86400), end=stamp(-86400)),
            "not_yet_valid": cls.pki.client("new", start=stamp(86400), end=stamp(20 * 86400)),
            "revoked": revoked,
            "crl_missing": uncovered.client("uncovered"),
            "wrong_purpose": cls.pki.client("server", eku="serverAuth"),
            "weak_key": cls.pki.client("weak", key="rsa1024"),
        }
        with open(cls.pki.trust, "a", encoding="utf-8") as bundle, open(uncovered.root.cert, encoding="utf-8") as root:
            bundle.write(root.read())

    def refused_line(self, gateway, count):
        line = gateway.access(count)[-1]
        self.assertEqual(line["verdict"], "refused")
        return line

    def test_by_alert(self):
        backend = self.backend()
        gateway = self.gateway(backend)
        count = 0
        for reason, certificate in self.refused.items():
            for version, alert in zip(("-tls1_2", "-tls1_3"), ALERTS[reason]):
                said = s_client(gateway, version, "-cipher", "ALL:@SECLEVEL=0", client=certificate, send=GET)
                count += 1
                self.assertIn(alert, said, reason)
                self.assertNotIn("HTTP/1.1", said, reason)
                self.assertEqual(self.refused_line(gateway, count)["reason"], reason)
        self.assertEqual(backend.requests, [])
        # And the admitted one still is.
        self.assertEqual(self.curl(gateway, "/").status, 200)

    def test_by_page(self):
        backend = self.backend()
        gateway = self.gateway(backend, client_auth={"on_refusal": "page"})
        count = 0
        for reason, certificate in self.refused.items():
            for version in ("-tls1_2", "-tls1_3"):
                said = s_client(gateway, version, "-cipher", "ALL:@SECLEVEL=0", client=certificate, send=GET)
                count += 1
                self.assertRegex(said, r"HTTP/1.1 40[03] ", reason)
                self.assertIn('"reason":"%s"' % reason, said)
                # Never a ticket: OpenSSL issues them even so, one in TLS 1.2 and two in 1.3.
                self.assertNotIn("TLS session ticket", said)
                self.assertNotIn("New Session Ticket", said)
                self.assertEqual(self.refused_line(gateway, count)["reason"], reason)
        self.assertEqual(backend.requests, [])
        self.assertEqual(self.curl(gateway, "/").status, 200)

    def test_python_learns_the_alert_on_its_first_read(self):
        gateway = self.gateway(self.backend())
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.assertRaisesRegex(ssl.SSLError, "(?i)certificate.revoked"):
                with TlsClient(gateway, self.refused["revoked"], version=version) as client:
                    client.send(GET)
                    client.stream.read(1)

    def test_a_client_that_keeps_sending_still_reads_the_alert(self):
        # In TLS 1.3 the client thinks that it is admitted, and sends; a reset would swallow the alert.
        gateway = self.gateway(self.backend())
        with self.assertRaisesRegex(ssl.SSLError, "(?i)certificate.revoked"):
            with TlsClient(gateway, self.refused["revoked"], version=ssl.TLSVersion.TLSv1_3) as client:
                client.send(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 30000\r\n\r\n" + b"x" * 30000)
                client.stream.read(1)

    def test_plain_http_on_the_tls_port_is_named_in_the_log(self):
        gateway = self.gateway(self.backend())
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as plain:
            plain.sendall(GET)
            while plain.recv(4096):
                pass
        self.assertIn("plain HTTP was spoken to the TLS port", str(gateway.access(1)))


if __name__ == "__main__":
    main()
