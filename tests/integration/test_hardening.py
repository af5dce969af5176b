"""What a process of ours gives up before it meets a stranger, and what it never has."""

import os
import re
import shutil
import signal
import subprocess
import unittest

from support import GatewayCase, TlsClient, curl, main
from support.gateway import binary, patience, under_valgrind, wait_until
from support.pki import read, write


def status_of(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def descriptors(pid):
    found = {}
    for name in os.listdir("/proc/%d/fd" % pid):
        try:
            found[int(name)] = os.readlink("/proc/%d/fd/%s" % (pid, name))
        except FileNotFoundError:
            pass
    return found


class Hardening(GatewayCase):
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.fail("run as root: it is root's privileges that are given up")

    def test_a_worker_has_no_privileges(self):
        gateway = self.gateway(self.backend(), listener={"workers": 2})
        for pid in gateway.workers():
            status = status_of(pid)
            self.assertEqual(status["Uid"], "65534\t65534\t65534\t65534")
            self.assertEqual(set(status["Gid"].split()), {status["Gid"].split()[0]})
            self.assertNotIn("0", status["Gid"].split())
            self.assertEqual(status["Groups"].strip(), "")
            self.assertEqual(status["NoNewPrivs"], "1")
            self.assertEqual(int(status["CapEff"], 16), 0)
            self.assertEqual(int(status["CapPrm"], 16), 0)
        if not under_valgrind():
            self.assertRegex(gateway.wait_for_line("worker 0: started: "), r"no new privileges")

    @unittest.skipIf(under_valgrind(), "the program that runs is valgrind")
    def test_the_loader_can_only_read(self):
        """S2. It waits for a file that changes while it is read, and so lives long enough to be looked at."""
        path = write(os.path.join(self.subdirectory("list"), "deny"), "cn=nobody\n")
        gateway = self.gateway(self.backend(), client_auth={"deny": path})
        os.unlink(path)
        os.symlink("/proc/self/mem", path)
        gateway.signal(signal.SIGHUP)
        seen = []

        def look():
            for pid in self.children(gateway):
                try:
                    if "internal-loader" in read("/proc/%s/cmdline" % pid):
                        seen.append(status_of(int(pid)))
                except (FileNotFoundError, ProcessLookupError):
                    pass
            return seen and seen[-1]["NoNewPrivs"] == "1"

        wait_until(look, "a loader that is confined")
        self.assertEqual(seen[-1]["CapEff"], "0000000000000004")  # CAP_DAC_READ_SEARCH
        self.assertEqual(seen[-1]["CapPrm"], "0000000000000004")

    def test_no_process_leaves_a_core(self):
        """S1."""
        gateway = self.gateway(self.backend())
        for pid in [gateway.process.pid] + gateway.workers():
            self.assertRegex(read("/proc/%d/limits" % pid), r"(?m)^Max core file size +0 +0 ")

    @unittest.skipIf(under_valgrind(), "valgrind itself is looked at")
    def test_no_process_can_be_looked_into_by_its_own_user(self):
        """S1: a process that is not dumpable belongs to root in /proc, so that nobody else can attach."""
        directory = self.subdirectory("user")
        program = os.path.join(directory, "postern")
        shutil.copy(binary(), program)
        gateway = self.gateway(self.backend())
        for pid in gateway.workers():
            self.assertEqual(os.stat("/proc/%d/mem" % pid).st_uid, 0)
            self.assertEqual(os.stat("/proc/%d/environ" % pid).st_uid, 0)
        gateway.stop()
        # The supervisor too, when it is not root's.
        for parent, folders, files in os.walk(self.directory):
            for name in [parent] + [os.path.join(parent, one) for one in folders + files]:
                if not os.path.islink(name) and os.path.exists(name):
                    os.chown(name, 65534, 65534)
        with subprocess.Popen([program, "serve", "--config", gateway.path], stderr=subprocess.PIPE, text=True,
                              stdout=subprocess.DEVNULL, user=65534, group=65534, extra_groups=[],
                              cwd=directory) as process:
            line = ""
            while not line.startswith("ready"):
                line = process.stderr.readline()
                self.assertNotEqual(line, "")
            self.assertEqual(status_of(process.pid)["Uid"].split()[0], "65534")
            self.assertEqual(os.stat("/proc/%d/mem" % process.pid).st_uid, 0)
            gateway.port = int(line.rsplit(":", 1)[1])
            self.assertEqual(curl(gateway, "/", client=self.client).status, 200)
            process.terminate()
            process.stderr.read()

    def test_nothing_of_the_environment_reaches_a_worker(self):
        """S4."""
        os.environ["SECRET_OF_THE_SHELL"] = "x"
        try:
            gateway = self.gateway(self.backend())
        finally:
            del os.environ["SECRET_OF_THE_SHELL"]
        for pid in gateway.workers():
            with open("/proc/%d/environ" % pid, "rb") as file:
                names = {entry.split(b"=")[0].decode() for entry in file.read().split(b"\0") if entry}
            self.assertLessEqual({name for name in names if "VALGRIND" not in name and "LD_" not in name and
                                  name not in ("GLIBCPP_FORCE_NEW", "GLIBCXX_FORCE_NEW")}, {"PATH", "LC_ALL"})

    @unittest.skipIf(under_valgrind(), "valgrind has descriptors of its own")
    def test_no_descriptor_reaches_a_worker_that_it_was_not_given(self):
        """S4."""
        secret = open(write(os.path.join(self.subdirectory("secret"), "file"), "x"), encoding="ascii")
        os.set_inheritable(secret.fileno(), True)
        popen = subprocess.Popen
        try:
            subprocess.Popen = lambda *arguments, **named: popen(*arguments, **{**named, "close_fds": False})
            gateway = self.gateway(self.backend())
        finally:
            subprocess.Popen = popen
        self.assertIn(secret.name, descriptors(gateway.process.pid).values())
        secret.close()
        self.assertEqual(self.curl(gateway, "/").status, 200)
        for pid in gateway.workers():
            allowed = (r"/dev/null|socket:\[\d+\]|pipe:\[\d+\]|anon_inode:\[event(poll|fd)\]|/memfd:postern-\w+ "
                       r"\(deleted\)|%s/access\.log" % re.escape(gateway.directory))
            for number, target in descriptors(pid).items():
                self.assertRegex(target, "^(%s)$" % allowed, "descriptor %d" % number)
            self.assertLess(len(descriptors(pid)), 24)

    def test_descriptors_do_not_grow_with_reloads(self):
        gateway = self.gateway(self.backend(), listener={"workers": 2})
        counts = []
        for number in range(2, 8):
            mark = gateway.mark()
            gateway.signal(signal.SIGHUP)
            gateway.wait_for_line("generation %d in force" % number, after=mark)
            self.assertEqual(self.curl(gateway, "/").status, 200)
            pids = [gateway.process.pid] + gateway.workers()
            wait_until(lambda: len(self.children(gateway)) == 2, "the loader to be gone")
            counts.append([len(descriptors(pid)) for pid in pids])
        self.assertEqual(counts[1][0], counts[-1][0], counts)
        for worker in (1, 2):
            self.assertLessEqual(counts[-1][worker], counts[1][worker] + 2, counts)

    def children(self, gateway):
        pid = gateway.process.pid
        with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as file:
            return file.read().split()

    def test_no_key_lies_in_shared_memory(self):
        gateway = self.gateway(self.backend())
        secrets = [line.encode() for line in read(self.pki.server.key).split("\n")[1:-2]]
        looked = 0
        for pid in [gateway.process.pid] + gateway.workers():
            for number, target in descriptors(pid).items():
                if target.startswith("/memfd:postern"):
                    with open("/proc/%d/fd/%d" % (pid, number), "rb") as file:
                        data = file.read()
                    looked += 1
                    self.assertNotIn(b"PRIVATE KEY", data)
                    for secret in secrets:
                        self.assertNotIn(secret, data)
        self.assertGreater(looked, 1)

    def test_a_hostile_environment_cannot_weaken_tls(self):
        """T31."""
        hostile = write(os.path.join(self.subdirectory("openssl"), "openssl.cnf"),
                        "openssl_conf = init\nconfig_diagnostics = 1\n[init]\nssl_conf = ssl\n[ssl]\n"
                        "system_default = default\n[default]\nMinProtocol = TLSv1\nMaxProtocol = TLSv1.2\n"
                        "CipherString = ALL:@SECLEVEL=0\nVerifyMode = Peer\n")
        keylog = os.path.join(self.subdirectory("keys"), "keylog")
        os.environ.update(OPENSSL_CONF=hostile, SSLKEYLOGFILE=keylog)
        try:
            gateway = self.gateway(self.backend())
        finally:
            del os.environ["OPENSSL_CONF"], os.environ["SSLKEYLOGFILE"]
        with TlsClient(gateway, self.client) as client:
            self.assertEqual(client.socket.version(), "TLSv1.3")
        done = subprocess.run(["openssl", "s_client", "-connect", "127.0.0.1:%d" % gateway.port, "-tls1_1", "-cipher",
                               "ALL:@SECLEVEL=0"], stdin=subprocess.DEVNULL, capture_output=True, check=False,
                              timeout=patience(20))
        self.assertIn(b"alert protocol version", done.stderr)
        gateway.stop()
        self.assertFalse(os.path.exists(keylog))

    def test_no_key_log_is_compiled_in(self):
        """S5."""
        done = subprocess.run(["nm", "-D", "--undefined-only", binary()], capture_output=True, text=True, check=True)
        self.assertNotIn("SSL_CTX_set_keylog_callback", done.stdout)


if __name__ == "__main__":
    main()
