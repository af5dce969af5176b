"""postern pki rotate: an authority is replaced step by step, and at each of them everybody who should be is admitted:
by OpenSSL, with the bundles of that moment, and by clients who know only the Root of before."""

import os
import shutil
import unittest

from support.authority import PkiCase, must, run


class Rotation(PkiCase):
    def keep(self, client):
        """A copy of a client's chain as the client has it, whatever happens to our folder."""
        return shutil.copy(client["chain"], self.beside(client["serial"] + ".pem"))

    def admits(self, *chains):
        for chain in chains:
            self.assertEqual(self.openssl_verify(chain, chain=chain), "", chain)

    def refuses(self, chain, why):
        self.assertIn(why, self.openssl_verify(chain, chain=chain))

    def issuer(self, certificate):
        return must("openssl", "x509", "-in", certificate, "-noout", "-issuer").strip().split("CN = ")[1]

    def knows_server(self, root, server):
        """A client of our servers that trusts this Root alone, given what the server sends."""
        done = run("openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", root, "-untrusted",
                   server["chain"], server["certificate"])
        self.assertEqual(done.returncode, 0, done.stderr)

    def rotate(self, what, step, *options):
        return self.must_pki("rotate", what, "--step", step, *options)

    def test_the_intermediate(self):
        self.must_pki("init", "--profile", "acme")
        old, gone = self.keep(self.must_pki("client", "old")), self.keep(self.must_pki("client", "gone"))
        self.must_fail(1, "rotate", "intermediate", "--step", "use")
        shown = self.rotate("intermediate", "prepare")
        self.assertEqual((shown["issues"], shown["comes next"]), ("acme Intermediate CA", "acme Intermediate CA 2"))
        self.admits(old, gone, self.keep(self.must_pki("client", "between")))
        self.assertIn("goes on already", self.must_fail(1, "rotate", "root", "--step", "prepare"))

        shown = self.rotate("intermediate", "use")
        self.assertEqual((shown["issues"], shown["old"]), ("acme Intermediate CA 2", "acme Intermediate CA"))
        self.assertEqual(shown["old one's"].split()[0], "3")
        client = self.must_pki("client", "new")
        new = self.keep(client)
        self.assertEqual(self.issuer(client["certificate"]), "acme Intermediate CA 2")
        self.admits(old, gone, new)
        # What is of the old one lives on: it can be revoked, renewed, listed, and its CRL is made anew.
        self.must_pki("revoke", "gone", "--reason", "keyCompromise")
        self.refuses(gone, "certificate revoked")
        self.must_pki("crl")
        self.refuses(gone, "certificate revoked")
        self.admits(old, new)
        renewed = self.must_pki("renew", "old")
        self.assertEqual(renewed["revoked"], "1 older certificate of this name")
        self.assertEqual(self.issuer(renewed["certificate"]), "acme Intermediate CA 2")
        self.refuses(old, "certificate revoked")
        self.assertEqual(sorted(self.states("old")), ["revoked", "valid"])

        self.assertIn("1 certificate of the old one is valid", self.must_fail(1, "rotate", "intermediate", "--step",
                                                                            "retire"))
        between = self.path("client", "between", "fullchain.pem")
        self.admits(between, new)
        self.rotate("intermediate", "retire", "--force", "--reason", "CACompromise")
        self.admits(new, renewed["chain"])
        self.assertNotEqual(self.openssl_verify(between, chain=between), "")
        crl = must("openssl", "crl", "-in", self.path("root", "crl.pem"), "-noout", "-text")
        self.assertRegex(crl, r"X509v3 CRL Reason Code: \n +CA Compromise")
        self.assertEqual(self.read("client-ca-bundle.pem").count("BEGIN CERT"), 2)
        self.assertEqual(sorted(os.listdir(self.directory)), sorted(
            [".lock", "audit.log", "client", "client-ca-bundle.pem", "crl-bundle.pem", "intermediate", "profile.conf",
             "retired", "root"]))
        # And once more: the name counts on.
        self.assertEqual(self.rotate("intermediate", "prepare")["comes next"], "acme Intermediate CA 3")
        self.rotate("intermediate", "retire", "--force")
        self.admits(new)

    def test_the_root_with_clients_that_know_only_the_old_one(self):
        self.must_pki("init", "--profile", "acme")
        old_root = shutil.copy(self.path("root", "ca.pem"), self.beside("old-root.pem"))
        old = self.keep(self.must_pki("client", "old"))
        server = self.must_pki("server", "gw.acme")
        self.rotate("root", "prepare")
        self.admits(old)
        self.assertEqual(self.read("client-ca-bundle.pem").count("BEGIN CERT"), 4)
        self.knows_server(old_root, server)

        self.rotate("root", "use")
        new = self.keep(self.must_pki("client", "new"))
        self.admits(old, new)
        self.knows_server(old_root, server)
        server = self.must_pki("server", "gw.acme")
        self.assertEqual(self.issuer(server["certificate"]), "acme Intermediate CA 2")
        self.knows_server(old_root, server)
        self.knows_server(self.path("client-ca-bundle.pem"), server)
        self.must_pki("renew", "old")

        self.rotate("root", "retire")
        self.admits(new, self.path("client", "old", "fullchain.pem"))
        self.knows_server(self.path("root", "ca.pem"), server)
        self.assertEqual(self.read("client-ca-bundle.pem").count("BEGIN CERT"), 2)
        self.assertEqual(must("openssl", "x509", "-in", self.path("root", "ca.pem"), "-noout", "-subject").strip(),
                         "subject=CN = acme Root CA 2")
        self.refuses(old, "unable to get local issuer")

    def test_a_single_authority(self):
        self.must_pki("init", "--single")
        old = self.keep(self.must_pki("client", "old"))
        self.assertIn("rotate its root", self.must_fail(1, "rotate", "intermediate", "--step", "prepare"))
        self.rotate("root", "prepare")
        self.admits(old)
        self.rotate("root", "use", )
        new = self.keep(self.must_pki("client", "new"))
        self.admits(old, new)
        self.must_pki("revoke", "old")
        self.refuses(old, "certificate revoked")
        self.rotate("root", "retire")
        self.admits(new)

    def test_wrong_use(self):
        self.must_pki("init")
        for arguments in (("leaf", "--step", "use"), ("root",), ("--step", "use"), ("root", "--step", "jump")):
            self.must_fail(2, "rotate", *arguments)
        self.assertEqual(self.must_pki("rotate")["next"], "no rotation goes on")


