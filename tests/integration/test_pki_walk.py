"""postern pki dies by SIGKILL, or the disk fails it, at each system call in turn: what it leaves is a directory that
works, the same command then ends well, and openssl agrees. A part of the walk by default; POSTERN_WALK=all for all."""

import concurrent.futures
import json
import os
import re
import shutil
import unittest

from support.authority import BINARY, PkiCase, must, run
from support.ca_directory import CaDirectory, Profile, read
from support.openssl_ca import openssl_reads
from support.tree import tree
from support.walk import Walk, failures_of

# The audit says what will be done before it is.
GROWS = ("audit.log",)
WHOLE = os.environ.get("POSTERN_WALK") == "all"


class WalkCase(PkiCase):
    """A profile with bystanders, copied for each step."""

    def setUp(self):
        super().setUp()
        self.must_pki("init", "--profile", "walk", "--org", "Acme")
        self.bystander = self.must_pki("client", "bob")["certificate"]
        self.must_pki("server", "gw.example.org")
        self.victim = self.must_pki("client", "alice")["certificate"]
        self.template = self.directory
        self.before = Profile(self.template)

    def copy(self, name):
        target = os.path.join(self.parent, name, "profile")
        shutil.copytree(self.template, target)
        return target

    def walk(self, verb, arguments, then, stride=1):
        """then(directory): the command again, and what must hold after it. stride: of a quick walk."""
        noted = self.copy("noted")
        points = self.walk_of(verb, noted, arguments).points(self.beside("calls"))
        shutil.rmtree(os.path.dirname(noted))
        self.take(points, stride, lambda *step: self.step(verb, arguments, then, *step))

    def take(self, points, stride, step):
        steps = [(point, error) for point in points for error in ("KILL",) + failures_of(point)]
        self.assertGreater(len(points), 10)
        steps = steps if WHOLE else steps[::stride]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            wrong = [one for one in pool.map(lambda one: self.told(step, *one), steps) if one]
        self.assertTrue(not wrong, "%d of %d steps\n%s" % (len(wrong), len(steps), "\n".join(wrong)))

    @staticmethod
    def told(step, point, error):
        """None, or what is wrong: all are told together, each with its call."""
        try:
            step(point, error)
        except Exception as wrong:
            return "%s at %s(%s: %s %s" % (error, point.call, point.text, type(wrong).__name__, wrong)
        return None

    @staticmethod
    def walk_of(verb, directory, arguments):
        return Walk((BINARY, "pki", verb, "--dir", directory, *arguments), directory)

    @staticmethod
    def hurt(walk, point, error):
        if error == "KILL":
            assert walk.killed_at(point), "was not killed"
            return None
        done = walk.failed_at(point, error)
        is_cleaning = point.call in ("unlink", "unlinkat", "rmdir") and re.search(r"\.new|\.next", point.text)
        said = (done.returncode, done.stdout if walk.command[2] != "cron" else "", done.stderr.count("\n"))
        assert is_cleaning or said == (1, "", 1), done
        return done.stderr

    def step(self, verb, arguments, then, point, error):
        directory = self.copy("%s-%d-%s" % (point.call, point.ordinal, error))
        told = self.hurt(self.walk_of(verb, directory, arguments), point, error)
        if error == "ENOSPC" and point.call in ("write", "openat", "mkdir") and verb not in ("rotate", "cron"):
            # What a full disk says to whoever writes. An issue that counts already says what is left to do.
            assert tree(directory, GROWS) == tree(self.template, GROWS) or "is still valid: issue again" in told, told
        left = Profile(directory)
        left.follows(self.before)
        self.must_admit(directory, self.bystander)
        openssl_reads(os.path.join(directory, "intermediate"))
        then(directory)
        after = Profile(directory)
        after.follows(left)
        after.is_whole()
        self.must_admit(directory, self.bystander)
        for line in read(os.path.join(directory, "audit.log")).splitlines():
            json.loads(line)
        shutil.rmtree(os.path.dirname(directory))

    def verdict(self, directory, certificate):
        trust, crl = (os.path.join(directory, name) for name in ("client-ca-bundle.pem", "crl-bundle.pem"))
        return run("openssl", "verify", "-crl_check_all", "-x509_strict", "-CAfile", trust, "-CRLfile", crl, certificate)

    def must_admit(self, directory, certificate):
        done = self.verdict(directory, certificate)
        assert done.returncode == 0, done.stderr

    def again(self, directory, verb, *arguments, allowed=None):
        done = run(BINARY, "pki", verb, "--dir", directory, *arguments)
        assert done.returncode == 0 or (allowed and allowed in done.stderr), done
        return done


class Revoking(WalkCase):
    def after(self, directory):
        self.again(directory, "revoke", "alice", allowed="revoked already")
        assert "certificate revoked" in self.verdict(directory, self.victim).stderr

    def test_a_revocation_is_done_or_can_be_done(self):
        self.walk("revoke", ("alice", "--reason", "keyCompromise"), self.after, stride=3)


