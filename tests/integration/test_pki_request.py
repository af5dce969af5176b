"""postern pki client --csr: the key never leaves the device; openssl makes the requests and judges the outcome."""

import os
import unittest

from support.authority import PkiCase, must


class RequestCase(PkiCase):
    def setUp(self):
        super().setUp()
        self.key, self.csr = self.beside("device.key"), self.beside("device.csr")
        self.must_pki("init", "--org", "Acme")

    def openssl(self, *arguments):
        return must("openssl", *arguments)

    def request(self, subject, *options):
        self.openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.key,
                     "-out", self.csr, "-subj", subject, *options)

    def test_a_device_keeps_its_key(self):
        self.request("/CN=tab-1.acme.internal", "-addext", "extendedKeyUsage=clientAuth")
        made = self.must_pki("client", "--csr", self.csr, "--ou", "field")
        folder = os.path.join(self.directory, "client", "tab-1.acme.internal")
        self.assertEqual(sorted(os.listdir(folder)), ["cert.pem", "fullchain.pem"])
        self.assertNotIn("key", made)
        self.assertNotIn("passphrase", made)
        self.assertEqual(self.openssl("x509", "-in", made["certificate"], "-noout", "-pubkey"),
                         self.openssl("pkey", "-in", self.key, "-pubout"))
        text = self.openssl("x509", "-in", made["certificate"], "-noout", "-text")
        self.assertIn("Subject: O = Acme, OU = field, CN = tab-1.acme.internal", text)
        self.assertRegex(text, r"Extended Key Usage: \n +TLS Web Client Authentication\n")
        self.openssl("verify", "-crl_check_all", "-x509_strict", "-purpose", "sslclient", "-CAfile",
                     os.path.join(self.directory, "client-ca-bundle.pem"), "-CRLfile",
                     os.path.join(self.directory, "crl-bundle.pem"), made["certificate"])

    def test_der_and_a_server(self):
        self.request("/CN=gw.acme.internal", "-outform", "DER")
        made = self.must_pki("server", "--csr", self.csr)
        text = self.openssl("x509", "-in", made["certificate"], "-noout", "-text")
        self.assertIn("DNS:gw.acme.internal", text)
        self.assertIn("TLS Web Server Authentication", text)

    def test_a_request_replaces_a_key_of_ours(self):
        ours = self.must_pki("client", "tab")
        self.request("/CN=tab")
        made = self.must_pki("client", "--csr", self.csr)
        self.assertEqual(made["revoked"], "1 older certificate of this name")
        self.assertFalse(os.path.exists(ours["key"]))
        self.assertFalse(os.path.exists(ours["pkcs12"]))

    def test_what_must_not_be_is_one_line_and_nothing_is_made(self):
        before = sorted(os.listdir(self.directory))
        self.beside("text", "hello\n")
        for subject, options, arguments, says in (
                ("/CN=a", ("-addext", "basicConstraints=CA:TRUE"), (), "authority"),
                ("/CN=a", ("-addext", "subjectAltName=DNS:gw.acme"), (), "--san DNS:gw.acme"),
                ("/CN=a/OU=admin", (), (), "--ou"),
                ("/CN=a", (), ("b",), 'not of "b"'),
                ("/O=a", (), (), "no CN"),
                ("/CN=a", ("-outform", "DER"), ("--csr-is", "text"), "no certificate request"),
                ("/CN=a", (), ("--csr-is", "missing"), "missing")):
            with self.subTest(says=says):
                self.request(subject, *options)
                csr = self.csr
                if arguments[:1] == ("--csr-is",):
                    csr, arguments = os.path.join(self.parent, arguments[1]), ()
                self.assertIn(says, self.must_fail(1, "client", "--csr", csr, *arguments))
        self.assertEqual(sorted(os.listdir(self.directory)), before)
        self.assertEqual(self.pki("client", "--csr", self.csr, "--key", "p384").returncode, 2)

    def test_patterns_of_the_profile_hold_for_everybody(self):
        with open(os.path.join(self.directory, "profile.conf"), "a", encoding="utf-8") as file:
            file.write("\nclient_name = *.{uuid}.acme.internal\nclient_ou = retail, field\nserver_name = *.acme.internal\n")
        device = "berlin.123e4567-e89b-12d3-a456-426614174000.acme.internal"
        self.request("/CN=%s/OU=field" % device)
        self.must_pki("client", "--csr", self.csr)
        self.must_pki("client", device, "--ou", "retail")
        self.must_pki("server", "gw.acme.internal")
        for arguments in (("client", device), ("client", device, "--ou", "admin"), ("client", "x", "--ou", "retail"),
                          ("server", "gw.example.org")):
            said = self.must_fail(1, *arguments)
            self.assertIn("add --ou" if arguments == ("client", device) else "profile.conf", said)


if __name__ == "__main__":
    unittest.main()
