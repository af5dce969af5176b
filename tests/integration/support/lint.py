"""The profile of RFC 5280 (with 5758, 6818, 8410) as rules on bytes: what a certificate or CRL of a modern PKI must look
like. A rule is (section, what is wrong, condition); lint_*() tell what is broken, in words."""

import datetime
import re

from . import der
from .x509 import name_of

BASIC, USAGE, EKU, SKI, AKI = "2.5.29.19", "2.5.29.15", "2.5.29.37", "2.5.29.14", "2.5.29.35"
SAN, CRL_POINTS, AIA, NO_CHECK = "2.5.29.17", "2.5.29.31", "1.3.6.1.5.5.7.1.1", "1.3.6.1.5.5.7.48.1.5"
CRL_NUMBER, DELTA, ISSUING_POINT, REASON, INVALIDITY = "2.5.29.20", "2.5.29.27", "2.5.29.28", "2.5.29.21", "2.5.29.24"
COUNTRY, SERIAL_NUMBER = "2.5.4.6", "2.5.4.5"
UPPER_BOUNDS = {"2.5.4.3": 64, "2.5.4.10": 64, "2.5.4.11": 64, "2.5.4.7": 128, "2.5.4.8": 128, COUNTRY: 2}
SERVER_AUTH, CLIENT_AUTH, OCSP_SIGNING = ("1.3.6.1.5.5.7.3.%d" % number for number in (1, 2, 9))
DIGITAL_SIGNATURE, KEY_ENCIPHERMENT, CERT_SIGN, CRL_SIGN = 0, 2, 5, 6
# Which extension must be critical, and which must not (RFC 5280 §4.2.1, §5.2).
CRITICAL = {BASIC: True, USAGE: True, SKI: False, AKI: False, CRL_POINTS: False, AIA: False, NO_CHECK: False,
            CRL_NUMBER: False, ISSUING_POINT: True, DELTA: True, SAN: False, EKU: False}
SIGNATURES = {"1.2.840.10045.4.3.2": "ecdsa-sha256", "1.2.840.10045.4.3.3": "ecdsa-sha384",
              "1.2.840.113549.1.1.11": "rsa-sha256", "1.2.840.113549.1.1.12": "rsa-sha384", "1.3.101.112": "ed25519"}
PURPOSES = {"server": {SERVER_AUTH}, "client": {CLIENT_AUTH}, "ocsp": {OCSP_SIGNING}}


def broken(rules):
    return ["§%s: %s" % (section, text) for section, text, holds in rules if not holds]


def lint_time(value):
    """§4.1.2.5: UTCTime until 2049, GeneralizedTime from 2050, in seconds, with a Z."""
    text = value.body.decode("ascii", "replace")
    form = r"\d{12}Z" if value.tag == der.UTC_TIME else r"\d{14}Z"
    rules = [("4.1.2.5", "a time that is none: %s" % text, value.tag in (der.UTC_TIME, der.GENERALIZED_TIME)
              and re.fullmatch(form, text)),
             ("4.1.2.5.2", "a GeneralizedTime before 2050: %s" % text, value.tag != der.GENERALIZED_TIME or text >= "2050")]
    return broken(rules)


def time_of(value):
    text = value.body.decode()
    if value.tag == der.UTC_TIME:
        text = ("20" if text < "50" else "19") + text
    return datetime.datetime.strptime(text, "%Y%m%d%H%M%SZ")


def lint_serial(value):
    number = value.integer()
    return broken([("4.1.2.2", "a serial that is not positive", number > 0),
                   ("4.1.2.2", "a serial of %d octets" % len(value.body), len(value.body) <= 20),
                   ("4.1.2.2", "a serial of under 64 random bits", number >= 1 << 63)])


def lint_name(value, may_be_empty=False):
    found = []
    attributes = name_of(value)
    if not attributes and not may_be_empty:
        found.append("§4.1.2.4: an empty name")
    for kind, tag, text in attributes:
        expected = (der.PRINTABLE,) if kind in (COUNTRY, SERIAL_NUMBER) else (der.UTF8, der.PRINTABLE)
        try:
            length = len(text.decode("utf-8"))
        except UnicodeDecodeError:
            length = -1
        found += broken([("4.1.2.4", "attribute %s with string type %#x" % (kind, tag), tag in expected),
                         ("A.1", "attribute %s of %d characters" % (kind, length),
                          0 < length <= UPPER_BOUNDS.get(kind, 32768)),
                         ("A.1", "a control character in attribute %s" % kind, not any(byte < 0x20 for byte in text))])
    return found


