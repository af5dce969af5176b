"""For tests of what the gateway notices by itself: files in a directory of their own, and the real writers."""

import os
import shutil
import subprocess
import time

from .case import GatewayCase
from .gateway import patience
from .pki import read, write


class WatchingCase(GatewayCase):
    """Nobody here says reload: a change of a file is all that happens."""

    def files(self):
        """A directory with trust.pem, crl.pem, server.pem and server.key, nobody else's."""
        directory = self.subdirectory("files")
        for source, name in ((self.pki.trust, "trust.pem"), (self.pki.crl, "crl.pem"),
                             (self.pki.server.chain, "server.pem"), (self.pki.server.key, "server.key")):
            shutil.copy(source, os.path.join(directory, name))
        return directory

    def watching(self, directory, crl="crl.pem", watch="inotify", workers=2, wrapper=(), **sections):
        """A gateway that serves from these files and watches them."""
        here = lambda name: os.path.join(directory, name)
        merged = {"client_auth": {"trust": here("trust.pem"), "crl": here(crl)},
                  "tls": {"certificate": here("server.pem"), "private_key": here("server.key")},
                  "reload": {"watch": watch}, "listener": {"workers": workers}}
        for name, keys in sections.items():
            merged[name] = {**merged.get(name, {}), **keys}
        return self.gateway(self.backend(), wrapper, **merged)

    def revoked(self):
        """A client that gateways admit so far, and the text of the CRLs that revoke it."""
        client = self.pki.client("bob")
        self.pki.revoke(client)
        return client, read(self.pki.crl)

    def path(self, directory, name="crl.pem"):
        return os.path.join(directory, name)

    def replace(self, path, text):
        """By rename, and so that nothing is visible before."""
        write(path + ".tmp", text)
        os.chmod(path + ".tmp", 0o600)
        os.rename(path + ".tmp", path)

    def shell(self, directory, script):
        done = subprocess.run(["sh", "-ec", script], cwd=directory, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def is_admitted(self, gateway, client=None):
        return self.curl(gateway, "/", client=client or self.client).exit_status == 0

    def until_refused(self, gateway, client, timeout_s=20):
        """By every worker: several times in a row."""
        deadline, refusals = time.monotonic() + patience(timeout_s), 0
        while refusals < 4:
            refusals = 0 if self.is_admitted(gateway, client) else refusals + 1
            if time.monotonic() > deadline:
                raise AssertionError("still admitted")
        self.assertTrue(self.is_admitted(gateway), "others are refused as well")

    def try_writer(self, before, path, script):
        """A CRL is there, a client is revoked, and what a writer does with the file `new` brings it into force."""
        directory = self.files()
        self.shell(directory, before)
        victim = self.pki.client("bob")
        gateway = self.watching(directory, path)
        self.assertTrue(self.is_admitted(gateway, victim))
        self.pki.revoke(victim)
        self.shell(directory, "cp %s new; %s" % (self.pki.crl, script))
        self.until_refused(gateway, victim)

    def count_lines(self, gateway, text, after=0):
        with gateway.changed:
            return sum(1 for line in gateway.lines[after:] if line and text in line)


def add_writers(case, table):
    """A test of its own for each row: name: (what is there before, path of the CRL, what happens to `new`)."""
    def add(name, row):
        setattr(case, "test_" + name.replace(" ", "_"), lambda self: self.try_writer(*row))
    for name, row in table.items():
        add(name, row)