class RootElsewhere(PkiCase):
    def test_the_roots_key_is_made_elsewhere_and_nothing_but_the_roots_acts_need_it(self):
        stick = self.beside("stick.key")
        self.must_pki("init", "--root-key", stick)
        self.assertEqual(os.listdir(self.path("root", "private")), [])
        self.assertEqual(os.stat(stick).st_mode & 0o777, 0o400)
        away = os.rename(stick, self.beside("drawer.key"))
        alice = self.must_pki("client", "alice")
        self.must_verify(alice["certificate"])
        self.must_pki("renew", "alice")
        self.must_pki("revoke", "alice")
        self.assertIn("kept: its key is not here", self.must_pki("crl")["root"])
        self.must_fail(1, "rotate", "intermediate", "--step", "prepare")
        self.must_fail(1, "crl", "--root-key", stick)
        self.assertFalse(os.path.exists(self.path("other")))

        drawer = self.beside("drawer.key")
        self.assertNotIn("kept", self.must_pki("crl", "--root-key", drawer)["root"])
        self.must_pki("rotate", "intermediate", "--step", "prepare", "--root-key", drawer)
        self.must_pki("rotate", "intermediate", "--step", "use")
        self.must_pki("rotate", "intermediate", "--step", "retire", "--root-key", drawer)
        self.must_verify(self.must_pki("client", "bob")["certificate"])
        # A key that comes home is found where it belongs.
        os.rename(drawer, self.path("root", "private", "ca.key"))
        self.assertNotIn("kept", self.must_pki("crl")["root"])
        self.assertIsNone(away)

    def test_a_key_that_is_there_is_not_overwritten(self):
        key = self.beside("other.key", "somebody's key\n")
        self.assertIn("is there already", self.must_fail(1, "init", "--root-key", key))
        with open(key, encoding="utf-8") as file:
            self.assertEqual(file.read(), "somebody's key\n")
        self.assertFalse(os.path.exists(self.directory))

    def test_the_key_of_another_root_is_refused(self):
        self.must_pki("init")
        other = self.beside("other.key")
        must("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", other)
        self.assertIn("does not belong", self.must_fail(1, "crl", "--root-key", other))


