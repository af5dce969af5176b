"""Every kind of certificate and CRL that postern pki makes is held against the profile of RFC 5280, byte by byte, by a
reader that is not OpenSSL's; and the rules themselves against what breaks them."""

import glob
import os
import unittest

from support import der, lint, pki
from support.authority import PkiCase, must
from support.x509 import Certificate, Crl

URIS = ("--crl-uri", "http://pki.example.org/a.crl", "--root-crl-uri", "http://pki.example.org/root.crl",
        "--ocsp-uri", "http://pki.example.org:2560/")
REASONS = ("unspecified", "keyCompromise", "CACompromise", "affiliationChanged", "superseded", "cessationOfOperation",
           "certificateHold", "privilegeWithdrawn", "AACompromise")


class Lint(PkiCase):
    def passes(self, found, what):
        self.assertEqual(found, [], what)

    def issuers(self):
        """Every authority's certificate, by its subject and key."""
        found = {}
        for path in glob.glob(self.path("**", "ca.pem"), recursive=True) + glob.glob(self.path("**", "cross.pem"), recursive=True):
            certificate = Certificate.of(path)
            found.setdefault(certificate.extension(lint.SKI).value.body, certificate)
        return found

    def lint_all(self, single=False):
        """All that lies below the profile: kinds seen, with how many."""
        issuers, seen = self.issuers(), {}
        for path in sorted(glob.glob(self.path("**", "*.pem"), recursive=True) + glob.glob(self.path("ocsp", "*.pem"))):
            with open(path, encoding="utf-8") as file:
                text = file.read()
            for certificate in map(Certificate, der.from_pem(text, "CERTIFICATE")):
                kind, length = self.kind_of(certificate, single)
                aki = lint.key_identifier(certificate.extension(lint.AKI))
                issuer = certificate if kind == "root" else issuers[aki]
                self.passes(lint.lint_certificate(certificate, issuer, kind, length), path)
                seen[kind] = seen.get(kind, 0) + 1
            for crl in map(Crl, der.from_pem(text, "X509 CRL")):
                self.passes(lint.lint_crl(crl, issuers[lint.key_identifier(crl.extension(lint.AKI))]), path)
                seen["crl"] = seen.get("crl", 0) + 1
        return seen

    @staticmethod
    def kind_of(certificate, single):
        eku = certificate.extension(lint.EKU)
        if eku:
            return {lint.SERVER_AUTH: "server", lint.CLIENT_AUTH: "client", lint.OCSP_SIGNING: "ocsp"}[eku.value.list()[0].oid()], None
        if certificate.issuer.whole == certificate.subject.whole:
            return "root", 0 if single else 1
        return "intermediate", 0

    def issue_all(self, key):
        self.must_pki("server", "gw.example.org", "--san", "IP:192.0.2.1,IP:2001:db8::1,DNS:*.example.org", "--key", key)
        self.must_pki("client", "alice", "--ou", "sales", "--uri", "spiffe://example.org/alice", "--key", key)
        self.must_pki("client", "J\u00fcrgen \u5c71", "--san", "email:j@example.org", "--key", key)
        self.must_pki("client", "a" * 64, "--days", "1", "--key", key)

    def test_each_kind_of_key(self):
        for key in ("p256", "p384", "ed25519", "rsa2048"):
            with self.subTest(key=key):
                self.directory = self.beside(key)
                self.must_pki("init", "--org", "Acme & S\u00f6hne", "--country", "DE", "--key", key, *URIS)
                self.issue_all(key)
                self.must_pki("revoke", "alice", "--reason", "keyCompromise")
                seen = self.lint_all()
                self.assertEqual(set(seen), {"root", "intermediate", "server", "client", "crl"})

    def test_single_and_the_signers_of_ocsp(self):
        self.must_pki("init", "--single", *URIS)
        self.issue_all("p256")
        self.pki("cron")
        self.must_pki("revoke", "alice")
        self.assertEqual(set(self.lint_all(single=True)), {"root", "server", "client", "ocsp", "crl"})
        self.directory = self.beside("pair")
        self.must_pki("init", *URIS)
        self.pki("cron")
        self.assertGreaterEqual(self.lint_all()["ocsp"], 2)

    def test_requests_and_renewals(self):
        self.must_pki("init", *URIS)
        key, request = self.beside("key"), self.beside("csr")
        must("openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", "/O=x/CN=tab",
             "-addext", "extendedKeyUsage=clientAuth", "-addext", "subjectAltName=DNS:tab.example.org")
        self.must_pki("client", "--csr", request, "--san", "DNS:tab.example.org")
        self.must_pki("client", "bob", "--ou", "sales")
        for name in ("tab", "bob"):
            self.must_pki("renew", name, "--overlap", "2d")
        self.assertEqual(self.lint_all()["crl"], 4)

    def test_every_step_of_a_rotation(self):
        self.must_pki("init", *URIS)
        self.must_pki("server", "gw.example.org")
        for what in ("intermediate", "root"):
            for step in ("prepare", "use", "retire"):
                self.must_pki("rotate", what, "--step", step)
                if step == "use":
                    self.must_pki("renew", "gw.example.org")
                self.assertGreaterEqual(self.lint_all()["root"], 1)

    def test_every_reason_and_dates_past_2049(self):
        self.must_pki("init", "--root-days", "14000", "--intermediate-days", "13000", "--root-crl-days", "10000")
        for reason in REASONS:
            self.must_pki("client", reason, "--days", "12000")
            self.must_pki("revoke", reason, "--reason", reason)
        for authority, tag in (("root", der.GENERALIZED_TIME), ("intermediate", der.GENERALIZED_TIME)):
            self.assertEqual(Certificate.of(self.path(authority, "ca.pem")).not_after.tag, tag)
        self.assertEqual(Crl.of(self.path("root", "crl.pem")).next_update.tag, der.GENERALIZED_TIME)
        self.lint_all()
        self.assertEqual(len(Crl.of(self.path("intermediate", "crl.pem")).entries), len(REASONS))


