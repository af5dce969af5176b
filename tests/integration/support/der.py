"""DER (X.690 §8-11) read strictly: a length that is longer than it must be, or bytes behind the end, are errors."""

import base64
import re

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID, ENUMERATED = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a
UTF8, PRINTABLE, IA5, UTC_TIME, GENERALIZED_TIME = 0x0c, 0x13, 0x16, 0x17, 0x18
SEQUENCE, SET = 0x30, 0x31


class DerError(Exception):
    pass


class Value:
    """One value: its identifier octet (tags over 30 have none here), its content, and its whole encoding."""

    def __init__(self, tag, body, whole):
        self.tag, self.body, self.whole = tag, body, whole

    def __iter__(self):
        if not self.tag & 0x20:
            raise DerError("tag %#x holds no values" % self.tag)
        rest = self.body
        while rest:
            value, rest = take(rest)
            yield value

    def expect(self, *tags):
        if self.tag not in tags:
            raise DerError("tag %#x, not %s" % (self.tag, "/".join("%#x" % tag for tag in tags)))
        return self

    def list(self, tag=SEQUENCE):
        return list(self.expect(tag))

    def integer(self):
        body = self.expect(INTEGER, ENUMERATED).body
        if not body or len(body) > 1 and (body[0] == 0 and body[1] < 0x80 or body[0] == 0xff and body[1] >= 0x80):
            raise DerError("an integer of %d bytes that is not the shortest" % len(body))
        return int.from_bytes(body, "big", signed=True)

    def boolean(self):
        if self.expect(BOOLEAN).body not in (b"\x00", b"\xff"):
            raise DerError("a boolean of %s" % self.body.hex())
        return self.body == b"\xff"

    def oid(self):
        arcs, value = [], 0
        for at, byte in enumerate(self.expect(OID).body):
            if value == 0 and byte == 0x80:
                raise DerError("an object identifier with a zero in front")
            value = value << 7 | byte & 0x7f
            if byte < 0x80:
                arcs.append(value)
                value = 0
            elif at == len(self.body) - 1:
                raise DerError("an object identifier that is cut off")
        first = min(arcs[0] // 40, 2)
        return ".".join(map(str, [first, arcs[0] - 40 * first] + arcs[1:]))

    def bits(self):
        """The numbers of the bits that are set, of a list of named bits (X.690 §11.2.2: no zero at the end)."""
        unused, body = self.expect(BIT_STRING).body[0], self.body[1:]
        if unused > 7 or (body and not body[-1] >> unused & 1) or (not body and unused):
            raise DerError("a list of named bits with zeros behind")
        return {8 * at + bit for at, byte in enumerate(body) for bit in range(8) if byte >> (7 - bit) & 1}


def take(data):
    """The first value and what is behind it."""
    if len(data) < 2 or data[0] & 0x1f == 0x1f:
        raise DerError("cut off, or a tag over 30")
    length, at = data[1], 2
    if length >= 0x80:
        count = length & 0x7f
        length, at = int.from_bytes(data[2:2 + count], "big"), 2 + count
        if count == 0 or len(data) < at or length < 0x80 or data[2] == 0:
            raise DerError("a length that is not the shortest")
    if len(data) < at + length:
        raise DerError("cut off: %d bytes of %d" % (len(data) - at, length))
    return Value(data[0], data[at:at + length], data[:at + length]), data[at + length:]


def parse(data):
    value, rest = take(data)
    if rest:
        raise DerError("%d bytes behind the end" % len(rest))
    return value


def from_pem(text, label):
    """The DER of each PEM block with this label (RFC 7468)."""
    pattern = "-----BEGIN %s-----\n((?:[A-Za-z0-9+/=]+\n)+)-----END %s-----" % (label, label)
    found = [base64.b64decode(body, validate=False) for body in re.findall(pattern, text)]
    if len(found) != text.count("BEGIN " + label):
        raise DerError("a PEM block that is cut off")
    return found
