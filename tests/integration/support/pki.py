"""A throw-away PKI made by the openssl program: Root, Intermediate, server, clients, CRLs, PKCS#12.

It is made without Postern, so that what Postern makes and what it accepts are tested by different hands."""

import os
import subprocess

CNF = """
[ca]
default_ca = it
[it]
dir = {directory}
database = $dir/index.txt
serial = $dir/serial
crlnumber = $dir/crlnumber
new_certs_dir = $dir
certificate = $dir/ca.pem
private_key = $dir/ca.key
default_md = sha256
default_days = 90
default_crl_days = 30
policy = any
unique_subject = no
crl_extensions = crl
[any]
countryName = optional
stateOrProvinceName = optional
localityName = optional
organizationName = optional
organizationalUnitName = optional
commonName = optional
emailAddress = optional
[crl]
{crl_extensions}
[req]
distinguished_name = dn
[dn]
"""

KEYS = {
    "p256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "p384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "rsa1024": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
    "rsa2048": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "ed25519": ["-algorithm", "ED25519"],
}


def openssl(*arguments, **options):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, **options)
    if done.returncode != 0:
        raise RuntimeError("openssl %s: %s" % (" ".join(map(str, arguments)), done.stderr.decode()))
    return done.stdout


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def make_key(path, kind):
    openssl("genpkey", *KEYS[kind], "-out", path)
    os.chmod(path, 0o600)
    return path


class Certificate:
    """An end entity: cert (leaf only), chain (leaf and intermediates), key: paths."""

    def __init__(self, directory, name, issuer):
        self.name, self.issuer, self.directory = name, issuer, directory
        self.cert, self.key, self.chain = (os.path.join(directory, name + end) for end in
                                           (".pem", ".key", ".chain.pem"))

    @property
    def serial(self):
        """Upper-case hex, as in X-Client-Serial."""
        return openssl("x509", "-in", self.cert, "-noout", "-serial").decode().strip().split("=")[1]

    @property
    def fingerprint(self):
        """SHA-256, lower-case hex, as in X-Client-Fingerprint."""
        text = openssl("x509", "-in", self.cert, "-noout", "-fingerprint", "-sha256").decode()
        return text.strip().split("=")[1].replace(":", "").lower()

    @property
    def subject(self):
        text = openssl("x509", "-in", self.cert, "-noout", "-subject", "-nameopt", "RFC2253").decode()
        return text.strip().split("=", 1)[1]

    def p12(self, passphrase="secret"):
        path = os.path.join(self.directory, self.name + ".p12")
        openssl("pkcs12", "-export", "-in", self.chain, "-inkey", self.key, "-out", path,
                "-passout", "pass:" + passphrase)
        return path


