"""postern pki: its command line, its files, and `openssl ca` in the same directory. What it makes is judged in
test_pki_judges, test_pki_pkcs12 and test_pki_lint."""

import json
import os
import re
import resource
import signal
import unittest

from support.authority import BINARY, PkiCase, must, run
from support.openssl_ca import openssl_ca

VERBS = ("init", "server", "client", "renew", "rotate", "revoke", "unrevoke", "crl", "list", "show")


class Lists(PkiCase):
    def test_the_crl_has_number_next_update_and_authority_key(self):
        self.must_pki("init", "--crl-days", "3")
        before = must("openssl", "crl", "-in", self.path("intermediate", "crl.pem"), "-noout", "-text")
        self.assertIn("Version 2", before)
        self.assertIn("X509v3 Authority Key Identifier", before)
        self.assertRegex(before, r"X509v3 CRL Number: \n +1\n")
        self.assertIn("No Revoked Certificates", before)
        self.must_pki("crl")
        after = must("openssl", "crl", "-in", self.path("intermediate", "crl.pem"), "-noout", "-text")
        self.assertRegex(after, r"X509v3 CRL Number: \n +2\n")
        self.assertEqual(self.read("crl-bundle.pem").count("BEGIN X509 CRL"), 2)


class WithOpensslCa(PkiCase):
    """The directory is openssl ca's: it goes on from ours, and we from its."""

    def openssl_ca(self, *arguments):
        return openssl_ca(self.path("intermediate"), self.beside("ca.cnf"), *arguments)

    def request(self, name):
        key, csr = (os.path.join(self.parent, name + end) for end in (".key", ".csr"))
        must("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
             key, "-out", csr, "-subj", "/CN=" + name)
        return csr

    def test_openssl_ca_goes_on_from_ours_and_we_from_its(self):
        self.must_pki("init")
        ours = self.must_pki("client", "alice")
        theirs = os.path.join(self.parent, "bob.pem")
        expected = self.read("intermediate", "serial").strip()
        self.openssl_ca("-in", self.request("bob"), "-out", theirs, "-notext")
        self.assertEqual(self.openssl_verify(theirs), "")
        self.assertEqual({(entry["name"], entry["status"]) for entry in self.entries()},
                         {("alice", "valid"), ("bob", "valid")})
        self.assertEqual([entry["serial"] for entry in self.entries() if entry["name"] == "bob"], [expected])

        # We revoke theirs, they revoke ours, and each sees it.
        self.must_pki("revoke", "bob", "--reason", "keyCompromise")
        self.assertIn("revoked", self.openssl_verify(theirs))
        self.openssl_ca("-revoke", ours["certificate"], "-crl_reason", "superseded")
        self.openssl_ca("-gencrl", "-out", self.path("intermediate", "crl.pem"))
        text = must("openssl", "crl", "-in", self.path("intermediate", "crl.pem"), "-noout", "-text")
        self.assertEqual(text.count("Serial Number:"), 2)
        number = int(re.search(r"CRL Number: \n +(\d+)", text).group(1))
        self.must_pki("crl")
        text = must("openssl", "crl", "-in", self.path("intermediate", "crl.pem"), "-noout", "-text")
        self.assertEqual(int(re.search(r"CRL Number: \n +(\d+)", text).group(1)), number + 1)
        self.assertIn("revoked", self.openssl_verify(ours["certificate"]))
        self.assertEqual({(entry["name"], entry["reason"]) for entry in self.entries()},
                         {("alice", "superseded"), ("bob", "keyCompromise")})
        self.openssl_ca("-updatedb")

    def test_reissuing_a_name_of_theirs_revokes_it(self):
        self.must_pki("init")
        theirs = os.path.join(self.parent, "bob.pem")
        self.openssl_ca("-in", self.request("bob"), "-out", theirs, "-notext")
        self.must_pki("client", "bob")
        self.assertIn("revoked", self.openssl_verify(theirs))