class Lifting(WalkCase):
    def setUp(self):
        super().setUp()
        self.must_pki("revoke", "alice", "--reason", "certificateHold")
        self.before = Profile(self.template)

    def after(self, directory):
        self.again(directory, "unrevoke", "alice", allowed="nothing on hold")
        self.must_admit(directory, self.victim)

    def test_a_hold_is_lifted_or_can_be_lifted(self):
        self.walk("unrevoke", ("alice",), self.after, stride=7)


class Issuing(WalkCase):
    def after(self, directory):
        done = self.again(directory, "client", "alice", "--ou", "sales")
        folder = os.path.join(directory, "client", "alice")
        self.must_admit(directory, os.path.join(folder, "cert.pem"))
        assert "certificate revoked" in self.verdict(directory, self.victim).stderr
        assert must("openssl", "x509", "-in", os.path.join(folder, "cert.pem"), "-noout", "-pubkey") == must(
            "openssl", "pkey", "-in", os.path.join(folder, "key.pem"), "-pubout")
        must("openssl", "pkcs12", "-in", os.path.join(folder, "alice.p12"), "-noout", "-passin",
             "pass:" + re.search(r"passphrase: +(\S+)", done.stdout).group(1))
        valid = [line for line in CaDirectory(os.path.join(directory, "intermediate")).lines
                 if line.state == "V" and line.subject.endswith("/CN=alice")]
        assert len(valid) == 1, "%d valid certificates of one name" % len(valid)

    def test_a_client_is_issued_again_or_can_be(self):
        self.walk("client", ("alice", "--ou", "sales"), self.after, stride=9)


class Refreshing(WalkCase):
    def after(self, directory):
        number = CaDirectory(os.path.join(directory, "intermediate")).crl.number
        self.again(directory, "crl")
        assert CaDirectory(os.path.join(directory, "intermediate")).crl.number > number

    def test_crls_are_renewed_or_can_be(self):
        self.walk("crl", (), self.after, stride=9)


class LookingAfter(WalkCase):
    """cron: new CRLs, and what signs OCSP answers."""

    def after(self, directory):
        self.again(directory, "cron")
        for name in ("root", "intermediate"):
            signer = os.path.join(directory, "ocsp", name + ".pem")
            self.must_admit(directory, signer)
            assert os.stat(signer).st_mode & 0o777 == 0o400

    def test_a_timer_goes_on(self):
        self.walk("cron", ("--always",), self.after, stride=31)


class Overlapping(WalkCase):
    """Both certificates are valid for a while, and the older one is not forgotten."""

    def after(self, directory):
        self.again(directory, "renew", "alice", "--overlap", "2d")
        self.must_admit(directory, self.victim)
        self.must_admit(directory, os.path.join(directory, "client", "alice", "cert.pem"))
        valid = [line.serial for line in CaDirectory(os.path.join(directory, "intermediate")).lines
                 if line.state == "V" and line.subject.endswith("/CN=alice")]
        ends = {int(line.split()[0], 16) for line in read(os.path.join(directory, "overlaps.txt")).splitlines()}
        assert len(set(valid) - ends) == 1, "only the newest has no end"

    def test_a_renewal_with_an_overlap(self):
        self.walk("renew", ("alice", "--overlap", "2d"), self.after, stride=31)


class Rotating(WalkCase):
    """The Intermediate step by step, each from a profile where the steps before were done."""

    def test_a_rotation_goes_on(self):
        for step, more, done in (("prepare", (), "a rotation goes on already"), ("use", (), "is in use"),
                                 ("retire", (), "no rotation goes on")):
            arguments = ("intermediate", "--step", step, *more)

            def again(directory, arguments=arguments, done=done):
                self.again(directory, "rotate", *arguments, allowed=done)

            with self.subTest(step=step):
                self.walk("rotate", arguments, again, stride=29)
                self.must_pki("rotate", *arguments)
                for name in ("alice", "bob", "gw.example.org") if step == "use" else ():
                    self.must_pki("renew", name)
                self.before = Profile(self.template)


class Making(WalkCase):
    """A profile is there whole, or not at all; what a killed init leaves beside it is gone with the next."""

    def test_a_profile_is_made_whole(self):
        noted = os.path.join(self.parent, "noted", "profile")
        points = self.walk_of("init", noted, ()).points(self.beside("calls"))
        self.take(points, 23, self.make)

    def make(self, point, error):
        directory = os.path.join(self.parent, "%s-%d-%s" % (point.call, point.ordinal, error), "profile")
        self.hurt(self.walk_of("init", directory, ()), point, error)
        if error != "KILL" and os.path.exists(os.path.dirname(directory)):
            assert os.listdir(os.path.dirname(directory)) in ([], ["profile"]), os.listdir(os.path.dirname(directory))
        self.again(directory, "init", allowed="this profile exists")
        assert os.listdir(os.path.dirname(directory)) == ["profile"], os.listdir(os.path.dirname(directory))
        self.again(directory, "client", "alice")
        Profile(directory).is_whole()
        self.must_admit(directory, os.path.join(directory, "client", "alice", "cert.pem"))
        shutil.rmtree(os.path.dirname(directory))


if __name__ == "__main__":
    unittest.main()
