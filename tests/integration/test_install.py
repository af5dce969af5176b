"""`cmake --install` puts everything where Debian looks for it, runs from there, and overwrites nothing in /etc."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from support import Pki
from support.gateway import patience
from support.pki import read, write

BUILD = os.environ["POSTERN_BUILD"]
EXPECTED = """
etc/postern/postern.ini
usr/bin/postern
usr/bin/postern-bench
usr/lib/systemd/system/postern-pki-cron.service
usr/lib/systemd/system/postern-pki-cron.timer
usr/lib/systemd/system/postern-pki-serve.service
usr/lib/systemd/system/postern.service
usr/share/doc/postern/examples/branch-gateway.ini
usr/share/doc/postern/examples/ollama.ini
usr/share/doc/postern/examples/postern.ini
usr/share/doc/postern/examples/postern.logrotate
usr/share/man/man1/postern-bench.1
usr/share/man/man1/postern-explain.1
usr/share/man/man1/postern-pki.1
usr/share/man/man1/postern-status.1
usr/share/man/man1/postern-trial.1
usr/share/man/man1/postern.1
usr/share/man/man5/postern.ini.5
""".split()


def run(*command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                          timeout=patience(60), **options)


class Installed(unittest.TestCase):
    """self.top is a machine's root; what is installed goes there."""

    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="postern-install-")
        self.addCleanup(shutil.rmtree, self.top)

    def install(self, prefix="/usr"):
        done = run("cmake", "--install", BUILD, "--prefix", prefix, env={**os.environ, "DESTDIR": self.top})
        self.assertEqual(done.returncode, 0, done.stdout)

    def path(self, name):
        return os.path.join(self.top, name)

    def files(self):
        return sorted(os.path.relpath(os.path.join(parent, name), self.top)
                      for parent, _, names in os.walk(self.top) for name in names)


class Install(Installed):
    def test_everything_lies_where_debian_expects_it(self):
        self.install()
        self.assertEqual(self.files(), EXPECTED)
        for name in EXPECTED:
            mode = os.stat(self.path(name)).st_mode & 0o777
            self.assertEqual(mode, 0o755 if name.startswith("usr/bin/") else 0o644, name)

    def test_the_installed_program_runs(self):
        self.install()
        for name in ("postern", "postern-bench"):
            done = run(self.path("usr/bin/" + name), "--version", cwd="/")
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertRegex(done.stdout, r"\d+\.\d+\.\d+")

    def test_every_page_is_a_manual_page_of_its_name(self):
        self.install()
        for name in (name for name in EXPECTED if "/man/" in name):
            title, section = os.path.basename(name).rsplit(".", 1)
            self.assertRegex(read(self.path(name)), r"(?m)^\.(TH|Dt) %s %s\b" % (re.escape(title.upper()), section))

    def test_nothing_in_etc_is_overwritten(self):
        self.install()
        write(self.path("etc/postern/postern.ini"), "mine\n")
        self.install()
        self.assertEqual(read(self.path("etc/postern/postern.ini")), "mine\n")

    def test_under_another_prefix_the_unit_names_what_was_installed_there(self):
        self.install("/opt/postern")
        unit = read(self.path("opt/postern/lib/systemd/system/postern.service"))
        commands = re.findall(r"^Exec\w+=(\S+) .*--config (\S+)$", unit, re.M)
        self.assertEqual(len(commands), 3)
        for program, config in commands:
            self.assertTrue(os.access(self.top + program, os.X_OK), program)
            self.assertTrue(os.path.exists(self.top + config), config)

    def test_systemd_has_nothing_to_say_about_the_unit(self):
        self.install()
        unit = read(self.path("usr/lib/systemd/system/postern.service"))
        # It looks whether the programs are there, and is told nothing of DESTDIR.
        planted = unit.replace("=/usr/bin/", "=%s/usr/bin/" % self.top)
        self.assertEqual(self.verify(planted), (0, ""))
        # And it would say something: an unknown key, and a program that is not there.
        self.assertIn("Unknown key", self.verify(planted.replace("ProtectHome", "ProtectHouse"))[1])
        self.assertNotEqual(self.verify(planted.replace("/usr/bin/postern", "/usr/bin/nothing"))[0], 0)

    def verify(self, text):
        os.makedirs(self.path("unit"), exist_ok=True)
        path = write(self.path("unit/postern.service"), text)
        done = run("systemd-analyze", "verify", "--man=no", path)
        # Units of this machine are none of our business.
        return done.returncode, "\n".join(line for line in done.stdout.split("\n") if "postern" in line)


class Configurations(Installed):
    """Each installed configuration is valid as it is once the files that it names are there."""

    def test_configurations_pass_the_check(self):
        self.install()
        etc = self.path("etc/postern")
        for name in ("ollama", "branch-gateway"):
            shutil.copy(self.path("usr/share/doc/postern/examples/%s.ini" % name), etc)
        pki = Pki(self.path("pki"))
        rsa = pki.intermediate.issue("server-rsa", "/CN=localhost", eku="serverAuth", san="DNS:localhost", key="rsa2048")
        profiles = self.path("profiles")
        for place, chain, key in (("ollama/server/gateway.example", pki.server.chain, pki.server.key),
                                  ("branch/server/gateway-ecdsa", pki.server.chain, pki.server.key),
                                  ("branch/server/gateway-rsa", rsa.chain, rsa.key)):
            os.makedirs(os.path.join(profiles, place))
            shutil.copy(chain, os.path.join(profiles, place, "fullchain.pem"))
            shutil.copy(key, os.path.join(profiles, place, "key.pem"))
        for place in (os.path.join(profiles, "ollama"), os.path.join(profiles, "branch"), etc):
            shutil.copy(pki.trust, os.path.join(place, "client-ca-bundle.pem"))
            shutil.copy(pki.crl, os.path.join(place, "crl-bundle.pem"))
        shutil.copy(pki.server.chain, os.path.join(etc, "server-chain.pem"))
        shutil.copy(pki.server.key, os.path.join(etc, "server.key"))
        os.makedirs(self.path("var/log/postern"))
        for name in ("postern", "ollama", "branch-gateway"):
            path = os.path.join(etc, name + ".ini")
            # Directories that the unit makes, on a machine where it is not installed.
            text = read(path).replace("= /var/log/", "= %s/var/log/" % self.top)
            text = text.replace("/var/lib/postern/pki/", profiles + "/")
            write(path, text)
            done = run(self.path("usr/bin/postern"), "check", "--config", path, cwd="/")
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn(name + ".ini: valid", done.stdout)
            self.assertIn("CN=Test Intermediate", done.stdout)

    def test_the_reference_names_what_is_missing_where_nothing_is_there(self):
        self.install()
        path = self.path("etc/postern/postern.ini")
        done = run(self.path("usr/bin/postern"), "check", "--config", path, cwd="/")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"^%s:\d+: \[tls\] certificate: cannot read %s/server-chain\.pem: " %
                         (re.escape(path), re.escape(os.path.dirname(path))))


if __name__ == "__main__":
    unittest.main()
