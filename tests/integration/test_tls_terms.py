"""What the gateway offers and refuses below HTTP, seen by openssl s_client: versions, ciphers, ALPN, renegotiation,
resumption, compression, early data. Threat model T1, T2, T21, T29, T30, T31."""

import os
import re
import subprocess

from support.case import GatewayCase, main
from support.clients import s_client
from support.gateway import patience

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


class TlsTerms(GatewayCase):
    def said(self, gateway, *options, send=GET):
        return s_client(gateway, *options, client=self.client, send=send)

    def test_tls_1_2_and_1_3_with_good_ciphers_and_nothing_older(self):
        gateway = self.gateway(self.backend())
        for option, version, cipher in (
                ("-tls1_2", "TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256"), ("-tls1_3", "TLSv1.3", "TLS_AES_128_GCM_SHA256")):
            said = self.said(gateway, option)
            self.assertIn("New, %s, Cipher is %s" % (version, cipher), said)
            self.assertIn("Verification: OK", said)
            self.assertRegex(said, r"Server Temp Key: X25519")
            self.assertIn("Compression: NONE", said)
            self.assertIn("HTTP/1.1 200", said)
        for option in ("-tls1", "-tls1_1"):
            self.assertIn("alert protocol version", self.said(gateway, option, "-cipher", "ALL:@SECLEVEL=0"))
        for cipher in ("AES128-SHA256", "ECDHE-ECDSA-AES128-SHA", "DHE-RSA-AES128-GCM-SHA256", "NULL:aNULL"):
            said = self.said(gateway, "-tls1_2", "-cipher", cipher + ":@SECLEVEL=0")
            self.assertIn("alert handshake failure", said, cipher)

    def test_min_version_1_3_refuses_1_2(self):
        gateway = self.gateway(self.backend(), tls={"min_version": "1.3"})
        self.assertIn("alert protocol version", self.said(gateway, "-tls1_2"))
        self.assertIn("HTTP/1.1 200", self.said(gateway, "-tls1_3"))

    def test_alpn_is_http_1_1_or_an_alert(self):
        gateway = self.gateway(self.backend())
        for version in ("-tls1_2", "-tls1_3"):
            self.assertIn("ALPN protocol: http/1.1", self.said(gateway, version, "-alpn", "h2,http/1.1"))
            self.assertIn("alert no application protocol", self.said(gateway, version, "-alpn", "h2"))
            self.assertIn("No ALPN negotiated", self.said(gateway, version))

    def test_renegotiation_is_refused(self):
        gateway = self.gateway(self.backend())
        process = subprocess.run(
            ["openssl", "s_client", "-connect", "127.0.0.1:%d" % gateway.port, "-tls1_2", "-cert", self.client.cert,
             "-key", self.client.key, "-cert_chain", self.client.chain, "-legacy_renegotiation"],
            input=b"R\n", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=patience(20), check=False)
        said = process.stdout.decode("latin-1")
        self.assertIn("RENEGOTIATING", said)
        self.assertIn("no renegotiation", said)
        self.assertIn("Secure Renegotiation IS supported", said)

    def test_no_session_can_be_resumed_where_tickets_are_off(self):
        gateway = self.gateway(self.backend(), tls={"session_tickets": "no"})
        for number, version in enumerate(("-tls1_2", "-tls1_3")):
            path = os.path.join(self.directory, "session.%d" % number)
            said = self.said(gateway, version, "-sess_out", path)
            self.assertIn("HTTP/1.1 200", said)
            self.assertNotIn("TLS session ticket", said)
            self.assertNotIn("Post-Handshake New Session Ticket", said)
            if os.path.exists(path):
                said = self.said(gateway, version, "-sess_in", path)
                self.assertIn("New, ", said)
                self.assertNotIn("Reused, ", said)

    def test_early_data_is_not_accepted(self):
        """Neither in a first connection nor in one that is resumed, and no ticket allows any."""
        gateway = self.gateway(self.backend())
        path = os.path.join(self.directory, "session.early")
        first = self.said(gateway, "-tls1_3", "-sess_out", path)
        again = self.said(gateway, "-tls1_3", "-sess_in", path)
        self.assertIn("Max Early Data: 0", first)
        self.assertIn("Reused, ", again)
        for said in (first, again):
            self.assertIn("Early data was not sent", said)

    def test_the_ca_names_are_sent_so_that_a_client_can_choose(self):
        said = self.said(self.gateway(self.backend()))
        names = re.search(r"Acceptable client certificate CA names\n((?:.+\n)*?)(?:Client Certificate Types|Requested)", said)
        self.assertIsNotNone(names, said)
        self.assertIn("Test Root", names.group(1))
        self.assertIn("Test Intermediate", names.group(1))
        said = self.said(self.gateway(self.backend(), client_auth={"ca_names": "no"}))
        self.assertIn("No client certificate CA names sent", said)

    def test_a_hostile_openssl_configuration_changes_nothing(self):
        path = os.path.join(self.directory, "hostile.cnf")
        with open(path, "w", encoding="utf-8") as file:
            file.write("openssl_conf = all\n[all]\nssl_conf = tls\nalg_section = algorithms\n[tls]\n"
                       "system_default = terms\n[terms]\nMinProtocol = TLSv1\nCipherString = ALL:@SECLEVEL=0\n"
                       "[algorithms]\ndefault_properties = provider=nowhere\n")
        before = os.environ.get("OPENSSL_CONF")
        os.environ["OPENSSL_CONF"] = path
        try:
            gateway = self.gateway(self.backend())
        finally:
            os.environ.pop("OPENSSL_CONF")
            if before is not None:
                os.environ["OPENSSL_CONF"] = before
        self.assertIn("HTTP/1.1 200", self.said(gateway))
        self.assertIn("alert protocol version", self.said(gateway, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"))

    def test_two_certificates_serve_two_kinds_of_clients(self):
        rsa = self.pki.intermediate.issue("server-rsa", "/CN=localhost", eku="serverAuth",
                                          san="DNS:localhost,IP:127.0.0.1", key="rsa2048")
        gateway = self.gateway(self.backend(), tls={"certificate": [self.pki.server.chain, rsa.chain],
                                                    "private_key": [self.pki.server.key, rsa.key]})
        for cipher, kind in (("ECDHE-RSA-AES128-GCM-SHA256", "RSA-PSS"), ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDSA")):
            said = self.said(gateway, "-tls1_2", "-cipher", cipher)
            self.assertIn("Peer signature type: " + kind, said)
            self.assertIn("HTTP/1.1 200", said)


if __name__ == "__main__":
    main()
