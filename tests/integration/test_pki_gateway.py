"""A gateway on what postern pki makes: its clients are admitted, by PKCS#12 too, and refused once revoked."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import unittest
from types import SimpleNamespace

from support.backend import Backend
from support.case import main
from support.clients import curl
from support.gateway import Gateway, binary


class Profile:
    """A profile of postern pki in the shape that support.gateway wants."""

    def __init__(self, directory, *options):
        self.directory = directory
        self.run("init", "--profile", "demo", *options)
        server = self.run("server", "localhost", "--san", "IP:127.0.0.1")
        self.server = SimpleNamespace(chain=server["chain"], key=server["key"])
        self.trust, self.crl = (os.path.join(directory, name) for name in ("client-ca-bundle.pem", "crl-bundle.pem"))
        self.root = SimpleNamespace(cert=os.path.join(directory, "root", "ca.pem"))

    def run(self, *arguments):
        done = subprocess.run([binary(), "pki", arguments[0], "--dir", self.directory, *arguments[1:]],
                              capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return dict(re.findall(r"^([a-z0-9]+): +(.*)$", done.stdout, re.M))


class PkiGateway(unittest.TestCase):
    def setUp(self):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.directory = tempfile.mkdtemp(prefix="postern-test-")
        stack.callback(shutil.rmtree, self.directory)
        self.stack = stack

    def gateway(self, *options):
        self.profile = Profile(os.path.join(self.directory, "pki"), *options)
        backend = self.stack.enter_context(Backend(None))
        return self.stack.enter_context(Gateway(os.path.join(self.directory, "gateway"), self.profile,
                                                backend.address))

    def reload(self, gateway):
        mark = gateway.mark()
        gateway.signal(signal.SIGHUP)
        gateway.wait_for_line(r"generation \d+ in force", after=mark)

    def get(self, gateway, client):
        return curl(gateway, "/", "--cert-type", "P12", "--cert",
                    "%s:%s" % (client["pkcs12"], client.get("passphrase", "")))

    def check(self, *options):
        gateway = self.gateway(*options)
        alice = self.profile.run("client", "alice", "--ou", "sales")
        bob = self.profile.run("client", "bob", "--legacy-p12")
        robot = self.profile.run("client", "robot", "--no-passphrase", "--key", "rsa2048")
        for client in (alice, bob, robot):
            answer = self.get(gateway, client)
            self.assertEqual(answer.status, 200, answer)
        self.assertIsNone(curl(gateway, "/").status)

        self.profile.run("revoke", "alice", "--reason", "keyCompromise")
        self.reload(gateway)
        self.assertIsNone(self.get(gateway, alice).status)
        self.assertEqual(self.get(gateway, bob).status, 200)
        refused = [line for line in gateway.access(6) if line["cn"] == "alice" and line["verdict"] == "refused"]
        self.assertEqual([line["reason"] for line in refused], ["revoked"])
        self.assertEqual(refused[0]["serial"], alice["serial"])

        # A new certificate for the name works, and the one before does not come back.
        before = dict(bob, pkcs12=shutil.copy(bob["pkcs12"], os.path.join(self.directory, "before.p12")))
        self.assertEqual(self.get(gateway, before).status, 200)
        again = self.profile.run("client", "bob")
        self.reload(gateway)
        self.assertEqual(self.get(gateway, again).status, 200)
        self.assertIsNone(self.get(gateway, before).status)

    def test_root_and_intermediate(self):
        self.check("--org", "Acme")

    def test_single_authority(self):
        self.check("--single")


if __name__ == "__main__":
    main()
