"""When inotify is silent: events lost, no watches left, a file system that others write to. The poll finds it."""

import os
import signal
import subprocess
import time

from support import main
from support.watching import WatchingCase


class Poll(WatchingCase):
    def test_more_events_than_the_kernel_keeps(self):
        directory = self.files()
        gateway = self.watching(directory)
        with open("/proc/sys/fs/inotify/max_queued_events", encoding="ascii") as file:
            limit = int(file.read())
        victim, crls = self.revoked()
        mark = gateway.mark()
        gateway.signal(signal.SIGSTOP)
        try:
            # An event each; those of one name in a row would be one.
            for i in range(limit + 100):
                os.close(os.open(self.path(directory, "x%d" % (i % 2)), os.O_CREAT | os.O_WRONLY))
            self.replace(self.path(directory), crls)
        finally:
            gateway.signal(signal.SIGCONT)
        gateway.wait_for_line("too many file events at once, some were lost: looking at all files", after=mark)
        self.until_refused(gateway, victim)

    def test_by_poll_alone(self):
        directory = self.files()
        gateway = self.watching(directory, watch="poll", reload={"poll": "100ms"})
        gateway.wait_for_line(r"watching \d+ files by poll every 100 ms")
        victim, crls = self.revoked()
        self.replace(self.path(directory), crls)
        self.until_refused(gateway, victim)

    def test_without_watches_left_it_is_said_and_polled(self):
        directory = self.files()
        limit = "echo 2 > /proc/sys/user/max_inotify_watches && exec \"$@\""
        wrapper = ["unshare", "--user", "--map-user=65534", "--map-group=65534", "--keep-caps", "sh", "-c", limit, "sh"]
        if subprocess.run([*wrapper, "true"], capture_output=True, check=False).returncode != 0:
            self.skipTest("user namespaces are not allowed here; unit.supervisor.file_watch has the same")
        gateway = self.watching(directory, wrapper=wrapper)
        gateway.wait_for_line(r"warning +supervisor: no inotify watches left: files are looked at every 1000 ms instead")
        victim, crls = self.revoked()
        self.replace(self.path(directory), crls)
        self.until_refused(gateway, victim)
        victim, crls = self.revoked()
        self.replace(self.path(directory), crls)
        self.until_refused(gateway, victim)
        self.assertEqual(self.count_lines(gateway, "no inotify watches left"), 1)

    def test_switched_off_it_waits_to_be_told(self):
        directory = self.files()
        gateway = self.watching(directory, watch="off")
        victim, crls = self.revoked()
        self.replace(self.path(directory), crls)
        time.sleep(0.5)
        self.assertTrue(self.is_admitted(gateway, victim))
        # What is watched is watched from the next generation on.
        gateway.configure("reload", {"watch": "inotify"})
        gateway.write_config()
        gateway.signal(signal.SIGHUP)
        self.until_refused(gateway, victim)
        victim, crls = self.revoked()
        self.replace(self.path(directory), crls)
        self.until_refused(gateway, victim)


main()
