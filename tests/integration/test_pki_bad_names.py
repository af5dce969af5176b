"""postern pki is given names and requests that must not be: one clear line, status 1, and nothing changed."""

import unittest

from support import csr
from support.authority import must
from support.bad_input import BadInput

LONG = "a" * 65


class Names(BadInput):
    def test_names_that_are_none(self):
        for name, says in (("a/b", "'/'"), ("..", "'.'"), ("../alice", "'/'"), (".alice", "'.'"), ("a\\b", "'\\'"),
                           ("a\rb", "U+000D"), ("a\nb", "U+000A"), ("a\tb", "U+0009"), ("\x1b[2J", "U+001B"),
                           ("*", "wildcard"), ("*.acme", "wildcard"), ("a*", "wildcard"), (LONG, "65 characters"),
                           ("", "empty"), (" a", "space"), ("a ", "space"), ("a\u202eb", "U+202E"), (b"a\xff", "UTF-8"),
                           (b"\xc0\xaf", "UTF-8"), ("\u00e9" * 65, "65 characters")):
            self.refuses(says, "client", name)
            if not str(name).startswith("*."):
                self.refuses(says, "server", name, "--san", "DNS:gw.example.org")
        self.refuses("no host name", "server", "gw example")
        self.refuses("wildcard of no host name", "server", "*.")

    def test_attributes_and_alternative_names_that_are_none(self):
        for unit, says in ((LONG, "65 characters"), ("a\rb", "U+000D"), ("", "empty"), ("x/CN=root", "several attributes")):
            self.refuses(says, "client", "bob", "--ou", unit)
        for san in ("DNS:a b", "DNS:*.acme", "DNS:", "IP:1.2.3", "IP:::g", "URI:nothing", "URI:http://a b", "email:a",
                    "DNS:a..b", "other:x", "DNS:" + "a" * 64, ""):
            self.refuses("alternative name", "client", "bob", "--san", san)

    def test_a_name_is_not_its_prefix(self):
        """Issuing, revoking and showing take the whole name."""
        for name in ("alice.b", "alic", "Alice", "alice "[:5] + "-2"):
            self.must_pki("client", name)
        self.must_pki("revoke", "alic")
        self.must_pki("client", "alice")
        valid = sorted(entry["name"] for entry in self.entries() if entry["status"] == "valid")
        self.assertEqual(valid, ["Alice", "alice", "alice-2", "alice.b"])
        for verb in ("revoke", "show", "renew", "unrevoke"):
            self.refuses("ali: ", verb, "ali")


class Requests(BadInput):
    def test_requests_that_ask_for_what_must_not_be(self):
        key = csr.key(self.beside("key"))
        cn = csr.attribute(csr.CN, b"bob")
        seq, boolean = 0x30, csr.value(0x01, b"\xff")
        authority = csr.extension("2.5.29.19", csr.value(seq, boolean), True)
        signs = csr.extension("2.5.29.15", csr.value(0x03, b"\x02\x04"), True)
        server = csr.extension("2.5.29.37", csr.value(seq, csr.oid("1.3.6.1.5.5.7.3.1")))
        names = csr.extension("2.5.29.17", csr.value(seq, csr.value(0x82, b"gw.acme")))
        nul = csr.extension("2.5.29.17", csr.value(seq, csr.value(0x82, b"gw.acme\0.evil")))
        fine = csr.make(key, [cn])
        for data, says in (
                (fine[:-1] + bytes([fine[-1] ^ 1]), "signature"),
                (fine.replace(b"bob", b"eve"), "signature"),
                (csr.make(key, [cn], digest="sha1"), "SHA1"),
                (csr.make(key, [csr.attribute(csr.CN, b"b\0b")]), "U+0000"),
                (csr.make(key, [csr.attribute(csr.CN, b"b\rb")]), "U+000D"),
                (csr.make(key, [csr.attribute(csr.CN, b"a/b")]), "'/'"),
                (csr.make(key, [csr.attribute(csr.CN, b"*")]), "wildcard"),
                (csr.make(key, [csr.attribute(csr.CN, LONG.encode())]), "65 characters"),
                (csr.make(key, [csr.attribute(csr.CN, b"\0b\0o\0b", 0x1e), cn]), "two CN"),
                (csr.make(key, []), "no CN"),
                (csr.make(key, [cn, csr.attribute(csr.OU, b"admin")]), "--ou"),
                (csr.make(key, [cn], [authority]), "authority"),
                (csr.make(key, [cn], [signs]), "keyUsage"),
                (csr.make(key, [cn], [server]), "extendedKeyUsage"),
                (csr.make(key, [cn], [names]), "--san DNS:gw.acme"),
                (csr.make(key, [cn], [nul]), "alternative name"),
                (csr.make(key, [cn], [names, names]), "twice"),
                (csr.make(key, [cn], [csr.extension("2.5.29.30", b"\x30\0", True)]), "Name Constraints"),
                (csr.make(key, [cn], [csr.extension("1.3.6.1.4.1.99999.1", b"\x05\0")]), "1.3.6.1.4.1.99999.1"),
                (fine + b"\0", "PKCS#10"), (fine[:-9], "PKCS#10"), (b"", "0 bytes"), (b"\x30\x80\0\0", "PKCS#10"),
                (b"-----BEGIN CERTIFICATE REQUEST-----\n", "PKCS#10"), (b"\0" * 100000, "")):
            self.refuses(says, "client", "--csr", csr.save(self.beside("csr"), data))
        self.refuses("not of", "client", "carol", "--csr", csr.save(self.beside("csr"), fine))
        self.refuses("PKCS#10", "client", "--csr", self.path("client", "alice", "cert.pem"))
        self.refuses("regular file", "client", "--csr", self.parent)
        self.refuses("No such file", "client", "--csr", self.beside("nothing"))
        self.must_pki("client", "--csr", csr.save(self.beside("csr"), fine))

    def test_weak_keys(self):
        for says, options in (("RSA key of 1024", ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024")),
                              ("weak exponent", ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt",
                                                 "rsa_keygen_pubexp:3")),
                              ("secp256k1", ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1")),
                              ("192", ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime192v1")),
                              ("X", ("-algorithm", "ED448"))):
            key, request = csr.key(self.beside("key"), *options), self.beside("csr")
            must("openssl", "req", "-new", "-key", key, "-subj", "/CN=bob", "-out", request)
            self.refuses(says if says != "X" else "ED448", "client", "--csr", request)


if __name__ == "__main__":
    unittest.main()
