"""Certificates and CRLs as RFC 5280 lays them out, read by Python alone: fields in order, extensions by their OID."""

from . import der


class Extension:
    def __init__(self, value):
        parts = value.list()
        self.oid = parts[0].oid()
        # DEFAULT FALSE: that it is not critical is never written (X.690 §11.5).
        self.critical = len(parts) == 3 and parts[1].boolean()
        self.spelled_out = len(parts) == 3 and not self.critical
        self.value = der.parse(parts[-1].expect(der.OCTET_STRING).body)


def extensions_of(value):
    return [Extension(one) for one in value.list()]


def name_of(value):
    """(attribute's OID, tag of its string, its bytes), one for each attribute."""
    found = []
    for group in value.list():
        for attribute in group.list(der.SET):
            kind, text = attribute.list()
            found.append((kind.oid(), text.tag, text.body))
    return found


class Signed:
    """What certificates and CRLs share: a signed body, an algorithm inside and outside, and extensions."""

    label = None

    def __init__(self, data):
        body, outer, signature = der.parse(data).list()
        self.data, self.body, self.signature = data, body, signature
        self.outer = outer
        self.extensions = []

    @classmethod
    def all_of(cls, path):
        with open(path, encoding="utf-8") as file:
            return [cls(data) for data in der.from_pem(file.read(), cls.label)]

    @classmethod
    def of(cls, path):
        first, = cls.all_of(path)
        return first

    def extension(self, oid):
        return next((one for one in self.extensions if one.oid == oid), None)


class Certificate(Signed):
    label = "CERTIFICATE"

    def __init__(self, data):
        super().__init__(data)
        fields = self.body.list()
        self.version = fields.pop(0).list(0xa0)[0].integer() + 1 if fields[0].tag == 0xa0 else 1
        self.serial, self.inner, self.issuer, validity, self.subject, self.key = fields[:6]
        self.not_before, self.not_after = validity.list()
        self.unique_ids = [field for field in fields[6:] if field.tag in (0x81, 0x82)]
        for field in fields[6:]:
            if field.tag == 0xa3:
                self.extensions = extensions_of(field.list(0xa3)[0])


class Crl(Signed):
    label = "X509 CRL"

    def __init__(self, data):
        super().__init__(data)
        fields = self.body.list()
        self.version = fields.pop(0).integer() + 1 if fields[0].tag == der.INTEGER else 1
        self.inner, self.issuer, self.this_update = fields[:3]
        fields = fields[3:]
        self.next_update = fields.pop(0) if fields and fields[0].tag in (der.UTC_TIME, der.GENERALIZED_TIME) else None
        self.has_list = bool(fields) and fields[0].tag == der.SEQUENCE
        self.entries = [entry.list() for entry in fields.pop(0).list()] if self.has_list else []
        if fields:
            self.extensions = extensions_of(fields[0].list(0xa0)[0])

    @property
    def serials(self):
        return {entry[0].integer() for entry in self.entries}

    @property
    def number(self):
        found = self.extension("2.5.29.20")
        return found and found.value.integer()
