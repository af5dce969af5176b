"""postern pki client --csr: the key never leaves the device; openssl makes the requests and judges the outcome."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

BINARY = os.path.join(os.environ["POSTERN_BUILD"], "postern")


class RequestCase(unittest.TestCase):
    def setUp(self):
        self.parent = tempfile.mkdtemp(prefix="postern-test-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
        self.addCleanup(shutil.rmtree, self.parent)
        self.profile = os.path.join(self.parent, "profile")
        self.key, self.csr = os.path.join(self.parent, "device.key"), os.path.join(self.parent, "device.csr")
        self.must("init", "--org", "Acme")

    def pki(self, verb, *arguments):
        return subprocess.run([BINARY, "pki", verb, "--dir", self.profile, *arguments], capture_output=True, text=True,
                              timeout=60)

    def must(self, verb, *arguments):
        done = self.pki(verb, *arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return dict(re.findall(r"^([a-z0-9]+): +(.*)$", done.stdout, re.M))

    def openssl(self, *arguments):
        return subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=True, timeout=60).stdout

    def request(self, subject, *options):
        self.openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.key,
                     "-out", self.csr, "-subj", subject, *options)

    def test_a_device_keeps_its_key(self):
        self.request("/CN=tab-1.acme.internal", "-addext", "extendedKeyUsage=clientAuth")
        made = self.must("client", "--csr", self.csr, "--ou", "field")
        folder = os.path.join(self.profile, "client", "tab-1.acme.internal")
        self.assertEqual(sorted(os.listdir(folder)), ["cert.pem", "fullchain.pem"])
        self.assertNotIn("key", made)
        self.assertNotIn("passphrase", made)
        self.assertEqual(self.openssl("x509", "-in", made["certificate"], "-noout", "-pubkey"),
                         self.openssl("pkey", "-in", self.key, "-pubout"))
        text = self.openssl("x509", "-in", made["certificate"], "-noout", "-text")
        self.assertIn("Subject: O = Acme, OU = field, CN = tab-1.acme.internal", text)
        self.assertRegex(text, r"Extended Key Usage: \n +TLS Web Client Authentication\n")
        self.openssl("verify", "-crl_check_all", "-x509_strict", "-purpose", "sslclient", "-CAfile",
                     os.path.join(self.profile, "client-ca-bundle.pem"), "-CRLfile",
                     os.path.join(self.profile, "crl-bundle.pem"), made["certificate"])

    def test_der_and_a_server(self):
        self.request("/CN=gw.acme.internal", "-outform", "DER")
        made = self.must("server", "--csr", self.csr)
        text = self.openssl("x509", "-in", made["certificate"], "-noout", "-text")
        self.assertIn("DNS:gw.acme.internal", text)
        self.assertIn("TLS Web Server Authentication", text)

    def test_a_request_replaces_a_key_of_ours(self):
        ours = self.must("client", "tab")
        self.request("/CN=tab")
        made = self.must("client", "--csr", self.csr)
        self.assertEqual(made["revoked"], "1 older certificate of this name")
        self.assertFalse(os.path.exists(ours["key"]))
        self.assertFalse(os.path.exists(ours["pkcs12"]))

    def test_what_must_not_be_is_one_line_and_nothing_is_made(self):
        before = sorted(os.listdir(self.profile))
        with open(os.path.join(self.parent, "text"), "w", encoding="utf-8") as file:
            file.write("hello\n")
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
                done = self.pki("client", "--csr", csr, *arguments)
                self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (1, "", 1), done.stderr)
                self.assertIn(says, done.stderr)
        self.assertEqual(sorted(os.listdir(self.profile)), before)
        self.assertEqual(self.pki("client", "--csr", self.csr, "--key", "p384").returncode, 2)

    def test_patterns_of_the_profile_hold_for_everybody(self):
        with open(os.path.join(self.profile, "profile.conf"), "a", encoding="utf-8") as file:
            file.write("\nclient_name = *.{uuid}.acme.internal\nclient_ou = retail, field\nserver_name = *.acme.internal\n")
        device = "berlin.123e4567-e89b-12d3-a456-426614174000.acme.internal"
        self.request("/CN=%s/OU=field" % device)
        self.must("client", "--csr", self.csr)
        self.must("client", device, "--ou", "retail")
        self.must("server", "gw.acme.internal")
        for arguments in (("client", device), ("client", device, "--ou", "admin"), ("client", "x", "--ou", "retail"),
                          ("server", "gw.example.org")):
            done = self.pki(*arguments)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("add --ou" if arguments == ("client", device) else "profile.conf", done.stderr)


if __name__ == "__main__":
    unittest.main()
