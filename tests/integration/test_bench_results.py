#!/usr/bin/env python3
"""What postern-bench writes: JSON and CSV that say the same, and what the server spent."""

import csv
import json
import os
import signal
import subprocess
import time
import unittest

from support.bench import OK, BenchCase, Server
from support.gateway import patience


class Results(BenchCase):
    def test_forms_go_where_they_are_told_to(self):
        json_path, csv_path = (os.path.join(self.directory, "result." + kind) for kind in ("json", "csv"))
        with Server(self.pki) as server:
            command = self.command("request", server.port, "--requests", 20, "--connections", 2, "--label", 'a "b", c',
                                   "--scenario", "small", "--crl-entries", 0)
            command[command.index("--json") + 1] = json_path
            done = subprocess.run(command + ["--csv", csv_path], capture_output=True, text=True, timeout=patience(30),
                                  check=False)
        self.assertIn(done.returncode, (0, 3), done.stderr)
        self.assertIn("failures    0\n", done.stdout)
        with open(json_path, encoding="utf-8") as file:
            result = json.load(file)
        with open(csv_path, encoding="utf-8", newline="") as file:
            row, = csv.DictReader(file)
        for key in ("label", "scenario", "mode", "url"):
            self.assertEqual(row[key], result[key])
        for key in ("connections", "operations", "crl_entries", "handshakes", "failures", "content_bytes"):
            self.assertEqual(int(row[key]), result[key])
        self.assertEqual((result["schema"], result["label"], row["wanted_rate"]), ("postern-bench/1", 'a "b", c', ""))
        self.assertEqual(float(row["latency_p99_us"]), result["latency_us"]["p99"])
        self.assertEqual(row["gap_p50_us"], "")

    def test_histogram_and_series_hold_every_operation(self):
        def delay(count):
            time.sleep(0.25 if count == 10 else 0)
            return OK
        with Server(self.pki, lambda server, tls, number: server.serve(tls, number, delay)) as server:
            result = self.bench("request", server, "--requests", 50, "--connections", 1)
        latency, series = result["latency_us"], result["series"]
        self.assertEqual(sum(count for _, count in latency["histogram"]), 50)
        values = [value for value, count in latency["histogram"] for _ in range(count)]
        self.assertEqual(values, sorted(values))
        self.assertEqual((values[24], values[-1]), (latency["p50"], latency["max"]))
        self.assertEqual((sum(series["operations"]), sum(series["failures"])), (50, 0))
        self.assertEqual(max(series["slowest_us"]), latency["max"])
        self.assertGreaterEqual(len(series["operations"]) * series["interval_s"], result["seconds"])
        self.assertIn(0, series["operations"])

    def test_the_server_s_processor_time_is_that_of_its_processes(self):
        """A child of ours burns 200 ms of CPU for each request, and its parent none."""
        with Server(self.pki, lambda server, tls, number: server.serve(tls, number, burn)) as server:
            pid = os.fork()
            if pid == 0:
                time.sleep(60)
                os._exit(0)
            try:
                idle = self.bench("request", server, "--requests", 3, "--connections", 1, "--server-pid", pid)["server"]
            finally:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            busy = self.bench("request", server, "--requests", 3, "--connections", 1, "--server-pid", os.getpid())
        self.assertLess(idle["cpu_s"], 0.05)
        self.assertGreaterEqual(busy["server"]["cpu_s"], 0.6)
        self.assertAlmostEqual(busy["server"]["cpu_us_per_operation"], busy["server"]["cpu_s"] * 1e6 / 3, delta=1)
        self.assertAlmostEqual(busy["server"]["operations_per_cpu_s"], 3 / busy["server"]["cpu_s"], delta=0.02)
        self.assertGreater(busy["server"]["memory_end_kib"], 1000)
        self.assertIn("no such process", self.bench("request", server, "--server-pid", 2 ** 31 - 1, statuses=(1,)))


def burn(count):
    end = time.process_time() + 0.2
    while time.process_time() < end:
        pass
    return OK


if __name__ == "__main__":
    unittest.main(verbosity=2)
