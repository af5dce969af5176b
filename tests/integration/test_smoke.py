#!/usr/bin/env python3
"""bench/smoke.py measures what it says it does, beside a real NGINX. How the figures come out is no test."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

from support.gateway import patience

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
RATES = ("handshake_rate", "request_rate", "download_rate")
COSTS = ("handshake_cpu", "request_cpu", "request_p99", "download_cpu", "start_pss", "start_rss")


class Smoke(unittest.TestCase):
    def test_a_short_run_has_every_figure_of_both(self):
        with tempfile.TemporaryDirectory() as directory:
            saved = os.path.join(directory, "figures.json")
            done = subprocess.run([sys.executable, os.path.join(TOP, "bench", "smoke.py"), "--build",
                                   os.environ["POSTERN_BUILD"], "--rounds", "2", "--seconds", "2", "--idle", "30",
                                   "--megabytes", "4", "--save", saved], capture_output=True, text=True,
                                  stdin=subprocess.DEVNULL, timeout=patience(150), check=False)
            # Status 1 may just mean behind: this may be a build with sanitizers. Then there is a table all the same.
            self.assertIn("ratio: above 1, postern is better", done.stdout, done.stderr)
            self.assertEqual(done.returncode, 1 if "  behind" in done.stdout else 0)
            with open(saved, encoding="utf-8") as file:
                figures = json.load(file)
        for server in ("nginx", "postern"):
            for key in RATES + COSTS + ("idle_pss", "idle_rss"):
                values = figures["%s.%s" % (server, key)]
                self.assertEqual(len(values), 2, key)
                if not key.startswith("idle"):
                    self.assertGreater(min(values), 0, (server, key))
            # A handshake with its GET costs more than a request on a connection that is there.
            self.assertGreater(min(figures[server + ".handshake_cpu"]), min(figures[server + ".request_cpu"]))


if __name__ == "__main__":
    unittest.main(verbosity=2)
