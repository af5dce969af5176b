#!/usr/bin/env python3
"""bench/compare.py measures what it says it does, and judges by it. How the figures come out is no test."""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

from support.gateway import patience

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(TOP, "bench"))

from standing import Standing  # noqa: E402

HANDSHAKES = ("full_seen", "full_new", "full_rsa", "resumed")
OTHERS = ("requests", "requests_p99", "download", "idle", "start")


def standing_of(figures):
    standing = Standing()
    for (row, server), values in figures.items():
        for value in values:
            standing.note(row, server, value)
    return standing


def verdicts(standing):
    return {target["text"]: (target["figure"], target["met"]) for target in standing.targets()}


class Judging(unittest.TestCase):
    def test_a_ratio_is_the_median_of_the_rounds_ratios(self):
        standing = standing_of({("full_seen", "postern"): [10, 40, 30], ("full_seen", "nginx"): [5, 10, 20]})
        self.assertEqual(standing.ratio("full_seen", "nginx"), 2)

    def test_less_is_better_turns_the_ratio(self):
        standing = standing_of({("requests_p99", "postern"): [10], ("requests_p99", "nginx"): [5]})
        self.assertEqual(standing.ratio("requests_p99", "nginx"), 0.5)

    def test_one_ticket_is_held_against_the_peers_with_one(self):
        standing = standing_of({("full_new", "postern"): [18], ("full_new", "nginx"): [9], ("full_new_1t", "nginx 1t"): [12]})
        text = "full handshakes + GET, never seen before"
        self.assertEqual(verdicts(standing), {text: ("2.00 x nginx", True), text + ", one ticket": ("1.50 x nginx", False)})

    def test_the_best_peer_counts(self):
        standing = standing_of({("requests", "postern"): [12], ("requests", "nginx"): [6], ("requests", "haproxy"): [10]})
        self.assertEqual(verdicts(standing)["keep-alive requests, 1 KiB"], ("1.20 x haproxy", False))

    def test_memory_is_judged_by_itself_and_beside_a_bare_connection(self):
        standing = standing_of({("start", "postern"): [9], ("idle", "postern"): [21], ("idle", "bare"): [18.5]})
        self.assertEqual(verdicts(standing), {"memory at start": ("9.0 MiB", False),
                                              "idle connection above a bare one": ("2.5 KiB", False)})


class Measuring(unittest.TestCase):
    def test_a_short_run_has_every_figure(self):
        with tempfile.TemporaryDirectory() as directory:
            saved = os.path.join(directory, "figures.json")
            done = subprocess.run([sys.executable, os.path.join(TOP, "bench", "compare.py"), "--build",
                                   os.environ["POSTERN_BUILD"], "--peers", "postern,nginx,bare", "--rounds", "1", "--handshakes",
                                   "32", "--requests", "200", "--seen", "4", "--idle", "20", "--megabytes", "2",
                                   "--downloads", "2", "--save", saved, "--page", saved + ".html"], capture_output=True, text=True,
                                  stdin=subprocess.DEVNULL, timeout=patience(150), check=False)
            # Status 1 may just mean that a target is missed: this may be a build with sanitizers.
            self.assertEqual(done.returncode, 1 if "MISSED" in done.stdout else 0, done.stdout + done.stderr)
            with open(saved, encoding="utf-8") as file:
                found = json.load(file)
            with open(saved + ".html", encoding="utf-8") as file:
                self.check_page(file.read())
        rows = {row["key"]: row["values"] for row in found["rows"]}
        for row in HANDSHAKES + OTHERS:
            for server in ("postern", "nginx"):
                self.assertEqual(len(rows[row][server]), 1, (row, server))
                self.assertTrue(row == "idle" or rows[row][server][0] > 0, (row, server))
        for row in HANDSHAKES:
            self.assertGreater(rows[row + "_1t"]["nginx"][0], 0)
            self.assertGreater(rows[row]["bare"][0], 0)
        self.assertGreater(rows["resumed_share"]["nginx"][0], 40)
        self.assertEqual(found["abilities"], {name: {"refuses_without": True, "refuses_revoked": True, "tells_who": True,
                                                     "drops_forged": True} for name in ("postern", "nginx")})
        self.check_work(found["results"])

    def check_page(self, text):
        """A chapter for each row that is measured by itself, with every server in it."""
        chapters = re.split(r'<h2 id="[a-z0-9]+">', text)[1:]
        self.assertEqual([chapter.split("<")[0].split(",")[0] for chapter in chapters],
                         ["Full handshakes + GET"] * 6 + ["Resumed handshakes + GET"] * 2 +
                         ["Keep-alive requests", "Download of 100 MiB", "Memory of an idle connection"])
        for chapter in chapters:
            for server in ("postern", "nginx"):
                self.assertIn('<th scope="row">%s</th>' % server, chapter)

    def check_work(self, results):
        """Each figure comes from as much work as was asked for, all of it done."""
        for result in results:
            wanted = {"requests": 200, "download": 2}.get(result["row"], 32)
            self.assertEqual(result["result"]["operations"], wanted, result["row"])
            self.assertEqual(result["result"]["failures"], 0)
            key = result["result"]["tls"]["server_key"]
            self.assertEqual(key.startswith("RSA"), "rsa" in result["row"], (result["row"], key))


if __name__ == "__main__":
    unittest.main(verbosity=2)
