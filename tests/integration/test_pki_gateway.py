"""A gateway on what postern pki makes: its clients are admitted, by PKCS#12 too, and refused once revoked."""

import contextlib
import http.client
import os
import re
import shutil
import signal
import ssl
import subprocess
import tempfile
import unittest
from types import SimpleNamespace

from support.backend import Backend
from support.case import main
from support.clients import curl
from support.gateway import Gateway, binary


def openssl_x509(path, what):
    return subprocess.run(["openssl", "x509", "-in", path, "-noout", what], capture_output=True, text=True, check=True,
                          timeout=60).stdout.strip()


class Profile:
    """A profile of postern pki in the shape that support.gateway wants."""

    def __init__(self, directory, *options):
        self.directory = directory
        self.run("init", "--profile", "demo", *options)
        server = self.run("server", "localhost", "--san", "IP:127.0.0.1")
        self.server = SimpleNamespace(chain=server["chain"], key=server["key"])
        self.trust, self.crl = (os.path.join(directory, name) for name in ("client-ca-bundle.pem", "crl-bundle.pem"))
        self.root = SimpleNamespace(cert=self.trust)

    def try_run(self, *arguments):
        return subprocess.run([binary(), "pki", arguments[0], "--dir", self.directory, *arguments[1:]],
                              capture_output=True, text=True, timeout=60)

    def issuer(self):
        return openssl_x509(os.path.join(self.directory, "intermediate", "ca.pem"), "-subject").split("=", 1)[1]

    def issuer_of(self, name):
        return openssl_x509(os.path.join(self.directory, "client", name, "cert.pem"), "-issuer").split("=", 1)[1]

    def run(self, *arguments):
        done = self.try_run(*arguments)
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

    def connect(self, gateway, client):
        """A connection with this certificate that has had an answer, and stays open."""
        context = ssl.create_default_context(cafile=self.profile.root.cert)
        context.load_cert_chain(client["chain"], client["key"])
        connection = http.client.HTTPSConnection("localhost", gateway.port, context=context, timeout=20)
        connection.request("GET", "/")
        self.assertEqual(connection.getresponse().read()[:0], b"")
        return contextlib.closing(connection)

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

    def test_waiting_tells_that_the_gateway_refuses_and_what_was_cut(self):
        gateway = self.gateway()
        alice, bob = (self.profile.run("client", name, "--no-passphrase") for name in ("alice", "bob"))
        with contextlib.ExitStack() as open_connections:
            for client in (alice, alice, bob):
                open_connections.enter_context(self.connect(gateway, client))
            done = self.profile.run("revoke", "alice", "--wait", "--config", gateway.path)
            self.assertRegex(done["gateway"], r"^refused \(revoked\) by generation \d+ of the gateway")
            self.assertEqual(done["cut"], "2 connections")
        self.assertIsNone(self.get(gateway, alice).status)
        self.assertEqual(self.get(gateway, bob).status, 200)

    def test_a_gateway_that_reads_another_crl_is_found_out(self):
        gateway = self.gateway()
        shutil.copytree(self.profile.directory, self.profile.directory + ".copy")
        self.profile.run("client", "alice")
        done = self.profile.try_run("revoke", "alice", "--wait", "--config", gateway.path)
        self.assertEqual(done.returncode, 0, done.stderr)
        # The gateway goes on with the profile's own files; the copy revokes where nobody looks.
        self.profile.run("client", "bob")
        shutil.rmtree(self.profile.directory + ".copy")
        shutil.copytree(self.profile.directory, self.profile.directory + ".copy")
        done = subprocess.run([binary(), "pki", "revoke", "--dir", self.profile.directory + ".copy", "bob", "--wait",
                               "--config", gateway.path], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("still admits it", done.stderr)
        self.assertIn("revoked:", done.stdout)

    def test_nobody_answering_does_not_keep_it_from_being_revoked(self):
        self.gateway()
        self.profile.run("client", "alice")
        done = self.profile.try_run("revoke", "alice", "--wait", "--control", os.path.join(self.directory, "nobody"))
        self.assertEqual((done.returncode, done.stderr.count("\n")), (1, 1), done.stderr)
        self.assertIn("revoked, but not known to be refused", done.stderr)
        self.assertIn("revoked already", self.profile.try_run("revoke", "alice").stderr)

    def test_a_rotation_leaves_nobody_out_at_any_step(self):
        gateway = self.gateway()
        known = []

        def everybody(name):
            known.append(self.profile.run("client", name, "--no-passphrase"))
            self.reload(gateway)
            for client in known:
                self.assertEqual(self.get(gateway, client).status, 200, client)

        everybody("before")
        for what in ("intermediate", "root"):
            self.profile.run("rotate", what, "--step", "prepare")
            everybody(what + "-prepared")
            self.profile.run("rotate", what, "--step", "use")
            everybody(what + "-used")
            for name in [os.path.basename(os.path.dirname(client["pkcs12"])) for client in known]:
                issuer = self.profile.issuer_of(name)
                if issuer != self.profile.issuer():
                    self.profile.run("renew", name, "--no-passphrase")
            self.profile.run("renew", "localhost", "--server")
            self.profile.run("rotate", what, "--step", "retire")
            everybody(what + "-retired")


if __name__ == "__main__":
    main()
