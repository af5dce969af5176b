"""Clients that are refused, one for each reason, and what the gateway must say of each. The alerts are numbers of
RFC 8446 §6.2; in TLS 1.2 a missing certificate is handshake_failure (RFC 5246 §7.4.6)."""

import os
from collections import namedtuple

from .pki import Certificate, Pki, make_key, openssl, read, write

Refusal = namedtuple("Refusal", "reason client alert_1_2 alert_1_3")


def refusals(pki, directory):
    """One client for each reason that lies in what the client brings."""
    other = Pki(os.path.join(directory, "stranger"), "Stranger")
    revoked = pki.client("revoked")
    pki.revoke(revoked)
    past = {"start": "20200101000000Z", "end": "20210101000000Z"}
    future = {"start": "20900101000000Z", "end": "20910101000000Z"}
    made = [
        ("no_certificate", None, 40, 116),
        ("revoked", revoked, 44, 44),
        ("expired", pki.client("expired", **past), 45, 45),
        ("not_yet_valid", pki.client("future", **future), 42, 42),
        ("untrusted_chain", other.client("stranger"), 48, 48),
        ("untrusted_chain", self_signed(directory), 48, 48),
        ("wrong_purpose", pki.client("server", eku="serverAuth"), 43, 43),
        ("wrong_purpose", pki.client("mail", eku="emailProtection"), 43, 43),
        ("wrong_purpose", pki.client("any", eku="anyExtendedKeyUsage"), 43, 43),
        ("weak_key", pki.client("short", key="rsa1024"), 42, 42),
        ("weak_signature", pki.client("sha1", digest="sha1"), 42, 42),
    ]
    return [Refusal(*row) for row in made]


def self_signed(directory):
    """Nobody's certificate: it is its own issuer."""
    made = Certificate(directory, "self", None)
    make_key(made.key, "p256")
    openssl("req", "-x509", "-new", "-key", made.key, "-out", made.cert, "-subj", "/CN=self", "-days", 9,
            "-addext", "extendedKeyUsage=clientAuth")
    write(made.chain, read(made.cert))
    return made
