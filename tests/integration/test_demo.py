"""`postern demo`: the commands that it prints do what it says, and it leaves nothing behind."""

import os
import re
import signal
import subprocess
import tempfile
import time

from support import GatewayCase, main, response
from support.gateway import binary, patience, wait_until


def processes_with(text):
    """PIDs whose command line holds the text."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % pid, "rb") as file:
                if text.encode() in file.read():
                    found.append(int(pid))
        except OSError:
            pass
    return found


class Demo(GatewayCase):
    def setUp(self):
        super().setUp()
        # Short: the control socket's path has an end.
        self.place = tempfile.mkdtemp(prefix="t", dir=self.directory)

    def environment(self):
        return {**os.environ, "TMPDIR": self.place}

    def start(self, *arguments, count=5):
        """A demo that has printed its commands: (process, commands)."""
        demo = subprocess.Popen([binary(), "demo", "--listen", "127.0.0.1:0", *arguments], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, env=self.environment())
        self.addCleanup(demo.stderr.close)
        self.addCleanup(demo.stdout.close)
        self.addCleanup(demo.kill)
        commands, lines = [], []
        while len(commands) < count:
            line = demo.stdout.readline()
            if line == "":
                self.fail("the demo ended: %s %s" % (lines, demo.stderr.read()))
            lines.append(line)
            if re.match(r"(curl|'?/\S*postern'?) ", line):
                commands.append(line.strip())
        return demo, commands

    def run_in_shell(self, command):
        return subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False,
                              timeout=patience(60))

    def test_check_runs_the_commands_and_leaves_nothing(self):
        done = subprocess.run([binary(), "demo", "--check", "--listen", "127.0.0.1:0"], capture_output=True, text=True,
                              env=self.environment(), timeout=patience(60), check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(len(re.findall(r"(?m)^ok     \d\. ", done.stdout)), 5, done.stdout)
        self.assertRegex(done.stdout, r"The story stopped \d+ ms after the command began, curl's exit status is (18|56)")
        self.assertRegex(done.stdout, r"alice is cut off: a certificate on the path is revoked .*was=.reading its resp")
        self.assertEqual(done.stderr, "")
        self.assertEqual(os.listdir(self.place), [])
        self.assertEqual(processes_with(self.place), [])

    def test_the_printed_commands_can_be_pasted(self):
        demo, commands = self.start()
        first = self.run_in_shell(commands[0])
        self.assertEqual(first.returncode, 0, first.stderr)
        self.assertIn('"X-Client-CN":"alice"', first.stdout)
        self.assertIn("--cert-type P12", commands[0])
        second = self.run_in_shell(commands[1])
        self.assertNotEqual(second.returncode, 0)
        self.assertIn("alert", second.stderr)
        self.assertIn("-N ", commands[2])
        with subprocess.Popen(["/bin/sh", "-c", commands[2]], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True) as stream:
            self.assertIn('"response":"Once "', stream.stdout.readline())
            fourth = self.run_in_shell(commands[3])
            self.assertEqual(fourth.returncode, 0, fourth.stderr)
            self.assertNotIn('"done":true', stream.stdout.read())
            self.assertIn(stream.wait(patience(20)), (18, 56))
        fifth = self.run_in_shell(commands[4])
        self.assertNotEqual(fifth.returncode, 0)
        self.assertIn("revoked", fifth.stderr)
        self.assertNotEqual(self.run_in_shell(commands[0]).returncode, 0)
        demo.send_signal(signal.SIGINT)
        self.assertEqual(demo.wait(patience(20)), 0)

    def test_words_come_one_at_a_time(self):
        demo, commands = self.start()
        stream = commands[0].replace("curl ", "curl -N -d '{\"prompt\":\"hello\"}' ", 1) + "api/generate"
        with subprocess.Popen(["/bin/sh", "-c", stream], stdout=subprocess.PIPE, text=True) as curl:
            times = []
            for line in curl.stdout:
                times.append(time.monotonic())
                self.assertTrue(line.startswith('{"model":"demo","response":"'), line)
        self.assertEqual(curl.returncode, 0)
        self.assertEqual(len(times), 8)
        self.assertGreater(times[-1] - times[0], 0.5)
        self.assertGreater(len([1 for a, b in zip(times, times[1:]) if b - a > 0.05]), 4)
        demo.send_signal(signal.SIGTERM)
        self.assertEqual(demo.wait(patience(20)), 0)

    def test_ctrl_c_leaves_nothing_behind(self):
        demo, _ = self.start()
        self.assertEqual(len(os.listdir(self.place)), 1)
        self.assertNotEqual(processes_with(self.place), [])
        demo.send_signal(signal.SIGINT)
        self.assertEqual(demo.wait(patience(20)), 0)
        self.assertEqual(os.listdir(self.place), [])
        self.assertEqual(processes_with(self.place), [])

    def test_its_processes_go_even_if_it_is_killed(self):
        demo, _ = self.start()
        demo.kill()
        demo.wait()
        wait_until(lambda: processes_with(self.place) == [], "no gateway left")

    def test_a_backend_of_ones_own(self):
        backend = self.backend(lambda request: response(200, "Host was %s\n" % request.get("host")))
        demo, commands = self.start("--backend", "http://" + backend.address, count=4)
        done = self.run_in_shell(commands[0])
        self.assertEqual((done.returncode, done.stdout), (0, "Host was %s\n" % backend.address))
        self.assertEqual(backend.last.get("X-Client-CN"), "alice")
        demo.send_signal(signal.SIGINT)
        self.assertEqual(demo.wait(patience(20)), 0)

    def test_a_directory_of_ones_own(self):
        directory = os.path.join(self.place, "with space's")
        demo, commands = self.start("--dir", directory)
        self.assertTrue(os.path.exists(os.path.join(directory, "postern.ini")))
        self.assertEqual(self.run_in_shell(commands[0]).returncode, 0)
        demo.send_signal(signal.SIGINT)
        self.assertEqual(demo.wait(patience(20)), 0)
        self.assertEqual(os.listdir(self.place), [])
        os.makedirs(directory)
        with open(os.path.join(directory, "mine"), "w", encoding="utf-8"):
            pass
        done = subprocess.run([binary(), "demo", "--check", "--dir", directory], capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("is not empty", done.stderr)
        self.assertEqual(os.listdir(directory), ["mine"])

    def test_an_address_in_use_is_said(self):
        demo, commands = self.start()
        port = re.search(r"https://127\.0\.0\.1:(\d+)/", commands[0]).group(1)
        done = subprocess.run([binary(), "demo", "--check", "--listen", "127.0.0.1:" + port], capture_output=True,
                              text=True, env=self.environment(), timeout=patience(30), check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("127.0.0.1:%s is in use" % port, done.stderr)
        self.assertEqual(len(os.listdir(self.place)), 1)
        demo.send_signal(signal.SIGINT)
        self.assertEqual(demo.wait(patience(20)), 0)


if __name__ == "__main__":
    main()
