"""postern pki finds files that are damaged, locked away, not its own or not to be written: one clear line, status 1, and
nothing changed."""

import os
import shutil
import unittest

from support import csr
from support.bad_input import BadInput

LONG = "a" * 65


class Directories(BadInput):
    def test_a_directory_that_may_not_be_written(self):
        key = csr.key(self.beside("key"))
        request = csr.save(self.beside("csr"), csr.make(key, [csr.attribute(csr.CN, b"bob")]))
        for folder, acts in (("", ("revoke", "crl")), ("intermediate", ("revoke", "client", "crl")),
                             ("client", ("client",))):
            os.chmod(self.path(folder), 0o500)
            self.addCleanup(os.chmod, self.path(folder), 0o700)
            for verb in acts:
                arguments = {"revoke": ("alice",), "client": ("--csr", request), "crl": ()}[verb]
                self.refuses("Permission denied", verb, *arguments, prefix=self.without_root())
            os.chmod(self.path(folder), 0o700)
        os.chmod(self.parent, 0o500)
        self.addCleanup(os.chmod, self.parent, 0o700)
        self.directory = self.beside("new")
        self.refuses("Permission denied", "init", prefix=self.without_root())

    def test_a_profile_that_exists(self):
        self.refuses("this profile exists", "init")
        self.refuses("this profile exists", "init", "--single", "--key", "rsa2048")
        self.directory = self.beside("other")
        os.mkdir(self.directory)
        self.beside("other/file", "mine")
        self.refuses("not empty", "init")
        os.unlink(self.beside("other/file"))
        self.must_pki("init")
        self.directory = self.beside("third")
        self.refuses("is there already", "init", "--root-key", self.beside("other/root/private/ca.key"))
        for profile in ("a/b", "", ".x", "a" * 49, "*"):
            self.refuses("name", "init", "--profile", profile)
        for option, value in (("--country", "Germany"), ("--country", "de"), ("--org", LONG), ("--crl-uri", "ldap:x"),
                              ("--client-name", "{x}"), ("--client-ou", "a,,b")):
            self.refuses("", "init", option, value)
        os.rename(self.beside("profile"), self.beside("gone"))
        self.directory = self.beside("profile")
        for verb, arguments in (("client", ("bob",)), ("revoke", ("alice",)), ("crl", ()), ("list", ())):
            self.refuses("no profile here", verb, *arguments)

    def test_passphrases(self):
        right, wrong = self.beside("right", "correct horse\n"), self.beside("wrong", "battery staple\n")
        self.directory = self.beside("locked")
        self.must_pki("init", "--single", "--root-passphrase-file", right)
        self.must_pki("client", "alice", "--ca-passphrase-file", right)
        for verb, arguments in (("client", ("bob",)), ("revoke", ("alice",)), ("crl", ()), ("renew", ("alice",)),
                                ("rotate", ("root", "--step", "prepare"))):
            if verb != "rotate":  # the next Root is signed by itself
                self.refuses("the passphrase is wrong", verb, *arguments, "--ca-passphrase-file", wrong)
                self.refuses("give its passphrase", verb, *arguments)
        for text, says in (("", "no passphrase"), ("\n", "no passphrase"), ("a\0b\n", "no passphrase"),
                           ("x" * 5000, "longer than")):
            self.refuses(says, "crl", "--ca-passphrase-file", self.beside("odd", text))
        self.refuses("No such file", "crl", "--ca-passphrase-file", self.beside("nothing"))
        self.must_pki("crl", "--ca-passphrase-file", right)


