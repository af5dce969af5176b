"""The gateway under test: writes its INI file, starts it, waits for `ready:`, and at the end insists on a clean
leave: SIGTERM, exit status 0, no report of a sanitizer or of valgrind."""

import collections
import glob
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

WAIT_S = 20


def under_valgrind():
    return os.environ.get("POSTERN_VALGRIND") == "1"


def patience(seconds):
    """Seconds to wait for what should take that long; longer under valgrind."""
    return seconds * 10 if under_valgrind() else seconds


def binary():
    return os.path.join(os.environ["POSTERN_BUILD"], "postern")


class Gateway:
    """sections: {"limits": {"head_size": "8KiB"}, ...} over the defaults below; a list gives a key more than
    once, None leaves it out; a section that is None is left out. A Gateway is a context manager."""

    def __init__(self, directory, pki, backend=None, **sections):
        self.directory, self.pki = directory, pki
        os.makedirs(directory, exist_ok=True)
        self.path = os.path.join(directory, "postern.ini")
        self.sections = {
            "listener": {"address": "127.0.0.1:0", "workers": 1},
            "tls": {"certificate": pki.server.chain, "private_key": pki.server.key},
            "client_auth": {"trust": pki.trust, "crl": pki.crl},
            "identity": {"preset": "postern"},
            "route /": {"backend": "app"},
            "backend app": {"server": backend or "127.0.0.1:1"},
            # So that a test decides itself when files are loaded; those of watching turn it on.
            "reload": {"watch": "off"},
            "log": {"access": "access.log", "format": "json"},
            "control": {"socket": os.path.join(directory, "control.sock")},
            "state": {"directory": os.path.join(directory, "state")},
        }
        for name, keys in sections.items():
            self.configure(name, keys)
        self.process, self.port, self.address = None, None, None
        self.lines, self.changed = [], threading.Condition()
        self.wrapper = []  # a command that starts the gateway, such as prlimit

    def configure(self, section, keys):
        """Merge keys into a section; section names with an argument may be written backend_app, route_/."""
        name = re.sub(r"^(route|backend)_", r"\1 ", section)
        if keys is None:
            self.sections.pop(name, None)
        else:
            merged = {**self.sections.get(name, {}), **keys}
            self.sections[name] = {key: value for key, value in merged.items() if value is not None}

    def write_config(self):
        lines = []
        for name, keys in self.sections.items():
            lines.append("[%s]" % name)
            for key, value in keys.items():
                lines += ["%s = %s" % (key, one) for one in (value if isinstance(value, list) else [value])]
        with open(self.path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        os.makedirs(os.path.join(self.directory, "state"), exist_ok=True)

    def command(self):
        start = [binary(), "serve", "--config", self.path]
        if under_valgrind():
            log = os.path.join(self.directory, "valgrind.%p")
            start = ["valgrind", "--error-exitcode=99", "--leak-check=full", "--trace-children=yes",
                     "--errors-for-leak-kinds=definite", "--num-callers=30", "--log-file=" + log] + start
        return self.wrapper + start

    def environment(self):
        report = os.path.join(self.directory, "sanitizer")
        return {**os.environ, "ASAN_OPTIONS": "log_path=%s:detect_leaks=1" % report,
                "UBSAN_OPTIONS": "print_stacktrace=1:log_path=%s" % report}

    def start(self):
        self.write_config()
        self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, env=self.environment(), cwd=self.directory)
        self.reader = threading.Thread(target=self._read_events, daemon=True)
        self.reader.start()
        line = self.wait_for_line(r"^ready: ")
        self.address = re.search(r"(\S+:\d+)", line).group(1)
        self.port = int(self.address.rsplit(":", 1)[1])
        return self

    def _read_events(self):
        for line in self.process.stderr:
            with self.changed:
                self.lines.append(line.decode("utf-8", "replace").rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.lines.append(None)
            self.changed.notify_all()

    def wait_for_line(self, pattern, timeout_s=WAIT_S, after=0):
        """The first line of standard error, from number `after` on, that matches the pattern."""
        deadline = time.monotonic() + patience(timeout_s)
        with self.changed:
            while True:
                for line in self.lines[after:]:
                    if line is None:
                        raise AssertionError("postern ended early, no line matches %r" % pattern)
                    if re.search(pattern, line):
                        return line
                if not self.changed.wait(max(0, deadline - time.monotonic())):
                    raise AssertionError("no line matches %r in time" % pattern)

    def mark(self):
        """How many lines there are now, for wait_for_line(after=)."""
        with self.changed:
            return len(self.lines)

    def access(self, count=1, timeout_s=5):
        """The access log as a list of dicts, once it has that many lines."""
        path = os.path.join(self.directory, "access.log")
        deadline = time.monotonic() + patience(timeout_s)
        while True:
            lines = []
            if os.path.exists(path):
                with open(path, encoding="utf-8") as file:
                    lines = [line for line in file.read().split("\n") if line]
            if len(lines) >= count:
                return [json.loads(line) for line in lines]
            if time.monotonic() > deadline:
                raise AssertionError("%d lines in the access log, not %d: %s" % (len(lines), count, lines))
            time.sleep(0.02)

    def signal(self, number):
        self.process.send_signal(number)

    def workers(self):
        """PIDs of the worker processes."""
        with open("/proc/%d/task/%d/children" % (self.process.pid, self.process.pid), encoding="ascii") as file:
            children = [int(pid) for pid in file.read().split()]
        found = []
        for pid in children:
            with open("/proc/%d/cmdline" % pid, "rb") as file:
                if b"worker" in file.read():
                    found.append(pid)
        return found

    def stop(self, expected_status=0):
        """SIGTERM, and insist on a clean leave."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
        try:
            status = self.process.wait(patience(WAIT_S))
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("postern did not leave after SIGTERM") from None
        self.reader.join(5)
        self.process.stderr.close()
        self.process = None
        reports = self.reports()
        if reports:
            raise AssertionError("reports of memory errors:\n" + reports)
        if status != expected_status:
            raise AssertionError("postern left with status %d, not %d" % (status, expected_status))

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def reports(self):
        """What sanitizers and valgrind found, in any of the processes."""
        found = []
        text = "\n".join(line for line in self.lines if line)
        if re.search(r"Sanitizer|runtime error:|ASSERT|assertion", text):
            found.append(text)
        for path in glob.glob(os.path.join(self.directory, "sanitizer*")):
            with open(path, encoding="utf-8", errors="replace") as file:
                found.append(file.read())
        for path in glob.glob(os.path.join(self.directory, "valgrind.*")):
            with open(path, encoding="utf-8", errors="replace") as file:
                report = file.read()
            for errors in re.findall(r"ERROR SUMMARY: (\d+) errors", report):
                if errors != "0":
                    found.append(report)
        return "\n".join(found)

    def show(self, out=sys.stderr):
        """Everything that may explain a failure."""
        print("--- %s" % self.path, file=out)
        if os.path.exists(self.path):
            with open(self.path, encoding="utf-8") as file:
                out.write(file.read())
        print("--- standard error of postern", file=out)
        for line in self.lines:
            print("(end)" if line is None else line, file=out)
        path = os.path.join(self.directory, "access.log")
        if os.path.exists(path):
            print("--- the end of access.log", file=out)
            with open(path, encoding="utf-8", errors="replace") as file:
                out.writelines(collections.deque(file, 50))

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.show()
            self.kill()
            raise

    def __exit__(self, kind, value, traceback):
        if kind is not None:
            self.show()
            self.kill()
            return
        try:
            self.stop()
        except BaseException:
            self.show()
            raise


def wait_until(condition, what, timeout_s=WAIT_S):
    """Poll a condition that has no event of its own."""
    deadline = time.monotonic() + patience(timeout_s)
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("not in time: " + what)
        time.sleep(0.02)


SIGNALS = signal