class Rules(PkiCase):
    """What openssl makes when it is asked for the wrong thing."""

    def broken(self, *options):
        key, path = self.beside("key.pem"), self.beside("cert.pem")
        must("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out",
             path, "-subj", "/CN=a", *options)
        certificate = Certificate.of(path)
        return " ".join(lint.lint_certificate(certificate, certificate, "root", None))

    def test_the_rules_see_what_breaks_them(self):
        usage, basic = "keyUsage=critical,keyCertSign,cRLSign", "basicConstraints=critical,CA:TRUE"
        config = self.beside("cnf", "[req]\ndistinguished_name = dn\n[dn]\n")
        for options, says in (
                (("-addext", "keyUsage=keyCertSign,cRLSign", "-addext", basic), "critical False of 2.5.29.15"),
                (("-addext", "basicConstraints=CA:TRUE", "-addext", usage), "critical False of 2.5.29.19"),
                (("-addext", basic), "keyUsage is not keyCertSign"),
                (("-addext", "basicConstraints=critical,CA:FALSE", "-addext", usage), "cA is not TRUE"),
                (("-addext", basic, "-addext", usage, "-addext", "extendedKeyUsage=clientAuth"), "with extendedKeyUsage"),
                (("-addext", "basicConstraints=critical,CA:TRUE,pathlen:1", "-addext", usage), "pathLenConstraint"),
                (("-addext", basic, "-addext", usage, "-set_serial", "0"), "not positive"),
                (("-addext", basic, "-addext", usage, "-set_serial", "1"), "64 random bits"),
                (("-addext", basic, "-addext", usage, "-set_serial", "0x" + "7f" * 21), "21 octets"),
                (("-addext", basic, "-addext", usage, "-sha1"), "signature algorithm"),
                (("-addext", basic, "-addext", usage, "-addext", "nsComment=x"), "nobody expects"),
                (("-addext", basic, "-addext", usage, "-addext", "subjectKeyIdentifier=0102"), "no subjectKeyIdentifier")):
            with self.subTest(says=says):
                self.assertIn(says, self.broken("-config", config, *options))
        self.assertEqual(self.broken("-config", config, "-addext", basic, "-addext", usage, "-addext",
                                     "subjectKeyIdentifier=hash"), "")

    def test_a_crl_without_authority_key_is_seen(self):
        for extensions, says in (("authorityKeyIdentifier = keyid:always", ""), ("#", "authorityKeyIdentifier is not"),
                                 ("authorityKeyIdentifier = keyid:always,issuer:always", "authorityKeyIdentifier is not")):
            authority = pki.Authority(self.beside("ca%d" % len(extensions)), "/CN=a", crl_extensions=extensions)
            found = " ".join(lint.lint_crl(Crl.of(authority.crl), Certificate.of(authority.cert)))
            self.assertIn(says, found)
            self.assertEqual(found == "", says == "", found)

    def test_times_are_of_the_right_kind(self):
        for tag, text, fine in ((der.UTC_TIME, b"491231235959Z", True), (der.UTC_TIME, b"4912312359Z", False),
                                (der.UTC_TIME, b"491231235959+0100", False), (der.GENERALIZED_TIME, b"20500101000000Z", True),
                                (der.GENERALIZED_TIME, b"20491231235959Z", False),
                                (der.GENERALIZED_TIME, b"20500101000000.5Z", False)):
            self.assertEqual(lint.lint_time(der.Value(tag, text, b"")) == [], fine, text)


if __name__ == "__main__":
    unittest.main()