class Damage(BadInput):
    def test_a_damaged_index(self):
        path = self.path("intermediate", "index.txt")
        with open(path, "rb") as file:
            line = file.read()
        fields = line.rstrip(b"\n").split(b"\t")

        def changed(at, value):
            return b"\t".join(fields[:at] + [value] + fields[at + 1:]) + b"\n"
        for text, says in ((line + b"V\t2612", ":2: 2 fields"), (line[:-20].replace(b"\tunknown", b""), ":1: 5 fields"),
                           (line.replace(b"\t", b" "), ":1: 1 fields"), (changed(0, b"X"), ":1: state \"X\""),
                           (changed(0, b""), ":1: state"), (changed(0, b"R"), ":1: revoked at \"\""),
                           (changed(1, b"tomorrow"), "is no time"), (changed(1, b"261331000000Z"), "is no time"),
                           (changed(3, b"XY"), "is no serial"), (changed(3, b""), "is no serial"),
                           (changed(3, b"A" * 41), "is no serial"), (changed(5, b"/CN=a\0b"), "NUL"),
                           (changed(0, b"R").replace(b"Z\t\t", b"Z\t260101000000Z,boredom\t"), "boredom"),
                           (os.urandom(4096).replace(b"\n", b"x").replace(b"#", b"x"), ":1: "), (b"\x7fELF" + line, ":1: state")):
            with open(path, "wb") as file:
                file.write(text)
            self.refuses(says, "revoke", "alice")
        for verb, arguments in (("client", ("bob",)), ("renew", ("alice",)), ("crl", ()), ("list", ()), ("show", ("alice",))):
            self.refuses(says, verb, *arguments)
        for make in (os.unlink, lambda gone: os.mkdir(path), lambda folder: os.rmdir(path) or os.symlink(path, path)):
            make(path)
            self.refuses("index.txt", "client", "bob")

    def test_other_files_that_are_damaged(self):
        self.keep()
        newcert = next(iter(os.listdir(self.path("intermediate", "newcerts"))))
        for name, text, verbs in (("intermediate/crlnumber", "one\n", ("revoke", "crl")),
                                  ("intermediate/crlnumber", "", ("revoke", "crl")),
                                  ("intermediate/crlnumber", "-5\n", ("revoke", "crl")),
                                  ("intermediate/crlnumber", "F" * 42, ("revoke", "crl")),
                                  ("intermediate/ca.pem", "x", ("revoke", "crl", "client", "list")),
                                  ("root/ca.pem", "", ("revoke", "crl", "client", "list")),
                                  ("intermediate/private/ca.key", "x", ("revoke", "crl", "client")),
                                  ("intermediate/newcerts/" + newcert, "x", ("revoke", "renew")),
                                  ("profile.conf", "crl_dayz = 3\n", ("revoke", "crl", "client", "list")),
                                  ("profile.conf", "crl_days = 0\n", ("revoke", "crl", "client", "list")),
                                  ("profile.conf", "\0\n", ("revoke", "crl", "client", "list")),
                                  ("root/crl.pem", "x", ("revoke",))):
            path = self.path(*name.split("/"))
            os.chmod(path, 0o600)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            for verb in verbs:
                self.refuses(name, verb, *{"revoke": ("alice",), "client": ("bob",), "renew": ("alice",)}.get(verb, ()))
            self.restore()
        # Of another authority: everything is well-formed, and does not belong together.
        shutil.copy(self.path("root", "private", "ca.key"), self.beside("key"))
        os.chmod(self.path("intermediate", "private", "ca.key"), 0o600)
        shutil.copy(self.beside("key"), self.path("intermediate", "private", "ca.key"))
        self.refuses("does not belong to ca.pem", "revoke", "alice")
        self.restore()
        for name, verb, arguments in (("audit.log", "client", ("bob",)), ("audit.log", "revoke", ("alice",)),
                                      ("client/bob", "client", ("bob",))):
            path = self.path(*name.split("/"))
            if os.path.exists(path):
                os.unlink(path)
            os.symlink("/nonexistent/target", path)
            self.refuses(name, verb, *arguments)
            self.restore()

    def test_a_damaged_crl_is_mended(self):
        for text in ("x", "", "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"):
            with open(self.path("intermediate", "crl.pem"), "w", encoding="utf-8") as file:
                file.write(text)
            self.must_pki("crl")
            self.must_verify(self.path("client", "alice", "cert.pem"))


if __name__ == "__main__":
    unittest.main()
