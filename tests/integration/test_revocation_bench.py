#!/usr/bin/env python3
"""bench/revocation.py measures what it says it does. How the figures come out is no test."""

import os
import re
import subprocess
import sys
import unittest

from support.gateway import patience

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


class RevocationBench(unittest.TestCase):
    def run_quickly(self, letters):
        done = subprocess.run([sys.executable, os.path.join(TOP, "bench", "revocation.py"), "--build",
                               os.environ["POSTERN_BUILD"], "--quick", "--cuts", "3", "--only", letters],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=patience(160), check=False)
        # Status 1 may just mean that a target is missed: this may be a build with sanitizers.
        self.assertEqual(done.returncode, 1 if "MISSED" in done.stdout else 0, done.stdout + done.stderr)
        return done.stdout

    def test_in_force_and_cut(self):
        text = self.run_quickly("cf")
        self.assertEqual(len(re.findall(r"^\(c\) .* \d\.\d+ s \(\d+\.\d+ s\) ", text, re.M)), 2, text)
        self.assertRegex(text, r"(?m)^\(f\) .* 3 of 3 clients.* p50 \d+ ms, p99 \d+ ms ")
        # A cut that takes others along is no figure.
        self.assertRegex(text, r"(?m)^\(f\) others that lost .* 0 .* met$")
        self.assertRegex(text, r"NGINX, 5 s after its reload.*flood goes on")


if __name__ == "__main__":
    unittest.main(verbosity=2)
