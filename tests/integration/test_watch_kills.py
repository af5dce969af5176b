"""Whoever is killed in the middle of a change, there is one truth afterwards."""

import json
import os
import signal
import subprocess
import threading
import time

from support import main
from support.gateway import binary, wait_until
from support.pki import read
from support.watching import WatchingCase


class Kills(WatchingCase):
    def children(self, gateway, kind):
        path = "/proc/%d/task/%d/children" % (gateway.process.pid, gateway.process.pid)
        with open(path, encoding="ascii") as file:
            pids = [int(pid) for pid in file.read().split()]
        found = []
        for pid in pids:
            try:
                with open("/proc/%d/cmdline" % pid, "rb") as file:
                    if kind in file.read():
                        found.append(pid)
            except FileNotFoundError:
                pass
        return found

    def generations(self, gateway):
        done = subprocess.run([binary(), "status", "--config", gateway.path, "--json"], capture_output=True, check=False)
        return [(worker["state"], worker["generation"]) for worker in json.loads(done.stdout)["workers"]]

    def one_truth(self, gateway):
        wait_until(lambda: len(set(self.generations(gateway))) == 1 and self.generations(gateway)[0][0] == "serving",
                   "all workers on one generation")

    def test_a_loader_that_is_killed_is_followed_by_another(self):
        directory = self.files()
        gateway = self.watching(directory)
        victim, crls = self.revoked()
        trust, stop = self.path(directory, "trust.pem"), threading.Event()

        def unrest():
            # A loader waits for a file that changes while it is read, and so lives long enough.
            while not stop.is_set():
                with open(trust, "a", encoding="ascii") as file:
                    file.write("\n")
                time.sleep(0.001)

        mark, writer = gateway.mark(), threading.Thread(target=unrest)
        writer.start()
        try:
            self.replace(self.path(directory), crls)
            wait_until(lambda: self.children(gateway, b"internal-loader"), "a loader")
            for pid in self.children(gateway, b"internal-loader"):
                os.kill(pid, signal.SIGKILL)
            gateway.wait_for_line(r"reload failed, .*the loader died by signal 9|generation \d+ in force", after=mark)
        finally:
            stop.set()
            writer.join()
        self.until_refused(gateway, victim)
        self.one_truth(gateway)

    def test_a_worker_killed_before_and_one_after_its_answer(self):
        for which in (0, 1):
            directory = self.files()
            gateway = self.watching(directory)
            stopped, other = gateway.workers()
            victim, crls = self.revoked()
            mark = gateway.mark()
            os.kill(stopped, signal.SIGSTOP)
            self.replace(self.path(directory), crls)
            gateway.wait_for_line("loading generation 2", after=mark)
            time.sleep(0.2)
            os.kill((stopped, other)[which], signal.SIGKILL)
            self.until_refused(gateway, victim)
            self.one_truth(gateway)
            gateway.stop()

    def test_no_worker_outlives_a_supervisor_killed_in_a_change(self):
        directory = self.files()
        gateway = self.watching(directory)
        workers = gateway.workers()
        victim, crls = self.revoked()
        mark = gateway.mark()
        os.kill(workers[0], signal.SIGSTOP)
        self.replace(self.path(directory), crls)
        gateway.wait_for_line("loading generation 2", after=mark)
        gateway.process.kill()
        gateway.process.wait()
        os.kill(workers[0], signal.SIGCONT)
        wait_until(lambda: not any(self.is_alive(pid) for pid in workers), "no worker left")
        gateway.process.stderr.close()
        gateway.process, gateway.lines = None, []
        gateway.start()
        self.until_refused(gateway, victim)
        self.assertEqual(read(self.path(directory)), crls)

    def is_alive(self, pid):
        try:
            with open("/proc/%d/stat" % pid, encoding="ascii") as file:
                return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
        except (FileNotFoundError, ProcessLookupError):
            return False


main()
