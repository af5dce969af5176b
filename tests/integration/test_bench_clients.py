#!/usr/bin/env python3
"""As whom postern-bench connects: many clients in turn, PKCS#12, and how long connections live."""

import json
import os
import shutil
import ssl
import subprocess
import tempfile
import unittest

from support.bench import BenchCase, Server
from support.gateway import patience
from support.pki import openssl, read


class Clients(BenchCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(dir=self.directory)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def named(self):
        """A server that notes the common name of each client."""
        def script(server, tls, number):
            subject = dict(pair for part in tls.getpeercert()["subject"] for pair in part)
            with server.lock:
                server.names.append(subject["commonName"])
            server.serve(tls, number)
        server = Server(self.pki, script)
        server.names = []
        return server

    def load(self, server, *options, statuses=(0, 3), anonymous=True):
        """Twelve handshakes, without --cert and --key if anonymous."""
        command = self.command("handshake", server.port, "--requests", 12, "--connections", 1, *options)
        for name in ("--cert", "--key") if anonymous else ():
            at = command.index(name)
            del command[at:at + 2]
        done = subprocess.run(command, capture_output=True, text=True, timeout=patience(30), check=False)
        self.assertIn(done.returncode, statuses, done.stdout + done.stderr)
        return json.loads(done.stdout) if done.returncode in (0, 3) else done.stderr

    def passphrase(self, text):
        with open(self.path("passphrase"), "w", encoding="utf-8") as file:
            file.write(text + "\n")
        return self.path("passphrase")

    def make_p12(self, client, path, legacy=False):
        """Its passphrase is "secret"."""
        old = ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"] if legacy else []
        openssl("pkcs12", "-export", "-in", client.chain, "-inkey", client.key, "-out", path, "-passout",
                "pass:secret", *old)
        return path

    def test_a_folder_holds_clients_in_three_forms_and_they_take_turns(self):
        one, two, three = (self.pki.client(name, name=name) for name in ("one", "two", "three"))
        os.makedirs(self.path("clients", "two"))
        shutil.copy(one.chain, self.path("clients", "one.pem"))
        shutil.copy(one.key, self.path("clients", "one.key"))
        shutil.copy(two.chain, self.path("clients", "two", "fullchain.pem"))
        shutil.copy(two.key, self.path("clients", "two", "key.pem"))
        self.make_p12(three, self.path("clients", "three.p12"))
        shutil.copy(self.pki.root.cert, self.path("clients", "ca.pem"))
        with self.named() as server:
            result = self.load(server, "--certs", self.path("clients"), "--passphrase-file", self.passphrase("secret"))
            self.assertEqual((result["operations"], result["failures"]), (12, 0))
            self.assertEqual(sorted(server.names), ["one"] * 4 + ["three"] * 4 + ["two"] * 4)

    def test_a_pkcs12_brings_certificate_intermediates_and_key(self):
        for legacy in (False, True):
            path = self.make_p12(self.client, self.path("alice.p12"), legacy)
            with self.subTest(legacy=legacy), self.named() as server:
                self.load(server, "--p12", path, "--passphrase-file", self.passphrase("secret"))
                self.assertEqual(server.names, ["alice"] * 12)

    def test_a_file_of_certificates_shares_one_key(self):
        with open(self.path("many.pem"), "w", encoding="utf-8") as file:
            for name in ("first", "second"):
                self.pki.intermediate.sign(self.client.key, self.path(name), "/CN=" + name,
                                           "extendedKeyUsage = clientAuth\n")
                file.write(read(self.path(name)))
        with self.named() as server:
            self.load(server, "--certs", self.path("many.pem"), anonymous=False)
            self.assertEqual(sorted(server.names), ["first"] * 6 + ["second"] * 6)

    def test_what_cannot_be_loaded_is_named(self):
        other = self.pki.client("other", name="other")
        p12 = self.make_p12(other, self.path("other.p12"))
        with open(self.path("torn.p12"), "wb") as file:
            file.write(b"0\x82")
        os.mkdir(self.path("empty"))
        os.mkdir(self.path("mixed"))
        shutil.copy(other.cert, self.path("mixed", "x.pem"))
        shutil.copy(self.client.key, self.path("mixed", "x.key"))
        with self.named() as server:
            for options, complaint in (
                    (("--p12", p12), "passphrase is another"),
                    (("--p12", p12, "--passphrase-file", self.passphrase("wrong")), "passphrase is another"),
                    (("--p12", self.path("torn.p12")), "torn.p12"),
                    (("--certs", self.path("empty")), "has no client certificate"),
                    (("--certs", self.path("mixed")), "is not for its key"),
                    (("--certs", "/nonexistent"), "/nonexistent")):
                with self.subTest(options):
                    self.assertIn(complaint, self.load(server, *options, statuses=(1,)))
            self.assertEqual(server.accepted, 0)


class Lives(BenchCase):
    def test_mixed_connections_live_for_some_requests_and_every_other_resumes(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version), Server(self.pki, tls=version) as server:
                result = self.bench("mixed", server, "--requests", 20, "--connections", 1, "--per-connection", 5)
                self.assertEqual((result["operations"], server.requests, result["failures"]), (20, 20, 0))
                self.assertEqual((result["handshakes"], result["resumed"], server.resumed), (4, 2, 2))

    def test_requests_on_a_connection_can_be_few(self):
        with Server(self.pki) as server:
            result = self.bench("request", server, "--requests", 30, "--connections", 1, "--per-connection", 3)
        self.assertEqual((result["operations"], result["handshakes"], result["resumed"]), (30, 10, 0))


if __name__ == "__main__":
    unittest.main(verbosity=2)
