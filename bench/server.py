"""A server that is measured: a process tree on a core of its own, its CPU time and its memory."""

import contextlib
import os
import signal
import socket
import subprocess
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def children_of(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(child) for child in file.read().split()]
    except OSError:
        return []


class Server:
    """A process tree pinned to one core, or to several ("0,1"). Subclasses give configure(), which returns the command."""

    name = "server"
    environment = {}

    def __init__(self, directory, core, pki=None, backend_port=None):
        os.makedirs(directory)
        self.directory, self.core, self.pki, self.backend_port = directory, core, pki, backend_port
        self.port, self.process = free_port(), None

    def configure(self):
        raise NotImplementedError

    def start(self):
        command = ["taskset", "-c", str(self.core), *self.configure()]
        self.log = open(os.path.join(self.directory, "stderr.log"), "ab")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                        cwd=self.directory, env={**os.environ, **self.environment})
        deadline = time.monotonic() + 20
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} did not start; its log:\n{self.output()}")
            time.sleep(0.02)

    def output(self):
        text = ""
        for name in ("stderr.log", "error.log"):
            path = os.path.join(self.directory, name)
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as file:
                    text += file.read()[-4000:]
        return text

    def tree(self):
        found, waiting = [], [self.process.pid]
        while waiting:
            found.append(waiting.pop())
            waiting += children_of(found[-1])
        return found

    def cpu_s(self):
        """CPU time of the tree so far, with that of threads that have ended. clock_getcpuclockid(3): ~pid << 3 | 2 is the
        clock of another process, to the nanosecond; /proc has ticks, or only the threads that are there."""
        total = 0
        for pid in self.tree():
            with contextlib.suppress(OSError):
                total += time.clock_gettime(~pid << 3 | 2)
        return total

    def memory(self):
        """(proportional, resident) set size of the tree in bytes: what is shared counts once in the first."""
        sums = {"Pss:": 0, "Rss:": 0}
        for pid in self.tree():
            with contextlib.suppress(OSError):
                with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
                    for line in file:
                        words = line.split()
                        if words[0] in sums:
                            sums[words[0]] += int(words[1]) * 1024
        return sums["Pss:"], sums["Rss:"]

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            # Children first: what the parent leaves behind nobody would find again.
            for pid in reversed(self.tree()):
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait()
        self.process = None
        self.log.close()

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *ignored):
        self.stop()