def lint_extensions(extensions, allowed):
    found = []
    kinds = [extension.oid for extension in extensions]
    for extension in extensions:
        wanted = CRITICAL.get(extension.oid)
        found += broken([("4.2", "extension %s twice" % extension.oid, kinds.count(extension.oid) == 1),
                         ("4.2", "extension %s that nobody expects here" % extension.oid, extension.oid in allowed),
                         ("4.2", "critical %s of %s" % (extension.critical, extension.oid), wanted in (None, extension.critical)),
                         ("X.690 11.5", "a DEFAULT that is written out", not extension.spelled_out)])
    return found


def lint_algorithm(signed):
    """§4.1.1.2: the same inside and outside, strong, and with the parameters that its kind has."""
    parts = signed.inner.list()
    kind = SIGNATURES.get(parts[0].oid(), "unknown")
    parameters = parts[1].whole == b"\x05\x00" if len(parts) == 2 else len(parts) == 1
    return broken([("4.1.1.2", "two signature algorithms", signed.inner.whole == signed.outer.whole),
                   ("4.1.1.2", "signature algorithm %s" % parts[0].oid(), kind != "unknown"),
                   ("RFC 5758 3.2, 8410 3", "parameters of %s" % kind,
                    parameters and (len(parts) == 2) == kind.startswith("rsa"))])


def key_identifier(extension):
    """Of an AKI: its key identifier alone, [0]."""
    parts = extension.value.list() if extension else []
    return parts[0].body if len(parts) == 1 and parts[0].tag == 0x80 else None


def lint_uris(extension):
    """http URIs in distribution points and access descriptions: printable, and nothing but URIs."""
    if not extension:
        return []
    found = re.findall(rb"\x86(.)(https?://[!-~]+)", extension.value.whole, re.S)
    return broken([("4.2.1.13", "no http URI in %s" % extension.oid,
                    found and all(length[0] == len(uri) for length, uri in found))])


def lint_authority_rules(certificate, path_length):
    basic, usage = certificate.extension(BASIC), certificate.extension(USAGE)
    parts = basic.value.list() if basic else []
    return [("4.2.1.9", "cA is not TRUE", parts and parts[0].boolean()),
            ("4.2.1.9", "pathLenConstraint is not %s" % path_length,
             [part.integer() for part in parts[1:]] == ([] if path_length is None else [path_length])),
            ("4.2.1.3", "keyUsage is not keyCertSign and cRLSign", usage and usage.value.bits() == {CERT_SIGN, CRL_SIGN}),
            ("4.2.1.12", "an authority with extendedKeyUsage", not certificate.extension(EKU))]


def lint_leaf_rules(certificate, kind):
    basic, usage, purposes = (certificate.extension(oid) for oid in (BASIC, USAGE, EKU))
    is_rsa = certificate.key.list()[0].list()[0].oid() == "1.2.840.113549.1.1.1"
    bits = {DIGITAL_SIGNATURE, KEY_ENCIPHERMENT} if kind == "server" and is_rsa else {DIGITAL_SIGNATURE}
    names = certificate.extension(SAN)
    return [("4.2.1.9", "basicConstraints is not the empty sequence", basic and basic.value.list() == []),
            ("4.2.1.3", "keyUsage is not %s" % bits, usage and usage.value.bits() == bits),
            ("4.2.1.12", "extendedKeyUsage is not that of a %s" % kind,
             purposes and {one.oid() for one in purposes.value.list()} == PURPOSES[kind]),
            ("4.2.1.6", "an empty subjectAltName", not names or names.value.list()),
            ("4.2.1.6", "a server without subjectAltName", kind != "server" or names),
            ("RFC 6960 4.2.2.2.1", "id-pkix-ocsp-nocheck is for OCSP signers",
             bool(certificate.extension(NO_CHECK)) == (kind == "ocsp"))]


def lint_names(certificate):
    """§4.2.1.6: host names as IA5String with labels, addresses of 4 or 16 octets, URIs with a scheme."""
    extension, found = certificate.extension(SAN), []
    for name in extension.value.list() if extension else []:
        text = name.body.decode("latin-1")
        holds = {0x82: re.fullmatch(r"(\*\.)?([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}"
                                    r"[A-Za-z0-9])?)*", text),
                 0x87: len(name.body) in (4, 16), 0x86: re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+", text),
                 0x81: re.fullmatch(r"[!-?A-~]+@[A-Za-z0-9.-]+", text)}.get(name.tag)
        found += broken([("4.2.1.6", "alternative name %r" % text, holds)])
    return found


