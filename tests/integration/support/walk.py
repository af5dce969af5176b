"""A walk over the system calls of a command that change what is on the disk: strace lists them, and then lets one of
them fail, or kills the command before it, in one run for each. The command is the program as it is."""

import collections
import os
import re
import subprocess

# Calls by which a file, a name or a lock comes, goes or changes. "?": not every architecture has it.
CALLS = ("write", "pwrite64", "openat", "?open", "?creat", "mkdirat", "?mkdir", "?rename", "renameat", "renameat2",
         "linkat", "?link", "symlinkat", "?symlink", "unlinkat", "?unlink", "?rmdir", "fsync", "fdatasync",
         "ftruncate", "fallocate", "fchmod", "?chmod", "fchmodat", "flock")
# What each may really say.
FAILURES = {
    "write": ("ENOSPC", "EIO"), "openat": ("EACCES", "ENOSPC"), "fsync": ("EIO",), "flock": ("ENOLCK",),
    "fchmod": ("EPERM",), "chmod": ("EPERM",),
}
ALL_FAILURES = ("ENOSPC", "EIO", "EACCES")

Point = collections.namedtuple("Point", "call ordinal text")


class Walk:
    """over: only calls that name a path below it."""

    def __init__(self, command, over):
        self.command, self.over = [str(part) for part in command], over

    def strace(self, *options, log="/dev/null"):
        # The leak check of a debug build is a tracer itself.
        environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=0", LC_ALL="C")
        return subprocess.run(["strace", "-f", "-qq", "-o", log, *options, *self.command], capture_output=True, text=True,
                              timeout=60, env=environment)

    def points(self, log):
        """What a run that nobody disturbs does, in order. The run does its work."""
        done = self.strace("-y", "-s", "64", "-e", "trace=" + ",".join(CALLS), log=log)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        counts, found = collections.Counter(), []
        with open(log, encoding="utf-8", errors="replace") as file:
            for line in file:
                match = re.match(r"\d+ +(\w+)\((.*)", line)
                if not match:
                    continue
                call, text = match.groups()
                counts[call] += 1
                is_reading = call in ("open", "openat") and "O_CREAT" not in text
                if self.over in text and not is_reading and " = -1 " not in text:
                    found.append(Point(call, counts[call], text.replace(self.over, "").strip()))
        return found

    def killed_at(self, point):
        """True if the command died there, and the call was never made."""
        return self._inject(point, "signal=KILL:when=%d" % point.ordinal).returncode == -9

    def failed_at(self, point, error):
        """The call fails, and what the command does then does not."""
        return self._inject(point, "error=%s:when=%d" % (error, point.ordinal))

    def _inject(self, point, what):
        return self.strace("-e", "trace=" + point.call, "-e", "inject=%s:%s" % (point.call, what))


def failures_of(point):
    return FAILURES.get(point.call, ALL_FAILURES)
