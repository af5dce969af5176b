"""Files change, and a generation follows: one, or the old one stays with one clear error."""

import json
import os
import subprocess
import time

from support import TlsClient, main
from support.gateway import binary, patience
from support.pki import read, write
from support.watching import WatchingCase


class Watching(WatchingCase):
    def serial_served(self, gateway):
        with TlsClient(gateway, self.client) as client:
            return client.socket.getpeercert()["serialNumber"]

    def test_the_story_is_told(self):
        directory = self.files()
        gateway = self.watching(directory)
        gateway.wait_for_line(r"watching \d+ files by inotify in \d+ directories")
        _, crls = self.revoked()
        mark = gateway.mark()
        self.replace(self.path(directory), crls)
        gateway.wait_for_line(r"info +supervisor: %s changed \(renamed into place\): loading generation 2$" %
                              self.path(directory), after=mark)
        gateway.wait_for_line(r"info +supervisor: generation 2 in force on 2/2 workers, inputs [0-9a-f]{16}, "
                              r"\d+ ms after it was noticed \(\d+ ms to load\)", after=mark)

    def test_certificate_and_key_replaced_seconds_apart(self):
        directory = self.files()
        gateway = self.watching(directory)
        mark = gateway.mark()
        old = self.serial_served(gateway)
        new = self.pki.intermediate.issue("server2", "/CN=localhost", eku="serverAuth", san="DNS:localhost")
        self.replace(self.path(directory, "server.key"), read(new.key))
        line = gateway.wait_for_line("reload failed, generation 1 stays in force", after=mark)
        self.assertRegex(line, r"\[tls\] certificate: .*the private key \(.*\) does not match the certificate")
        self.assertEqual(self.serial_served(gateway), old)
        self.replace(self.path(directory, "server.pem"), read(new.chain))
        gateway.wait_for_line("generation 2 in force", after=mark)
        self.assertEqual(self.serial_served(gateway), new.serial)
        self.assertEqual(self.count_lines(gateway, "reload failed", mark), 1)

    def test_a_bad_file_is_told_once_and_mended(self):
        directory = self.files()
        gateway = self.watching(directory)
        victim, crls = self.revoked()
        mark = gateway.mark()
        whole = read(self.path(directory))
        for _ in range(5):
            self.replace(self.path(directory), whole[:-60])
            time.sleep(0.1)
        gateway.wait_for_line("reload failed, generation 1 stays in force: .*the file is cut off", after=mark)
        self.assertTrue(self.is_admitted(gateway, victim))
        self.replace(self.path(directory), whole)
        gateway.wait_for_line("generation 1 stays in force, and what failed is mended", after=mark)
        self.assertEqual(self.count_lines(gateway, "reload failed", mark), 1)
        self.replace(self.path(directory), crls)
        self.until_refused(gateway, victim)

    def test_a_file_that_a_failed_load_named_is_watched_too(self):
        directory = self.files()
        gateway = self.watching(directory)
        victim, crls = self.revoked()
        mark = gateway.mark()
        gateway.configure("client_auth", {"crl": self.path(directory, "sub/later.pem")})
        gateway.write_config()
        gateway.wait_for_line("reload failed, generation 1 stays in force: .*later.pem: No such file", after=mark)
        os.mkdir(self.path(directory, "sub"))
        write(self.path(directory, "sub/later.pem"), crls)
        self.until_refused(gateway, victim)

    def test_a_storm_of_events_loads_nothing(self):
        directory = self.files()
        gateway = self.watching(directory)
        mark = gateway.mark()
        with open(self.path(directory, "access.log"), "w", encoding="ascii") as log:
            for i in range(2000):
                log.write("%d\n" % i)
                log.flush()
                if i % 50 == 0:
                    write(self.path(directory, "crl.pem.tmp"), "half")
                    os.rename(self.path(directory, "crl.pem.tmp"), self.path(directory, "other"))
        time.sleep(0.5)
        self.assertEqual(self.count_lines(gateway, "loading", mark), 0)
        # A touch has it looked at, and that is all.
        os.utime(self.path(directory))
        gateway.wait_for_line("files hold what they held: generation 1 stays in force", after=mark)
        self.assertEqual(json.loads(subprocess.run([binary(), "status", "--config", gateway.path, "--json"],
                                                   capture_output=True, check=True).stdout)["generation"], 1)

    def test_changes_while_loading_are_all_seen(self):
        directory = self.files()
        gateway = self.watching(directory)
        for _ in range(6):
            victim, crls = self.revoked()
            self.replace(self.path(directory), crls)
        self.until_refused(gateway, victim)
        # As if by hand at the same time: the answer comes when it is in force.
        for _ in range(3):
            victim, crls = self.revoked()
            self.replace(self.path(directory), crls)
            done = subprocess.run([binary(), "reload", "--config", gateway.path], capture_output=True, text=True,
                                  check=False, timeout=patience(30))
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertRegex(done.stdout, r"^generation \d+ in force on 2/2 workers, \d+ connections? cut\n$")
            self.assertFalse(self.is_admitted(gateway, victim))

    def test_permissions_are_looked_at(self):
        directory = self.files()
        gateway = self.watching(directory)
        mark = gateway.mark()
        os.chmod(self.path(directory, "server.key"), 0o644)
        gateway.wait_for_line(r"reload failed, .*server.key may be read or changed by everybody \(mode 644\)", after=mark)
        os.chmod(self.path(directory, "server.key"), 0o600)
        gateway.wait_for_line("what failed is mended", after=mark)

    def test_status_says_how_files_are_watched(self):
        gateway = self.watching(self.files())
        done = subprocess.run([binary(), "status", "--config", gateway.path], capture_output=True, text=True, check=True)
        self.assertRegex(done.stdout, r"(?m)^watch +\d+ files by inotify in \d+ directories$")


main()