def lint_certificate(certificate, issuer, kind, path_length=None):
    """kind: root, intermediate, server, client or ocsp. issuer: itself for a root."""
    ski, aki = certificate.extension(SKI), certificate.extension(AKI)
    above = issuer.extension(SKI)
    is_authority = kind in ("root", "intermediate")
    rules = [("4.1.2.1", "version %d" % certificate.version, certificate.version == 3),
             ("4.1.2.8", "unique identifiers", not certificate.unique_ids),
             ("4.1.2.4", "issuer is not the issuer's subject, byte by byte", certificate.issuer.whole == issuer.subject.whole),
             ("4.1.2.5", "ends before it begins", time_of(certificate.not_before) < time_of(certificate.not_after)),
             ("4.2.1.2", "no subjectKeyIdentifier", ski and len(ski.value.expect(der.OCTET_STRING).body) == 20),
             ("4.2.1.1", "authorityKeyIdentifier is not the issuer's key", kind == "root" and not aki or
              above and key_identifier(aki) == above.value.body)]
    rules += lint_authority_rules(certificate, path_length) if is_authority else lint_leaf_rules(certificate, kind)
    if issuer is not certificate:
        rules += [("6.1", "outlives its issuer", time_of(certificate.not_after) <= time_of(issuer.not_after))]
    allowed = {BASIC, USAGE, SKI, AKI, CRL_POINTS} | ({SAN, EKU, AIA, NO_CHECK} if not is_authority else set())
    found = broken(rules) + lint_serial(certificate.serial) + lint_extensions(certificate.extensions, allowed)
    for name in (certificate.subject, certificate.issuer):
        found += lint_name(name)
    for when in (certificate.not_before, certificate.not_after):
        found += lint_time(when)
    for oid in (CRL_POINTS, AIA):
        found += lint_uris(certificate.extension(oid))
    return found + lint_algorithm(certificate) + lint_names(certificate)


def lint_entry(entry):
    found = lint_time(entry[1])
    if len(entry) == 2:
        return found
    extensions = entry[2].list()
    found += broken([("5.1.2.6", "an empty list of entry extensions", extensions)])
    for extension in extensions:
        kind, content = extension.list()[0].oid(), extension.list()[-1]
        value = der.parse(content.body)
        found += broken([("5.3", "entry extension %s" % kind, kind in (REASON, INVALIDITY)),
                         ("5.3", "a critical entry extension", len(extension.list()) == 2),
                         ("5.3.1", "reason unspecified is written out, or none", kind != REASON or
                          value.tag == der.ENUMERATED and value.integer() in (1, 2, 3, 4, 5, 6, 9, 10)),
                         ("5.3.2", "an invalidityDate that is none", kind != INVALIDITY or
                          value.tag == der.GENERALIZED_TIME and re.fullmatch(rb"\d{14}Z", value.body))])
    return found


def lint_crl(crl, issuer):
    aki, above = crl.extension(AKI), issuer.extension(SKI)
    number = crl.extension(CRL_NUMBER)
    serials = [entry[0].integer() for entry in crl.entries]
    rules = [("5.1.2.1", "version %d" % crl.version, crl.version == 2),
             ("5.1.2.3", "issuer is not the issuer's subject", crl.issuer.whole == issuer.subject.whole),
             ("5.1.2.5", "no nextUpdate", crl.next_update),
             ("5.1.2.5", "nextUpdate before thisUpdate", crl.next_update and time_of(crl.this_update) < time_of(crl.next_update)),
             ("5.1.2.6", "an empty list of entries is written", not crl.has_list or crl.entries),
             ("5.2.1", "authorityKeyIdentifier is not the issuer's key", above and key_identifier(aki) == above.value.body),
             ("5.2.3", "no cRLNumber", number),
             ("5.2.3", "cRLNumber is negative or over 20 octets", number and number.value.integer() >= 0
              and len(number.value.body) <= 20),
             ("5.2.5", "an issuing distribution point, or a delta: this is a full CRL of all",
              not crl.extension(ISSUING_POINT) and not crl.extension(DELTA)),
             ("5.3", "a serial twice", len(serials) == len(set(serials))),
             ("5.1.2.6", "a serial that is not positive", all(serial > 0 for serial in serials))]
    found = broken(rules) + lint_extensions(crl.extensions, {AKI, CRL_NUMBER}) + lint_name(crl.issuer) + lint_algorithm(crl)
    for when in (crl.this_update, crl.next_update):
        found += lint_time(when) if when else []
    for entry in crl.entries:
        found += lint_entry(entry)
    return found
