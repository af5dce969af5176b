"""What must hold of a directory of `openssl ca` at each moment, also after a crash. Read by Python, not by Postern."""

import glob
import os
import re

from .x509 import Certificate, Crl

# Not in newcerts/: a certificate that was never entered, under a serial that nobody has. It is nobody's harm, and
# to look for it among a million others with each act would be.
TEMPORARY = re.compile(r"(?<!/newcerts)/[^/]*\.new(-[A-Za-z0-9]{6})?$")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def number(path):
    return int(re.fullmatch(r"([0-9A-F]+)\n", read(path)).group(1), 16)


class Line:
    def __init__(self, text):
        self.state, self.expires, self.revoked, serial, self.file, self.subject = text.split("\t")
        self.serial = int(serial, 16)
        assert self.state in ("V", "R", "E") and (self.state == "R") == bool(self.revoked), text


class CaDirectory:
    """One authority as it is now: index by serial, CRL, counters. Raises if a file is torn."""

    def __init__(self, path):
        self.path = path
        text = read(os.path.join(path, "index.txt"))
        assert text == "" or text.endswith("\n"), "index.txt is cut off"
        self.lines = [Line(line) for line in text.splitlines()]
        self.index = {line.serial: line for line in self.lines}
        assert len(self.index) == len(self.lines), "a serial twice in index.txt"
        self.crl = Crl.of(os.path.join(path, "crl.pem"))
        self.crl_number, self.serial = (number(os.path.join(path, name)) for name in ("crlnumber", "serial"))
        assert self.crl_number > self.crl.number, "the next CRL would have the number of this one"
        for line in self.lines:
            certificate = Certificate.of(os.path.join(path, "newcerts", "%032X.pem" % line.serial))
            assert certificate.serial.integer() == line.serial

    @property
    def revoked(self):
        return {line.serial for line in self.lines if line.state == "R"}

    def follows(self, before):
        """Nothing of before is lost, and the CRL is the one of then, or says all that the index says."""
        for serial, line in before.index.items():
            now = self.index[serial]
            assert (now.expires, now.subject) == (line.expires, line.subject)
            assert now.state == line.state or line.state == "V" or "Hold" in line.revoked, "comes back to life"
        assert self.crl.number >= before.crl.number
        assert self.crl.data == before.crl.data or self.crl.serials == self.revoked, "a CRL of neither time"


class Profile:
    """Every authority that there is, by the serial of its certificate: a rotation changes folders."""

    def __init__(self, path):
        self.path = path
        folders = [os.path.join(path, *names) for names in (("root",), ("intermediate",), ("other", "root"),
                                                           ("other", "intermediate"))]
        self.authorities = {Certificate.of(os.path.join(one, "ca.pem")).serial.integer(): CaDirectory(one)
                            for one in folders if os.path.exists(os.path.join(one, "ca.pem"))}
        self.bundle = Crl.all_of(os.path.join(path, "crl-bundle.pem"))

    @property
    def crls(self):
        return {authority.crl.data for authority in self.authorities.values()}

    def follows(self, before):
        for serial in self.authorities.keys() & before.authorities.keys():
            self.authorities[serial].follows(before.authorities[serial])
        assert {crl.data for crl in self.bundle} <= self.crls | before.crls, "a bundle of neither time"

    def is_whole(self):
        """Nothing waits to be done, nothing is left over."""
        assert not os.path.exists(os.path.join(self.path, ".unfinished"))
        assert {crl.data for crl in self.bundle} == self.crls
        for authority in self.authorities.values():
            assert authority.crl.serials == authority.revoked
        left = [path for path in glob.glob(os.path.join(self.path, "**"), recursive=True, include_hidden=True)
                if TEMPORARY.search(path)]
        assert not left, left
