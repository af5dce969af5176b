"""postern pki in a directory of its own, and openssl as the judge of what it made. For test_pki_*.py."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

BINARY = os.path.join(os.environ["POSTERN_BUILD"], "postern")


def run(*command, **options):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120, **options)


def must(*command, **options):
    done = run(*command, **options)
    if done.returncode != 0:
        raise AssertionError("%s: %s%s" % (" ".join(map(str, command)), done.stdout, done.stderr))
    return done.stdout


class PkiCase(unittest.TestCase):
    def setUp(self):
        # In memory where there is one: fsync costs nothing there.
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.parent = tempfile.mkdtemp(prefix="postern-test-", dir=memory)
        self.addCleanup(shutil.rmtree, self.parent, ignore_errors=True)
        self.directory = os.path.join(self.parent, "profile")

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def read(self, *names):
        with open(self.path(*names), encoding="utf-8") as file:
            return file.read()

    def beside(self, name, text=None):
        """A path beside the profile; with this text in it, if any."""
        path = os.path.join(self.parent, name)
        if text is not None:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        return path

    def pki(self, verb, *arguments, **options):
        return run(BINARY, "pki", verb, "--dir", self.directory, *arguments, **options)

    def must_pki(self, verb, *arguments):
        """The command's "key: value" lines."""
        done = self.pki(verb, *arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return dict(re.findall(r"^([a-z0-9' ]+): +(.*)$", done.stdout, re.M))

    def must_fail(self, status, verb, *arguments):
        """A failure is one clear line, and nothing on standard output."""
        done = self.pki(verb, *arguments)
        self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (status, "", 1), done)
        self.assertTrue(done.stderr.startswith("postern pki %s: " % verb), done.stderr)
        return done.stderr

    def entries(self):
        return json.loads(self.pki("list", "--json").stdout)

    def states(self, name):
        return [entry["status"] for entry in self.entries() if entry["name"] == name]

    def openssl_verify(self, certificate, purpose="sslclient", trust=None, chain=None):
        """What openssl says: "" if it admits the certificate, else its error."""
        extra = ("-untrusted", chain) if chain else ()
        done = run("openssl", "verify", "-crl_check_all", "-x509_strict", "-purpose", purpose, "-CAfile",
                   trust or self.path("client-ca-bundle.pem"), "-CRLfile", self.path("crl-bundle.pem"), *extra, certificate)
        return "" if done.returncode == 0 else done.stderr

    def must_verify(self, *certificates, purpose="sslclient"):
        for certificate in certificates:
            self.assertEqual(self.openssl_verify(certificate, purpose), "", certificate)
