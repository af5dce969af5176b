"""Every certificate and CRL, of each kind of key, is admitted and refused by OpenSSL, GnuTLS, NSS, Java and Python's ssl as
it should be."""

import ssl
import unittest

from support import judges
from support.authority import PkiCase

SERVER_AUTH, CLIENT_AUTH = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"


class Judges(PkiCase):
    def make(self, key, *options):
        self.directory = self.beside("-".join((key,) + options).replace("/", ""))
        self.must_pki("init", "--org", "Acme", "--key", key, *options)
        self.server = self.must_pki("server", "gw.example.org", "--key", key)
        self.client = self.must_pki("client", "alice", "--ou", "sales", "--key", key)
        self.authorities = ("root",) if "--single" in options else ("root", "intermediate")

    def ca(self, name):
        return self.path(name, "ca.pem")

    def crl(self, name):
        return self.path(name, "crl.pem")

    def handshake(self):
        return judges.python_handshake(self.path("client-ca-bundle.pem"), self.path("crl-bundle.pem"),
                                       (self.server["chain"], self.server["key"]), (self.client["chain"], self.client["key"]))

    def gnutls(self, certificate, purpose):
        return judges.gnutls_judge(certificate, self.path("client-ca-bundle.pem"), self.path("crl-bundle.pem"), purpose)

    def nss(self, certificate, usage):
        store = judges.Nss(self.parent)
        store.trust(*map(self.ca, self.authorities))
        store.revoke_by(*map(self.crl, self.authorities))
        return store.judge(certificate, usage)

    def admitted(self, key):
        server, client = self.server["certificate"], self.client["certificate"]
        self.must_verify(server, purpose="sslserver")
        self.must_verify(client)
        for certificate in (server, client):
            judges.gnutls_chain(self.parent, certificate, *map(self.ca, reversed(self.authorities)))
        self.assertEqual(self.gnutls(server, SERVER_AUTH) + self.gnutls(client, CLIENT_AUTH), "")
        issuers = dict(zip(self.authorities, self.authorities))
        for name in self.authorities:
            judges.gnutls_crl(self.crl(name), self.ca(issuers[name]))
        if judges.knows("nss", key):
            self.assertIn("certificate is valid", self.nss(server, "V"))
            self.assertIn("certificate is valid", self.nss(client, "C"))
        self.assertIn((("commonName", "alice"),), self.handshake()["subject"])

    def not_for_the_other(self, key):
        """A server's certificate is none for a client, nor the other way round."""
        server, client = self.server["certificate"], self.client["certificate"]
        self.assertNotEqual(self.openssl_verify(server), "")
        self.assertNotEqual(self.openssl_verify(client, "sslserver"), "")
        self.assertNotEqual(self.gnutls(server, CLIENT_AUTH), "")
        self.assertNotEqual(self.gnutls(client, SERVER_AUTH), "")
        if judges.knows("nss", key):
            self.assertNotIn("certificate is valid", self.nss(server, "C"))
            self.assertNotIn("certificate is valid", self.nss(client, "V"))

    def revoked(self, key):
        certificate = self.client["certificate"]
        self.must_pki("revoke", "alice", "--reason", "keyCompromise")
        self.assertIn("certificate revoked", self.openssl_verify(certificate))
        self.assertIn("revoked", self.gnutls(certificate, CLIENT_AUTH))
        if judges.knows("nss", key):
            self.assertIn("revoked", self.nss(certificate, "C"))
        with self.assertRaises(ssl.SSLError) as caught:
            self.handshake()
        self.assertIn("revoked", str(caught.exception))

    def judge(self, key, *options):
        self.make(key, *options)
        self.admitted(key)
        self.not_for_the_other(key)
        self.revoked(key)

    def test_p256(self):
        self.judge("p256")

    def test_p384(self):
        self.judge("p384")

    def test_ed25519(self):
        self.judge("ed25519")

    def test_rsa(self):
        self.judge("rsa2048")

    def test_a_single_authority(self):
        self.judge("p256", "--single")

    def test_java_reads_them_all(self):
        self.make("ed25519")
        judges.java_reads(self.client["certificate"], self.server["chain"], self.crl("root"), self.crl("intermediate"),
                          self.path("client-ca-bundle.pem"))


if __name__ == "__main__":
    unittest.main()
