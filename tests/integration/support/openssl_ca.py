"""`openssl ca` in an authority's directory of ours."""

import os

from .authority import must, run

CA_CNF = """
[ca]
default_ca = it
[it]
dir = {directory}
database = $dir/index.txt
serial = $dir/serial
crlnumber = $dir/crlnumber
new_certs_dir = $dir/newcerts
certificate = $dir/ca.pem
private_key = $dir/private/ca.key
default_md = sha256
default_days = 30
default_crl_days = 30
policy = any
x509_extensions = leaf
crl_extensions = crl
[any]
organizationName = optional
commonName = supplied
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[crl]
authorityKeyIdentifier = keyid
[req]
distinguished_name = dn
[dn]
"""


def openssl_ca(directory, config, *arguments):
    """config: a file to write."""
    with open(config, "w", encoding="utf-8") as file:
        file.write(CA_CNF.format(directory=directory))
    return must("openssl", "ca", "-batch", "-config", config, *arguments)


def openssl_reads(directory):
    """It finds the last valid serial in the index, and the CRL is the authority's."""
    config = os.path.join(os.path.dirname(os.path.dirname(directory)), "ca.cnf")
    with open(config, "w", encoding="utf-8") as file:
        file.write(CA_CNF.format(directory=directory))
    with open(os.path.join(directory, "index.txt"), encoding="utf-8") as file:
        valid = [line.split("\t")[3] for line in file if line.startswith("V")]
    if valid:
        status = run("openssl", "ca", "-config", config, "-status", valid[-1])
        assert "%s=Valid (V)" % valid[-1] in status.stderr, status
    crl = run("openssl", "crl", "-in", os.path.join(directory, "crl.pem"), "-CAfile", os.path.join(directory, "ca.pem"), "-noout",
              "-verify")
    assert "verify OK" in crl.stderr, crl
