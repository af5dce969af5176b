"""Emergency deny: a client refused without a CA, at once, everywhere, over a restart, and undone."""
import json
import os
import stat
import subprocess
import threading
import time

from support import GatewayCase, main, s_client
from support.gateway import binary, wait_until
from support.pki import read
from support.holding import Bystander, Download, HoldingBackend, Idle, Tunnel


class DenyCase(GatewayCase):
    def deny(self, gateway, *arguments):
        """Exit status, standard output, standard error."""
        done = subprocess.run([binary(), "deny", *arguments, "--config", gateway.path], capture_output=True, text=True,
                              check=False, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def denied(self, gateway, *arguments):
        status, out, error = self.deny(gateway, *arguments)
        self.assertEqual((status, error), (0, ""), out)
        return out

    def listed(self, gateway):
        return json.loads(self.denied(gateway, "--list", "--json"))

    def is_admitted(self, gateway, client):
        return self.curl(gateway, "/", client=client).status == 200

    def kept(self, gateway):
        return os.path.join(gateway.directory, "state", "deny")


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

    def test_a_page_says_so_too(self):
        gateway = self.gateway(self.backend(), client_auth={"on_refusal": "page"})
        victim = self.pki.client("peggy")
        self.denied(gateway, "--cn", "peggy")
        answer = self.curl(gateway, "/", client=victim)
        self.assertEqual((answer.status, json.loads(answer.content)["reason"]), (403, "denied"))

    def test_kept_over_a_restart_and_private(self):
        backend = self.backend()
        gateway = self.gateway(backend)
        victim = self.pki.client("sybil")
        self.denied(gateway, "--cn", "sybil", "--reason", "lost")
        self.assertEqual(stat.S_IMODE(os.stat(self.kept(gateway)).st_mode), 0o600)
        gateway.stop()
        gateway.lines.clear()
        gateway.start()
        self.assertFalse(self.is_admitted(gateway, victim))
        self.assertEqual([entry["cn"] for entry in self.listed(gateway)], ["sybil"])
        self.assertIn("cn sybil, until it is removed: lost", self.denied(gateway, "--list"))
        self.denied(gateway, "--cn", "sybil", "--remove")
        self.assertTrue(self.is_admitted(gateway, victim))
        self.assertIn("nobody is denied", self.denied(gateway, "--list"))

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

    def test_many_at_once_all_get_in(self):
        gateway = self.gateway(self.backend(), listener={"workers": 2})
        names, said = ["mallory%d" % number for number in range(6)], []
        threads = [threading.Thread(target=lambda name=name: said.append(self.deny(gateway, "--cn", name)[0]))
                   for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(said, [0] * len(names))
        self.assertEqual(sorted(entry["cn"] for entry in self.listed(gateway)), names)

    def test_it_goes_before_a_load_that_takes_long(self):
        gateway = self.gateway(self.backend())
        victim = self.pki.client("yves")
        stop = threading.Event()

        def unsettle():
            while not stop.is_set():
                os.utime(self.pki.crl)

        writer = threading.Thread(target=unsettle)
        writer.start()
        self.addCleanup(stop.set)
        with subprocess.Popen([binary(), "reload", "--config", gateway.path], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True) as reload:
            gateway.wait_for_line("loading generation 2")
            self.denied(gateway, "--cn", "yves")
            self.assertFalse(self.is_admitted(gateway, victim))
            stop.set()
            writer.join()
            # Who asked for the load gets it all the same.
            self.assertIn("in force on 1/1 workers", reload.stdout.read())
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

    def test_mistakes_change_nothing(self):
        gateway = self.gateway(self.backend())
        self.denied(gateway, "--cn", "somebody")
        kept = read(self.kept(gateway))
        for arguments, status, said in (
                ([], 2, "one of --serial, --fingerprint and --cn is needed"),
                (["--serial", "xyz"], 2, "no serial number"),
                (["--fingerprint", "00"], 2, "no fingerprint"),
                (["--serial", "01", "--cn", "a"], 2, "more than one way"),
                (["--cn", "a", "--issuer", "CN=b"], 2, "issuer goes with serial"),
                (["--cn", "a", "--for", "soon"], 2, "no duration"),
                (["--cn", "a", "--for", "0h"], 2, "no duration"),
                (["--list", "--cn", "a"], 2, "--list stands alone"),
                (["--cn", "a", "--remove", "--for", "1h"], 2, "do not go with --remove"),
                (["--serial", "01", "--issuer", "CN=Nobody"], 1, "no CA of the trust file is named CN=Nobody"),
                (["--cn", "a", "--remove"], 1, "it is not on the list")):
            with self.subTest(arguments=arguments):
                found, out, error = self.deny(gateway, *arguments)
                self.assertEqual((found, out), (status, ""))
                self.assertIn(said, error)
        self.assertEqual(read(self.kept(gateway)), kept)
        self.assertEqual(len(self.listed(gateway)), 1)

    def test_a_list_that_cannot_be_kept_is_not_promised(self):
        gateway = self.gateway(self.backend())
        os.rmdir(os.path.join(gateway.directory, "state"))
        with open(os.path.join(gateway.directory, "state"), "w", encoding="utf-8"):
            pass
        status, _, error = self.deny(gateway, "--cn", "alice")
        self.assertEqual(status, 1)
        self.assertIn("/state", error)
        self.assertIn("stays in force", error)
        self.assertTrue(self.is_admitted(gateway, self.client))

    def test_a_list_that_was_spoiled_stops_the_start(self):
        gateway = self.gateway(self.backend())
        self.denied(gateway, "--cn", "alice")
        gateway.stop()
        with open(self.kept(gateway), "a", encoding="utf-8") as file:
            file.write("cn=bob")
        done = subprocess.run([binary(), "check", "--config", gateway.path], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("the last line does not end with a line feed", done.stderr)


class DenyFile(DenyCase):
    """The other list: a file that somebody else keeps."""

    def write(self, path, text):
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(path + ".new", path)

    def reload(self, gateway):
        done = subprocess.run([binary(), "reload", "--config", gateway.path], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def test_the_file_denies_and_lets_in_again(self):
        backend = self.stack.enter_context(HoldingBackend())
        self.stack.callback(backend.finish.set)
        path = os.path.join(self.subdirectory("deny"), "deny.txt")
        self.write(path, "# nobody yet\n")
        gateway = self.gateway(backend, client_auth={"deny": path})
        victim = self.pki.client("walter")
        download = Download(gateway, backend, victim)
        self.stack.callback(download.close)
        self.write(path, "serial=%s reason=\"stolen\"\n" % victim.serial)
        self.assertEqual(self.reload(gateway)[0], 0)
        self.assertEqual(download.outcome(), "cut")
        self.assertFalse(self.is_admitted(gateway, victim))
        gateway.wait_for_line("walter is cut off: .*reason=denied .*line 1 of .*deny.txt: stolen")
        self.assertEqual([(entry["serial"], entry["line"]) for entry in self.listed(gateway)], [(victim.serial, 1)])
        # It is not ours to change.
        status, _, error = self.deny(gateway, "--serial", victim.serial, "--remove")
        self.assertEqual(status, 1)
        self.assertIn("it stands in %s, line 1" % path, error)
        # P3: one bad line, and the list in force stays.
        self.write(path, "serial=%s\nserial=\n" % "00")
        status, said = self.reload(gateway)
        self.assertEqual(status, 1)
        self.assertIn("deny.txt:2: an empty value", said)
        self.assertFalse(self.is_admitted(gateway, victim))
        self.write(path, "")
        self.assertEqual(self.reload(gateway)[0], 0)
        self.assertTrue(self.is_admitted(gateway, victim))


main()
