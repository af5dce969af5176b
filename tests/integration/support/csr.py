"""Certificate requests (RFC 2986) put together by hand and signed by the openssl program: what no tool would make."""

import os
import subprocess

from . import der
from .pki import openssl

CN, OU, O = "2.5.4.3", "2.5.4.11", "2.5.4.10"
ALGORITHMS = {"sha256": "1.2.840.10045.4.3.2", "sha1": "1.2.840.10045.4.1"}
EXTENSION_REQUEST = "1.2.840.113549.1.9.14"


def value(tag, *parts):
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def oid(text):
    arcs = [int(arc) for arc in text.split(".")]
    out = bytearray()
    for arc in [40 * arcs[0] + arcs[1]] + arcs[2:]:
        out += bytes(0x80 | arc >> shift & 0x7f for shift in range(28, 0, -7) if arc >> shift) + bytes([arc & 0x7f])
    return value(der.OID, bytes(out))


def attribute(kind, text, tag=der.UTF8):
    return value(der.SET, value(der.SEQUENCE, oid(kind), value(tag, text)))


def extension(kind, content, critical=False):
    return value(der.SEQUENCE, oid(kind), value(der.BOOLEAN, b"\xff") if critical else b"",
                 value(der.OCTET_STRING, content))


def key(path, *options):
    openssl("genpkey", *(options or ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")), "-out", path)
    return path


def make(key_path, subject, extensions=(), digest="sha256"):
    """The DER of a request that is signed with an EC key. subject: as of attribute(); extensions: of extension()."""
    public = openssl("pkey", "-in", key_path, "-pubout", "-outform", "DER")
    wanted = value(0xa0, value(der.SEQUENCE, oid(EXTENSION_REQUEST), value(der.SET, value(der.SEQUENCE, *extensions)))
                   if extensions else b"")
    body = value(der.SEQUENCE, value(der.INTEGER, b"\0"), value(der.SEQUENCE, *subject), public, wanted)
    done = subprocess.run(["openssl", "dgst", "-" + digest, "-sign", key_path], input=body, capture_output=True, check=True)
    return value(der.SEQUENCE, body, value(der.SEQUENCE, oid(ALGORITHMS[digest])),
                 value(der.BIT_STRING, b"\0", done.stdout))


def save(path, data):
    with open(path, "wb") as file:
        file.write(data)
    return os.fspath(path)
