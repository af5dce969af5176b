"""The deny lists: the one that the command keeps, over a restart and over mistakes, and the file that somebody else keeps."""
import os
import stat
import subprocess
import threading

from support import main
from support.denying import DenyCase
from support.gateway import binary
from support.holding import Download, HoldingBackend
from support.pki import read


class DenyList(DenyCase):
    """What `postern deny` keeps."""

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
        # The status counts them, and knows the file as it is now.
        status = subprocess.run([binary(), "status", "--config", gateway.path], capture_output=True, text=True,
                                check=False)
        self.assertIn("deny list: %d entries, %s, kept by postern deny" % (len(names), self.kept(gateway)), status.stdout)

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
