"""R11: who reads the logs and stops must not hold anybody up: least of all a revocation."""
import fcntl
import os
import shutil
import subprocess
import unittest

from support import curl, main
from support.denying import DenyCase
from support.gateway import binary, under_valgrind

PIPE_SIZE, CHANGES = 4096, 12


class LogReader(DenyCase):
    def run_gateway(self, **user):
        """Events and access log go to pipes that are read up to `ready:` and never again."""
        gateway = self.gateway(self.backend(), log={"access": "stdout"})
        gateway.stop()
        for parent, folders, files in os.walk(self.directory):
            for name in [parent] + [os.path.join(parent, one) for one in folders + files]:
                if user and not os.path.islink(name) and os.path.exists(name):
                    os.chown(name, user["user"], user["group"])
        program = shutil.copy(binary(), self.subdirectory("program"))
        with subprocess.Popen([program, "serve", "--config", gateway.path], stdin=subprocess.DEVNULL, text=True,
                              stderr=subprocess.PIPE, stdout=subprocess.PIPE, cwd=gateway.directory, **user) as process:
            for pipe in (process.stdout, process.stderr):
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_SIZE)
            line = ""
            while not line.startswith("ready"):
                line = process.stderr.readline()
                self.assertNotEqual(line, "")
            gateway.port = int(line.rsplit(":", 1)[1])
            try:
                self.fill_and_change(gateway)
            finally:
                process.terminate()
                process.communicate(timeout=30)
        self.assertEqual(process.returncode, 0)

    def fill_and_change(self, gateway):
        """Far more lines than the pipes hold, of both logs; and each change is in force all the same."""
        other = self.pki.client("bob")
        for _ in range(CHANGES):
            self.denied(gateway, "--cn", "bob")
            self.assertNotEqual(curl(gateway, "/", client=other).exit_status, 0)
            self.denied(gateway, "--cn", "bob", "--remove")
            self.assertEqual(curl(gateway, "/", client=self.client).status, 200)

    @unittest.skipIf(under_valgrind(), "its standard error is valgrind's too")
    def test_of_pipes_of_ones_own(self):
        self.run_gateway()

    @unittest.skipIf(under_valgrind(), "its standard error is valgrind's too")
    @unittest.skipIf(os.geteuid() != 0, "only root can give a program pipes of another user's")
    def test_of_pipes_of_another_user(self):
        self.run_gateway(user=65534, group=65534, extra_groups=[])


main()