class Overlap(PkiCase):
    def test_renewing_with_an_overlap_leaves_both_until_it_ends(self):
        self.must_pki("init")
        first = self.must_pki("client", "alice", "--ou", "sales", "--uri", "spiffe://acme/alice")
        old = shutil.copy(first["certificate"], self.beside("old.pem"))
        again = self.must_pki("renew", "alice", "--overlap", "7d")
        self.assertIn("1 older", again["valid still"])
        self.must_verify(old, again["certificate"])
        text = must("openssl", "x509", "-in", again["certificate"], "-noout", "-text")
        self.assertIn("OU = sales, CN = alice", text)
        self.assertIn("URI:spiffe://acme/alice", text)
        self.must_pki("crl")
        self.must_verify(old)
        # Eight days later, as the clock of the file says it.
        with open(self.path("overlaps.txt"), encoding="utf-8") as file:
            line = file.read()
        serial, _, new = line.split()
        self.assertEqual((serial, new), (first["serial"], again["serial"]))
        with open(self.path("overlaps.txt"), "w", encoding="utf-8") as file:
            file.write("%s 260101000000Z %s\n" % (serial, new))
        self.must_pki("crl")
        self.assertIn("certificate revoked", self.openssl_verify(old))
        self.must_verify(again["certificate"])
        self.assertFalse(os.path.exists(self.path("overlaps.txt")))

    def test_an_overlap_whose_new_certificate_never_came_revokes_nothing(self):
        self.must_pki("init")
        alice = self.must_pki("client", "alice")
        with open(self.path("overlaps.txt"), "w", encoding="utf-8") as file:
            file.write("%s 260101000000Z %s\n" % (alice["serial"], "4" + 31 * "0"))
        self.must_pki("crl")
        self.must_verify(alice["certificate"])

    def test_a_device_that_keeps_its_key_is_renewed_with_it(self):
        self.must_pki("init")
        key, csr = self.beside("d.key"), self.beside("d.csr")
        must("openssl", "req", "-new", "-newkey", "ed25519", "-nodes", "-keyout", key, "-out", csr, "-subj", "/CN=tab")
        self.must_pki("client", "--csr", csr)
        renewed = self.must_pki("renew", "tab")
        self.assertNotIn("key", renewed)
        self.assertEqual(must("openssl", "x509", "-in", renewed["certificate"], "-noout", "-pubkey"),
                         must("openssl", "pkey", "-in", key, "-pubout"))
        self.must_verify(renewed["certificate"])

    def test_who_has_no_valid_certificate_is_not_renewed(self):
        self.must_pki("init")
        self.must_pki("client", "alice")
        self.must_pki("revoke", "alice")
        for name in ("alice", "nobody", "alic"):
            self.assertIn("no valid certificate to renew", self.must_fail(1, "renew", name))
        self.must_pki("server", "both.example")
        self.must_pki("client", "both.example")
        self.assertIn("--server or --client", self.must_fail(1, "renew", "both.example"))
        self.must_pki("renew", "both.example", "--server")


if __name__ == "__main__":
    unittest.main()
