"""Programs that are not ours, as judges of certificates, CRLs and PKCS#12: each function raises, or tells, what one says.
NSS of Debian 12 has no Ed25519."""

import os
import ssl
import subprocess
import tempfile

from .authority import must, run

PASSWORD = "changeit"


def knows(judge, key):
    return not (judge == "nss" and key == "ed25519")


class Nss:
    """A store of its own, with the authorities of a profile."""

    def __init__(self, parent):
        self.directory = tempfile.mkdtemp(dir=parent)
        self.store = "sql:" + self.directory
        must("certutil", "-N", "-d", self.store, "--empty-password")

    def trust(self, root, *others):
        for at, (path, trust) in enumerate([(root, "CT,C,C")] + [(one, ",,") for one in others]):
            must("certutil", "-A", "-d", self.store, "-n", "ca%d" % at, "-t", trust, "-a", "-i", path)

    def revoke_by(self, *crls):
        for at, crl in enumerate(crls):
            der = os.path.join(self.directory, "crl%d" % at)
            must("openssl", "crl", "-in", crl, "-outform", "DER", "-out", der)
            must("crlutil", "-I", "-d", self.store, "-i", der)

    def judge(self, certificate, usage):
        """certutil's words. usage: C a client, V a server."""
        must("certutil", "-A", "-d", self.store, "-n", "it", "-t", ",,", "-a", "-i", certificate)
        said = run("certutil", "-V", "-d", self.store, "-n", "it", "-u", usage, "-e").stdout
        must("certutil", "-D", "-d", self.store, "-n", "it")
        return said

    def take_pkcs12(self, path, passphrase):
        """Key and certificate into the store."""
        must("pk12util", "-i", path, "-W", passphrase, "-d", self.store)
        assert "no keys" not in run("certutil", "-K", "-d", self.store).stdout


def openssl_pkcs12(path, passphrase):
    shown = must("openssl", "pkcs12", "-in", path, "-passin", "pass:" + passphrase, "-nodes")
    assert (shown.count("BEGIN CERTIFICATE"), shown.count("BEGIN PRIVATE KEY")) == (2, 1), shown
    return shown


def gnutls_pkcs12(path, passphrase):
    given = ("--password", passphrase) if passphrase else ("--empty-password",)
    shown = must("certtool", "--p12-info", "--inder", *given, "--infile", path)
    assert (shown.count("BEGIN CERTIFICATE"), shown.count("PRIVATE KEY-----")) == (2, 2), shown


def java_pkcs12(path, passphrase, parent):
    """keytool lists it, and decrypts the key to put it into a store of its own."""
    listed = must("keytool", "-list", "-v", "-storetype", "PKCS12", "-keystore", path, "-storepass", passphrase)
    assert "PrivateKeyEntry" in listed and "Certificate chain length: 2" in listed, listed
    store = os.path.join(tempfile.mkdtemp(dir=parent), "store")
    must("keytool", "-importkeystore", "-noprompt", "-srcstoretype", "PKCS12", "-srckeystore", path, "-srcstorepass", passphrase,
         "-destkeystore", store, "-deststorepass", PASSWORD)
    assert os.path.getsize(store) > 0


def gnutls_chain(parent, *certificates):
    """Leaf first, root last."""
    chain = os.path.join(tempfile.mkdtemp(dir=parent), "chain.pem")
    with open(chain, "w", encoding="utf-8") as out:
        for path in certificates:
            with open(path, encoding="utf-8") as file:
                out.write(file.read())
    must("certtool", "--verify-chain", "--infile", chain)


def gnutls_crl(crl, issuer):
    must("certtool", "--verify-crl", "--load-ca-certificate", issuer, "--infile", crl)


def gnutls_judge(certificate, trust, crls, purpose):
    """certtool's words; "" if it admits the certificate."""
    done = run("certtool", "--verify", "--load-ca-certificate", trust, "--load-crl", crls, "--verify-purpose", purpose, "--infile",
               certificate)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def python_handshake(trust, crls, server, client):
    """A TLS handshake of Python's ssl with itself, in memory and as strict as it can be; (chain, key) each. What stops it is
    raised."""
    sides = []
    for purpose, pair in ((ssl.PROTOCOL_TLS_SERVER, server), (ssl.PROTOCOL_TLS_CLIENT, client)):
        context = ssl.SSLContext(purpose)
        context.load_cert_chain(*pair)
        context.load_verify_locations(trust)
        context.load_verify_locations(crls)
        context.verify_mode = ssl.CERT_REQUIRED
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN | ssl.VERIFY_X509_STRICT
        is_server = purpose == ssl.PROTOCOL_TLS_SERVER
        sides.append([context, ssl.MemoryBIO(), ssl.MemoryBIO(), is_server])
    (one, a_in, a_out, _), (two, b_in, b_out, _) = sides
    ends = [(one.wrap_bio(a_in, a_out, server_side=True), a_out, b_in),
            (two.wrap_bio(b_in, b_out, server_hostname="gw.example.org"), b_out, a_in)]
    for _ in range(4):
        for end, out, other in reversed(ends):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                pass
            other.write(out.read())
    return ends[0][0].getpeercert()


def java_reads(*paths):
    """keytool prints every certificate and CRL."""
    for path in paths:
        verb = "-printcrl" if path.endswith("crl.pem") else "-printcert"
        shown = subprocess.run(["keytool", verb, "-file", path], capture_output=True, text=True, timeout=120)
        assert shown.returncode == 0 and ("Issuer: " in shown.stdout), shown
