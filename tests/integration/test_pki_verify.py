"""postern pki verify: all good before a gateway that works; each check seen failing before one that does not."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import unittest
from types import SimpleNamespace

from support.backend import Backend
from support.gateway import Gateway, binary, patience


class PkiVerify(unittest.TestCase):
    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.directory = tempfile.mkdtemp(prefix="postern-test-")
        self.stack.callback(shutil.rmtree, self.directory)
        self.profile = os.path.join(self.directory, "pki")
        self.pki("init")

    def pki(self, verb, *arguments):
        done = subprocess.run([binary(), "pki", verb, "--dir", self.profile, *arguments], capture_output=True,
                              text=True, timeout=patience(120))
        if verb != "verify":
            self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def gateway(self, chain="fullchain.pem", days="90", names="IP:127.0.0.1", crl=True):
        self.pki("server", "localhost", "--san", names, "--days", days)
        server = os.path.join(self.profile, "server", "localhost")
        files = SimpleNamespace(server=SimpleNamespace(chain=os.path.join(server, chain),
                                                       key=os.path.join(server, "key.pem")),
                                trust=os.path.join(self.profile, "client-ca-bundle.pem"),
                                crl=os.path.join(self.profile, "crl-bundle.pem"),
                                root=SimpleNamespace(cert=os.path.join(self.profile, "root", "ca.pem")))
        backend = self.stack.enter_context(Backend(None))
        made = Gateway(os.path.join(self.directory, "gateway"), files, backend.address,
                       **({} if crl else {"client_auth": {"crl": None}}))
        return self.stack.enter_context(made)

    def verify(self, gateway, *options, host="127.0.0.1"):
        """Exit status, and outcome by name. The gateway is told to look again all the while."""
        over = threading.Event()

        def nudge():
            while not over.wait(0.5):
                gateway.signal(signal.SIGHUP)

        thread = threading.Thread(target=nudge)
        thread.start()
        try:
            done = self.pki("verify", "--gateway", "https://%s:%d" % (host, gateway.port), *options)
        finally:
            over.set()
            thread.join()
        self.assertEqual(done.stderr, "")
        self.said = done.stdout
        return done.returncode, {name.strip(): word for word, name in
                                 re.findall(r"^(ok|FAIL|\?) +(.{24}) ", done.stdout, re.M)}

    def test_a_gateway_that_works_passes_and_nothing_is_left(self):
        status, found = self.verify(self.gateway())
        self.assertEqual((status, set(found.values())), (0, {"ok"}), found)
        for name in ("no certificate refused", "valid accepted", "revoked refused", "open connection cut",
                     "resumed session refused", "server chain", "root crl", "intermediate key"):
            self.assertIn(name, found)
        self.assertEqual(os.listdir(os.path.join(self.profile, "client")), [])

    def test_a_gateway_that_does_not_look_at_crls_fails(self):
        status, found = self.verify(self.gateway(crl=False))
        self.assertEqual((status, found["valid accepted"]), (1, "ok"))
        self.assertEqual((found["revoked refused"], found["open connection cut"]), ("FAIL", "FAIL"))
        self.assertIn("-> does the gateway read this profile's crl-bundle.pem?", self.said)
        self.assertNotIn("set on_revoke", self.said)

    def test_files_and_server_certificate_that_are_not_as_they_should_be_fail(self):
        os.chmod(os.path.join(self.profile, "intermediate", "private", "ca.key"), 0o444)
        os.remove(os.path.join(self.profile, "root", "crl.pem"))
        gateway = self.gateway(chain="cert.pem", days="5", names="DNS:other.example")
        status, found = self.verify(gateway, "--read-only")
        self.assertEqual(status, 1)
        for name in ("intermediate key", "root crl", "server chain", "server certificate", "server expiry"):
            self.assertEqual(found[name], "FAIL", found)
        self.assertNotIn("valid accepted", found)

    def test_a_server_that_demands_nothing_and_resumes_anything_fails(self):
        self.pki("server", "localhost", "--san", "IP:127.0.0.1")
        server = os.path.join(self.profile, "server", "localhost")
        process = subprocess.Popen(["openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-cert",
                                    os.path.join(server, "fullchain.pem"), "-key", os.path.join(server, "key.pem"),
                                    "-cert_chain", os.path.join(server, "fullchain.pem")],
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.stack.callback(process.stdout.close)
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        port = next(re.search(r":(\d+)$", line).group(1) for line in process.stdout if line.startswith("ACCEPT"))
        done = self.pki("verify", "--gateway", "https://127.0.0.1:" + port)
        self.assertEqual(done.returncode, 1, done.stdout)
        for name in ("no certificate refused", "revoked refused", "resumed session refused"):
            self.assertRegex(done.stdout, r"(?m)^FAIL +" + name)

    def test_nobody_there_cannot_tell(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        done = self.pki("verify", "--gateway", "https://127.0.0.1:%d" % port)
        self.assertEqual(done.returncode, 3, done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
