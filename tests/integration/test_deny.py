"""Emergency deny: a client refused without a CA, at once, in all places where a client is judged."""
import json
import os
import subprocess
import time

from support import main, s_client
from support.denying import DenyCase
from support.gateway import binary, wait_until
from support.holding import Bystander, Download, HoldingBackend, Idle, Tunnel
from support.pki import read


class Deny(DenyCase):
    def test_in_all_the_ways_to_name_somebody(self):
        gateway = self.gateway(self.backend(), listener={"workers": 2})
        victim, other = self.pki.client("mallory"), self.pki.client("trent")
        ways = (["--serial", victim.serial], ["--serial", victim.serial, "--issuer", "CN=Test Intermediate,O=Test"],
                ["--fingerprint", victim.fingerprint], ["--cn", "Mallory"])
        for number, way in enumerate(ways):
            with self.subTest(way=way):
                out = self.denied(gateway, *way, "--reason", "tablet \"7\" lost")
                self.assertRegex(out, r"generation \d+ in force on 2/2 workers, 0 connections cut")
                for version in (2, 3):
                    self.assertIn("SSL alert number 46\n", s_client(gateway, "-tls1_%d" % version, client=victim))
                line = gateway.access(3 * number + 2)[-1]
                self.assertEqual((line["reason"], line["serial"]), ("denied", victim.serial))
                self.assertIn("of postern deny: tablet \"7\" lost", line["detail"])
                self.assertTrue(self.is_admitted(gateway, other))
                self.assertEqual(len(self.listed(gateway)), 1)
                self.denied(gateway, *way, "--remove")
                self.assertEqual(self.listed(gateway), [])
        self.assertTrue(self.is_admitted(gateway, victim))
        # An issuer that is somebody else's denies nobody.
        self.denied(gateway, "--serial", victim.serial, "--issuer", "CN=Test Root,O=Test")
        self.assertTrue(self.is_admitted(gateway, victim))

    def test_a_whole_intermediate_by_its_serial(self):
        backend = self.backend()
        gateway = self.gateway(backend)
        ca = type(self.client)(self.pki.intermediate.directory, "ca", None)
        self.denied(gateway, "--serial", ca.serial)
        self.assertFalse(self.is_admitted(gateway, self.client))
        self.assertIn("CA certificate of serial " + ca.serial, gateway.access()[-1]["detail"])
        self.assertEqual(backend.requests, [])

    def test_open_connections_are_cut_and_nobody_else_notices(self):
        backend = self.stack.enter_context(HoldingBackend())
        self.stack.callback(backend.finish.set)
        gateway = self.gateway(backend)
        victim = self.pki.client("oscar")
        bystander = Bystander(gateway, self.client)
        held = [kind(gateway, backend, victim) for kind in (Idle, Download, Tunnel)]
        out = self.denied(gateway, "--cn", "oscar", "--for", "1h")
        self.assertIn("3 connections cut", out)
        for one in held:
            self.assertEqual(one.outcome(), one.after)
            one.close()
        gateway.wait_for_line("oscar is cut off: the client is on the deny list .*reason=denied .*was=\"in a tunnel\"")
        status = json.loads(subprocess.run([binary(), "status", "--config", gateway.path, "--json"], check=False,
                                           capture_output=True, text=True).stdout)
        self.assertEqual(status["cuts"]["denied"], 3)
        backend.finish.set()
        self.assertEqual(bystander.end()[-1], b'{"done":true}')

    def test_a_session_is_not_resumed_while_it_is_denied(self):
        gateway = self.gateway(self.backend())
        victim = self.pki.client("quentin")
        request = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        for version in (2, 3):
            with self.subTest(version=version):
                path = os.path.join(self.subdirectory("session"), "session.pem")
                said = s_client(gateway, "-tls1_%d" % version, "-sess_out", path, client=victim, send=request)
                self.assertIn("HTTP/1.1 200 ", said)
                said = s_client(gateway, "-tls1_%d" % version, "-sess_in", path, client=victim, send=request)
                self.assertIn("Reused, ", said)
                self.denied(gateway, "--fingerprint", victim.fingerprint)
                said = s_client(gateway, "-tls1_%d" % version, "-sess_in", path, client=victim, send=request)
                self.assertNotIn("Reused, ", said)
                self.assertIn("SSL alert number 46\n", said)
                self.assertNotIn("HTTP/1.1 ", said)
                # A change of the list is no change of trust: who is let in again resumes again.
                self.denied(gateway, "--fingerprint", victim.fingerprint, "--remove")
                said = s_client(gateway, "-tls1_%d" % version, "-sess_in", path, client=victim, send=request)
                self.assertIn("Reused, ", said)

    def test_a_page_says_so_too(self):
        gateway = self.gateway(self.backend(), client_auth={"on_refusal": "page"})
        victim = self.pki.client("peggy")
        self.denied(gateway, "--cn", "peggy")
        answer = self.curl(gateway, "/", client=victim)
        self.assertEqual((answer.status, json.loads(answer.content)["reason"]), (403, "denied"))

    def test_it_ends_by_itself(self):
        gateway = self.gateway(self.backend())
        victim = self.pki.client("trudy")
        before = time.time()
        self.denied(gateway, "--cn", "trudy", "--for", "4s")
        if time.time() < before + 2:
            self.assertFalse(self.is_admitted(gateway, victim))
        entry, = self.listed(gateway)
        self.assertIsNotNone(entry["until"])
        wait_until(lambda: self.is_admitted(gateway, victim), "admitted again, without anybody's doing")
        self.assertGreater(time.time(), before + 3)
        self.assertFalse(self.listed(gateway)[0]["in_force"])
        # The next change sheds it.
        self.denied(gateway, "--cn", "nobody")
        self.assertEqual([entry["cn"] for entry in self.listed(gateway)], ["nobody"])

    def test_it_works_while_another_file_is_broken(self):
        gateway = self.gateway(self.backend())
        victim = self.pki.client("victor")
        crl = read(self.pki.crl)
        self.addCleanup(self.pki.bundle)
        with open(self.pki.crl, "w", encoding="utf-8") as file:
            file.write(crl[:len(crl) // 2])
        self.denied(gateway, "--cn", "victor")
        self.assertFalse(self.is_admitted(gateway, victim))
        self.assertTrue(self.is_admitted(gateway, self.client))
        done = subprocess.run([binary(), "reload", "--config", gateway.path], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertFalse(self.is_admitted(gateway, victim))

    def explain(self, gateway, *arguments):
        done = subprocess.run([binary(), "explain", *arguments, "--config", gateway.path], capture_output=True, text=True,
                              check=False)
        return done.returncode, done.stdout

    def test_explain_says_the_same(self):
        gateway = self.gateway(self.backend())
        victim = self.pki.client("wendy")
        self.assertEqual(self.explain(gateway, victim.chain)[0], 0)
        self.assertEqual(self.explain(gateway, "--serial", victim.serial)[0], 0)
        self.denied(gateway, "--serial", victim.serial, "--reason", "lost")
        for how in ([], ["--live"]):
            status, out = self.explain(gateway, victim.chain, *how)
            self.assertEqual(status, 1)
            self.assertIn("denied until it is taken off by line 2 of postern deny: lost", " ".join(out.split()))
            status, out = self.explain(gateway, "--serial", victim.serial, *how)
            self.assertEqual(status, 1)
            self.assertIn("denied by line 2 of postern deny: serial=" + victim.serial, out)
        status, out = self.explain(gateway, "--serial", victim.serial, "--json")
        self.assertEqual((json.loads(out)["verdict"], json.loads(out)["denied"][0]["line"]), ("denied", 2))


main()