class Authority:
    """A CA in a directory of its own, with the files of `openssl ca`."""

    def __init__(self, directory, subject, parent=None, key="p256", crl_extensions=None, pathlen=0):
        os.makedirs(directory)
        self.directory, self.parent, self.subject = directory, parent, subject
        self.cert, self.key = os.path.join(directory, "ca.pem"), os.path.join(directory, "ca.key")
        self.crl = os.path.join(directory, "crl.pem")
        self.cnf = write(os.path.join(directory, "openssl.cnf"), CNF.format(
            directory=directory, crl_extensions=crl_extensions or "authorityKeyIdentifier = keyid:always"))
        write(os.path.join(directory, "index.txt"), "")
        write(os.path.join(directory, "index.txt.attr"), "unique_subject = no\n")
        write(os.path.join(directory, "crlnumber"), "01\n")
        write(os.path.join(directory, "serial"), os.urandom(8).hex().replace("8", "7", 1).upper() + "\n")
        make_key(self.key, key)
        if parent:
            limit = "" if pathlen is None else ",pathlen:%d" % pathlen
            parent.sign(self.key, self.cert, subject, "basicConstraints = critical,CA:true%s\n"
                        "keyUsage = critical,keyCertSign,cRLSign\n" % limit, days=3000)
        else:
            openssl("req", "-x509", "-new", "-config", self.cnf, "-key", self.key, "-out", self.cert, "-subj",
                    subject, "-days", 3650, "-addext", "basicConstraints=critical,CA:true", "-addext",
                    "keyUsage=critical,keyCertSign,cRLSign", "-addext", "subjectKeyIdentifier=hash")
        self.make_crl()

    def sign(self, key, out, subject, extensions, days=90, start=None, end=None, digest="sha256"):
        """Sign a certificate for a key. start and end: YYYYMMDDHHMMSSZ."""
        request, extfile = out + ".csr", out + ".ext"
        openssl("req", "-new", "-config", self.cnf, "-key", key, "-subj", subject, "-out", request, "-utf8")
        write(extfile, "subjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid:always\n" + extensions)
        dates = ["-startdate", start, "-enddate", end] if start else ["-days", days]
        openssl("ca", "-batch", "-notext", "-config", self.cnf, "-in", request, "-out", out, "-extfile",
                extfile, "-preserveDN", "-utf8", "-md", digest, *dates)

    def issue(self, name, subject, eku="clientAuth", san=None, key="p256", extra="", **dates):
        """An end-entity certificate. eku None leaves extendedKeyUsage out."""
        made = Certificate(self.directory, name, self)
        make_key(made.key, key)
        extensions = "basicConstraints = CA:false\nkeyUsage = critical,digitalSignature\n" + extra
        if eku:
            extensions += "extendedKeyUsage = %s\n" % eku
        if san:
            extensions += "subjectAltName = %s\n" % san
        self.sign(made.key, made.cert, subject, extensions, **dates)
        write(made.chain, read(made.cert) + (read(self.cert) if self.parent else ""))
        return made

    def revoke(self, certificate, reason="keyCompromise"):
        """Revoke and issue the next CRL. certificate: an Authority or a Certificate of this CA."""
        openssl("ca", "-config", self.cnf, "-revoke", certificate.cert, "-crl_reason", reason)
        self.make_crl()

    def make_crl(self, days=30, seconds=None):
        """The next CRL. seconds: its whole life (it may be negative: then it is expired)."""
        life = ["-crldays", days]
        if seconds is not None:
            life = ["-crl_lastupdate", stamp(min(seconds, 0) - 3600), "-crl_nextupdate", stamp(seconds)]
        openssl("ca", "-config", self.cnf, "-gencrl", "-out", self.crl, *life)
        return self.crl


def stamp(seconds_from_now):
    import time
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + seconds_from_now))


class Pki:
    """Root and Intermediate with one server certificate for localhost; clients on demand.

    trust is the bundle of both CAs, crl the bundle of both CRLs: call bundle() after a revocation."""

    def __init__(self, directory, organisation="Test"):
        os.makedirs(directory, exist_ok=True)
        self.directory = directory
        self.root = Authority(os.path.join(directory, "root"), "/O=%s/CN=%s Root" % (organisation, organisation))
        self.intermediate = Authority(os.path.join(directory, "intermediate"),
                                      "/O=%s/CN=%s Intermediate" % (organisation, organisation), self.root)
        self.trust = os.path.join(directory, "trust.pem")
        self.crl = os.path.join(directory, "crl.pem")
        self.server = self.intermediate.issue("server", "/CN=localhost", eku="serverAuth",
                                              san="DNS:localhost,IP:127.0.0.1,IP:::1")
        self.made = 0
        self.bundle()

    def client(self, cn="client", ou=None, name=None, **options):
        self.made += 1
        subject = "/O=Test" + "".join("/OU=" + unit for unit in ([ou] if isinstance(ou, str) else ou or []))
        return self.intermediate.issue(name or "client%d" % self.made, subject + "/CN=" + cn, **options)

    def revoke(self, certificate):
        certificate.issuer.revoke(certificate)
        self.bundle()

    def bundle(self):
        """Write trust bundle and CRL bundle anew, by rename."""
        write(self.trust + ".new", read(self.intermediate.cert) + read(self.root.cert))
        write(self.crl + ".new", read(self.intermediate.crl) + read(self.root.crl))
        os.rename(self.trust + ".new", self.trust)
        os.rename(self.crl + ".new", self.crl)
