"""The PKCS#12 of each kind of key, modern and legacy, with a passphrase and without, opens in OpenSSL, GnuTLS, NSS and
Java: key, certificate and the Intermediate."""

import concurrent.futures
import os
import unittest

from support import judges
from support.authority import PkiCase, run

KEYS = ("p256", "p384", "ed25519", "rsa2048", "rsa3072", "rsa4096")
# The sizes of RSA differ in nothing that a container would show.
EVERY_WAY = ("p256", "p384", "ed25519", "rsa2048")


class Pkcs12(PkiCase):
    def setUp(self):
        super().setUp()
        self.must_pki("init")

    def rows(self):
        """(kind of key, legacy, path, passphrase): one client each."""
        secret = self.beside("secret", "open sesame\n")
        for key in KEYS:
            for legacy in (False, True):
                for how, passphrase in ((("--passphrase-file", secret), "open sesame"), (("--no-passphrase",), ""), ((), None)):
                    if key not in EVERY_WAY and (legacy or passphrase is not None) or passphrase is None and legacy:
                        continue
                    name = "%s-%s-%s" % (key, legacy, len(how))
                    made = self.must_pki("client", name, "--key", key, *how, *(("--legacy-p12",) if legacy else ()))
                    self.assertEqual("passphrase" in made, passphrase is None)
                    yield key, legacy, made["pkcs12"], made.get("passphrase", passphrase)

    def judge(self, key, legacy, path, passphrase):
        judges.openssl_pkcs12(path, passphrase)
        judges.gnutls_pkcs12(path, passphrase)
        if judges.knows("nss", key):
            judges.Nss(self.parent).take_pkcs12(path, passphrase)
        info = run("openssl", "pkcs12", "-in", path, "-passin", "pass:" + passphrase, "-noout", "-info").stderr
        assert ("pbeWithSHA1And3-KeyTripleDES" in info) == legacy and ("AES-256-CBC" in info) != legacy, info

    def told(self, row):
        try:
            self.judge(*row)
        except AssertionError as wrong:
            return "%s: %s" % (row, wrong)
        return None

    def test_openssl_gnutls_and_nss_open_it(self):
        rows = list(self.rows())
        self.assertEqual(len(rows), 22)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            self.assertEqual([wrong for wrong in pool.map(self.told, rows) if wrong], [])

    def test_a_wrong_passphrase_opens_nothing(self):
        made = self.must_pki("client", "alice")
        for wrong in ("", "changeit", made["passphrase"].upper()):
            for judge in (judges.openssl_pkcs12, judges.gnutls_pkcs12, judges.Nss(self.parent).take_pkcs12):
                self.assertRaises(AssertionError, judge, made["pkcs12"], wrong)


class Java(PkiCase):
    """Slow to start, so that it is asked about fewer."""

    def test_java(self):
        self.must_pki("init")
        secret = ("--passphrase-file", self.beside("secret", "open sesame\n"))
        for key, options in (("p256", secret), ("p256", ("--no-passphrase",)), ("p256", ("--legacy-p12", *secret)),
                             ("p256", ("--legacy-p12", "--no-passphrase")), ("p384", secret), ("ed25519", secret),
                             ("rsa2048", ("--legacy-p12", *secret))):
            with self.subTest(key=key, options=options):
                made = self.must_pki("client", "alice", "--key", key, *options)
                judges.java_pkcs12(made["pkcs12"], "open sesame" if secret[0] in options else "", self.parent)


if __name__ == "__main__":
    unittest.main()
