"""A disk with room for so many pages and no more, real and not simulated: an act of postern pki is done whole, or says so
in one line and has changed nothing. And a disk that is mounted read-only. In a mount namespace of its own."""

import json
import os
import shutil
import sys
import unittest

from support.authority import BINARY, PkiCase, must, run
from support.ca_directory import Profile, read
from support.tree import tree

PAGE = 4096
INSIDE = "--inside"


class FullDisk(PkiCase):
    """The small disks are mounted in a child, which reports (verb, pages, what was wrong) a line."""

    def test_acts_on_a_disk_with_so_many_pages(self):
        self.must_pki("init")
        self.must_pki("client", "alice")
        self.must_pki("client", "bob")
        who = ("--mount",) if os.geteuid() == 0 else ("--mount", "--map-root-user")
        done = run("unshare", *who, sys.executable, __file__, INSIDE, self.parent)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertIn("revoke: refused, then done", done.stdout)
        self.assertIn("client: refused, then done", done.stdout)


def fill(disk, pages):
    """Leave so many pages free: what a program is told, and not what the file system has reserved for root."""
    free = os.statvfs(disk).f_bfree * os.statvfs(disk).f_frsize // PAGE
    with open(os.path.join(disk, "ballast"), "wb") as file:
        file.write(b"x" * PAGE * (free - pages))
    assert os.statvfs(disk).f_bfree * os.statvfs(disk).f_frsize // PAGE == pages


def fill_page(path):
    """So that the next line does not fit: half of it would."""
    used = os.path.getsize(path)
    with open(path, "a", encoding="utf-8") as file:
        file.write('{"act":"%s"}\n' % ("x" * (2 * PAGE - used - 50 - len('{"act":""}\n'))))


def make(disk, pages):
    """The same of a profile that is made: nothing is left of one that does not fit."""
    must("mount", "-t", "tmpfs", "-o", "size=1m", "none", disk)
    try:
        fill(disk, pages)
        done = run(BINARY, "pki", "init", "--dir", os.path.join(disk, "profile"))
        if done.returncode == 0:
            Profile(os.path.join(disk, "profile")).is_whole()
            return True
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done
        assert os.listdir(disk) == ["ballast"] and "No space left on device" in done.stderr, (done, os.listdir(disk))
        return False
    finally:
        must("umount", disk)


def act(template, disk, verb, arguments, pages):
    """True if it was done; else it has failed as it should."""
    must("mount", "-t", "tmpfs", "-o", "size=1m", "none", disk)
    try:
        directory = os.path.join(disk, "profile")
        shutil.copytree(template, directory)
        fill_page(os.path.join(directory, "audit.log"))
        fill(disk, pages)
        before = tree(directory, ("audit.log",))
        done = run(BINARY, "pki", verb, "--dir", directory, *arguments)
        if done.returncode == 0:
            Profile(directory).is_whole()
            return True
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done
        assert "No space left on device" in done.stderr, done.stderr
        # A certificate that counts already is told, and the older one is left to the next act.
        assert tree(directory, ("audit.log",)) == before or "is still valid: issue again" in done.stderr, done.stderr
        for line in read(os.path.join(directory, "audit.log")).splitlines():
            json.loads(line)
        os.unlink(os.path.join(disk, "ballast"))
        must(BINARY, "pki", verb, "--dir", directory, *arguments)
        Profile(directory).is_whole()
        return False
    finally:
        must("umount", disk)


def read_only(template, disk):
    must("mount", "--bind", template, disk)
    must("mount", "-o", "remount,bind,ro", disk)
    for verb, arguments in (("revoke", ("alice",)), ("client", ("carol",)), ("crl", ()), ("renew", ("bob",))):
        done = run(BINARY, "pki", verb, "--dir", disk, *arguments)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done
        assert "Read-only file system" in done.stderr, done.stderr
    must(BINARY, "pki", "list", "--dir", disk)
    must("umount", disk)


def inside(parent):
    template, disk = os.path.join(parent, "profile"), os.path.join(parent, "disk")
    os.mkdir(disk)
    read_only(template, disk)
    assert not any(make(disk, pages) for pages in range(0, 18, 3)) and make(disk, 40)
    for verb, arguments in (("revoke", ("alice",)), ("crl", ()), ("client", ("bob", "--ou", "sales"))):
        pages, refused = 0, 0
        while not act(template, disk, verb, arguments, pages):
            pages, refused = pages + 1, refused + 1
            assert pages < 40, "%s needs over 40 pages" % verb
        print("%s: %s then done, with %d pages" % (verb, "refused," if refused else "", pages))


if __name__ == "__main__":
    if sys.argv[1:2] == [INSIDE]:
        inside(sys.argv[2])
    else:
        unittest.main()