class CommandLine(PkiCase):
    def test_each_verb_has_help(self):
        done = run(BINARY, "pki", "--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for verb in VERBS:
            self.assertRegex(done.stdout, r"(?m)^  %s " % verb)
            one = run(BINARY, "pki", verb, "--help")
            self.assertEqual((one.returncode, one.stderr), (0, ""))
            self.assertTrue(one.stdout.startswith("usage: postern pki %s" % verb))
            self.assertIn("--dir DIR", one.stdout)

    def test_wrong_use_is_status_2(self):
        for arguments in ((), ("frobnicate",), ("client",), ("client", "a", "b"), ("client", "a", "--dayz", "3"),
                          ("client", "a", "--days"), ("client", "a", "--days", "0"), ("client", "a", "--days", "x"),
                          ("client", "a", "--key", "dsa"), ("server", "a", "--legacy-p12"), ("list", "a"),
                          ("revoke",), ("revoke", "a", "--all"), ("revoke", "a", "--reason", "boredom"),
                          ("client", "a", "--ou", "x", "--ou", "y"), ("show",), ("revoke", "a", "--server", "--client")):
            with self.subTest(arguments=arguments):
                done = run(BINARY, "pki", *arguments)
                self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
                self.assertIn("postern pki", done.stderr)

    def test_bad_input_is_one_line_and_nothing_half_done(self):
        self.assertIn("no profile", self.must_fail(1, "client", "alice"))
        self.assertFalse(os.path.exists(self.directory))
        self.must_pki("init")
        before = self.read("intermediate", "index.txt"), os.listdir(self.directory)
        for name in ("a/b", "../a", ".a", "a\rb", "*", "a" * 65, "", "a\tb", "\x1b[2J"):
            with self.subTest(name=name):
                self.must_fail(1, "client", name)
        self.must_fail(1, "client", "--", "-a")
        self.assertIn("exists", self.must_fail(1, "init"))
        self.assertIn("no valid certificate", self.must_fail(1, "revoke", "nobody"))
        self.assertIn("no certificate", self.must_fail(1, "show", "nobody"))
        self.assertIn("no such file", self.must_fail(1, "client", "a", "--passphrase-file", "/nonexistent").lower())
        self.assertEqual((self.read("intermediate", "index.txt"), os.listdir(self.directory)), before)

    def test_the_default_directory_is_the_profiles(self):
        if os.geteuid() != 0:
            home = dict(os.environ, HOME=self.parent)
            done = run(BINARY, "pki", "init", "--profile", "p", env=home)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue(os.path.exists(os.path.join(self.parent, ".postern/pki/p/root/ca.pem")))
        done = run(BINARY, "pki", "list", "--profile", "no-such-profile")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/pki/no-such-profile: no profile here", done.stderr)

    def test_the_roots_key_may_be_encrypted_or_elsewhere(self):
        secret = os.path.join(self.parent, "secret")
        with open(secret, "w", encoding="utf-8") as file:
            file.write("correct horse\n")
        self.must_pki("init", "--root-passphrase-file", secret)
        must("openssl", "pkey", "-in", self.path("root", "private", "ca.key"), "-passin", "file:" + secret, "-noout")
        self.must_pki("client", "alice")
        self.assertIn("kept", self.pki("crl").stdout)
        self.assertNotIn("kept", self.pki("crl", "--ca-passphrase-file", secret).stdout)
        with open(secret, "w", encoding="utf-8") as file:
            file.write("wrong\n")
        self.assertIn("passphrase is wrong", self.must_fail(1, "crl", "--ca-passphrase-file", secret))
        os.unlink(self.path("root", "private", "ca.key"))
        self.must_pki("revoke", "alice")
        self.assertIn("kept", self.pki("crl").stdout)

    def test_list_and_show(self):
        self.must_pki("init")
        self.assertEqual(self.entries(), [])
        self.must_pki("client", "alice", "--ou", "sales", "--days", "3", "--uri", "spiffe://example.org/alice")
        self.must_pki("client", "J\u00fcrgen", "--days", "30")
        self.must_pki("revoke", "J\u00fcrgen", "--reason", "certificateHold")
        alice, other = self.entries()
        self.assertEqual((alice["name"], alice["ou"], alice["status"]), ("alice", "sales", "valid"))
        self.assertEqual((other["name"], other["ou"], other["status"], other["reason"]),
                         ("J\u00fcrgen", None, "hold", "certificateHold"))
        self.assertEqual(len(json.loads(self.pki("list", "--json", "--expiring", "7d").stdout)), 1)
        self.assertEqual(self.pki("list").stdout.count("\n"), 3)
        shown, = json.loads(self.pki("show", "alice", "--json").stdout)
        self.assertEqual((shown["kind"], shown["names"]), ("client", "URI:spiffe://example.org/alice"))
        self.assertEqual(shown["fingerprint"], must("openssl", "x509", "-in", self.path("client", "alice", "cert.pem"),
                                                    "-noout", "-fingerprint", "-sha256").strip().split("=")[1]
                         .replace(":", "").lower())
        self.assertIn("status:       hold", self.pki("show", "--serial", other["serial"]).stdout)
        self.must_pki("unrevoke", "J\u00fcrgen")
        self.assertEqual(self.entries()[1]["status"], "valid")


class Disks(PkiCase):
    def test_a_disk_that_is_full_issues_nothing(self):
        """The limit on file sizes stands for the disk: 600 bytes hold a key, and no chain."""
        self.must_pki("init")
        self.must_pki("client", "alice")
        kept = self.read("client", "alice", "cert.pem")

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))

        before = self.read("intermediate", "index.txt")
        done = self.pki("client", "alice", preexec_fn=limit)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("cannot write", done.stderr)
        self.assertEqual(self.read("intermediate", "index.txt"), before)
        self.assertEqual(self.read("client", "alice", "cert.pem"), kept)
        self.assertEqual(os.listdir(self.path("client")), ["alice"])
        self.directory = os.path.join(self.parent, "other")
        done = self.pki("init", preexec_fn=limit)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(os.listdir(self.parent), ["profile"])

    def test_damage_is_told_with_its_line(self):
        self.must_pki("init")
        self.must_pki("client", "alice")
        with open(self.path("intermediate", "index.txt"), "a", encoding="utf-8") as file:
            file.write("V\t2612")
        for verb, arguments in (("client", ("bob",)), ("revoke", ("alice",)), ("list", ())):
            self.assertIn("index.txt:2: ", self.must_fail(1, verb, *arguments))


if __name__ == "__main__":
    unittest.main()
