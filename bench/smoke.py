"""The measurements of bench/smoke.sh: Postern beside NGINX, interleaved, medians and ratios."""

import argparse
import contextlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "tests", "integration")]

from load import Load  # noqa: E402
from meter import Meter, version  # noqa: E402
from peers import Backend, Nginx, Postern  # noqa: E402
from support.pki import Pki  # noqa: E402

LEVEL = 0.97

# (key, what a reader sees, unit, True if more is better, divisor for display)
FIGURES = [
    ("handshake_rate", "full mTLS handshakes with a GET", "1/s", True, 1),
    ("handshake_cpu", "  server CPU for each", "us", False, 1e-6),
    ("request_rate", "keep-alive requests, 1 KiB", "1/s", True, 1),
    ("request_cpu", "  server CPU for each", "us", False, 1e-6),
    ("request_p99", "  99th percentile of latency", "us", False, 1),
    ("download_rate", "download of {megabytes} MiB", "MB/s", True, 1),
    ("download_cpu", "  server CPU", "ms/GB", False, 1e-3),
    ("start_pss", "memory at start, proportional", "MiB", False, 1 << 20),
    ("start_rss", "  resident, summed", "MiB", False, 1 << 20),
    ("idle_pss", "memory for each idle connection", "KiB", False, 1 << 10),
    ("idle_rss", "  resident", "KiB", False, 1 << 10),
]


class Smoke:
    def __init__(self, arguments, directory):
        self.arguments, self.directory = arguments, directory
        self.pki = Pki(os.path.join(directory, "pki"))
        # A CRL with something in it, as people have.
        for name in ("lost", "stolen"):
            self.pki.intermediate.revoke(self.pki.client(name, name=name))
        self.pki.bundle()
        client = self.pki.client("alice", ou="engineering", name="alice")
        server_core, self.client_core = arguments.cores
        self.server_core = server_core
        self.load = Load(arguments.build, self.client_core, self.pki, client)
        self.span = f"{arguments.seconds * 1000:.0f}ms"
        self.started = 0
        self.figures = {}

    def server(self, kind):
        self.started += 1
        folder = os.path.join(self.directory, f"{kind.name}.{self.started}")
        return kind(folder, self.server_core, self.pki, self.backend.port)

    def note(self, server, key, value):
        self.figures.setdefault((server.name, key), []).append(value)

    def measure_handshakes(self, server):
        result, cpu_s = self.meter.run(self.load, server, "handshake", "/1k", "--connections", "16", "--duration", self.span)
        self.note(server, "handshake_rate", result["client_rate"])
        self.note(server, "handshake_cpu", cpu_s / result["operations"])

    def measure_requests(self, server):
        result, cpu_s = self.meter.run(self.load, server, "request", "/1k", "--connections", "32", "--duration", self.span)
        self.note(server, "request_rate", result["client_rate"])
        self.note(server, "request_cpu", cpu_s / result["operations"])
        self.note(server, "request_p99", result["latency_us"]["p99"])

    def measure_download(self, server):
        result, cpu_s = self.meter.run(self.load, server, "stream", "/large", "--connections", "1", "--requests", "1")
        assert result["content_bytes"] == Backend.large_bytes
        self.note(server, "download_rate", result["content_mb_per_s"])
        self.note(server, "download_cpu", cpu_s / (Backend.large_bytes / 1e9))

    def measure_speed(self, kinds):
        """All servers run, and one at a time has something to do: what is compared is seconds apart."""
        with contextlib.ExitStack() as stack:
            servers = [stack.enter_context(self.server(kind)) for kind in kinds]
            for server in servers:
                self.load.run("handshake", server.port, "/1k", "--connections", "8", "--requests", "100")
            for measure in (self.measure_handshakes, self.measure_requests, self.measure_download):
                for server in servers:
                    measure(server)
        for server in servers:
            shutil.rmtree(server.directory)

    def measure_memory(self, kind):
        """On a fresh server, so that no freed memory hides what a connection takes."""
        with self.server(kind) as server:
            time.sleep(0.3)
            start = server.memory()
            count = self.arguments.idle
            with self.load.holding(server.port, "/1k", "--connections", str(count), "--duration", "60s"):
                time.sleep(1)
                full = server.memory()
        for name, before, after in zip(("pss", "rss"), start, full):
            self.note(server, "start_" + name, before)
            self.note(server, "idle_" + name, (after - before) / count)
        shutil.rmtree(server.directory)

    def run(self, kinds):
        backend_folder = os.path.join(self.directory, "backend")
        with Backend(backend_folder, self.client_core) as self.backend:
            self.meter = Meter(self.backend)
            for number in range(self.arguments.rounds):
                # Who comes first changes, so that what a round does to the machine hits both alike.
                order = kinds if number % 2 == 0 else kinds[::-1]
                for kind in order:
                    self.measure_memory(kind)
                self.measure_speed(order)
                print(f"round {number + 1} of {self.arguments.rounds}", file=sys.stderr, flush=True)

    def ratio(self, key, more_is_better):
        """Median of the rounds' ratios, turned so that above 1 Postern is better."""
        pairs = zip(self.figures[("postern", key)], self.figures[("nginx", key)])
        return statistics.median(mine / other if more_is_better else other / mine for mine, other in pairs)

    def report(self, kinds):
        names = [kind.name for kind in kinds]
        print(f"{platform.machine()}, {os.cpu_count()} cores, NGINX {version('nginx', '-v')}, OpenSSL {version('openssl', 'version')}")
        print(f"medians of {self.arguments.rounds} interleaved rounds; server on core {self.server_core}, load and "
              f"backend on core {self.client_core}\n")
        print(f"{'':36}{'':8}" + "".join(f"{name:>12}" for name in names) +
              (f"{'ratio':>9}" if len(names) == 2 else ""))
        behind = []
        for key, text, unit, more_is_better, divisor in FIGURES:
            text = text.format(megabytes=self.arguments.megabytes)
            row = f"{text:36}{unit:8}"
            for name in names:
                row += f"{statistics.median(self.figures[(name, key)]) / divisor:12.1f}"
            if len(names) == 2:
                ratio = self.ratio(key, more_is_better)
                row += f"{ratio:9.2f}" + ("" if ratio >= LEVEL else "  behind")
                behind += [] if ratio >= LEVEL else [key]
            print(row)
        if len(names) == 2:
            print("\nratio: above 1, postern is better (the median of the rounds' ratios)")
        others = statistics.mean(self.meter.others)
        if others > 0.1:
            print(f"other processes kept {others:.1f} cores busy meanwhile: trust the CPU more than the rates")
        for name, mode in sorted(self.meter.client_bound):
            print(f"{mode} of {name}: the client's core was full; its rate is no figure of the server, the CPU is")
        return behind


def parse_arguments():
    parser = argparse.ArgumentParser(prog="bench/smoke.sh", description=__doc__)
    parser.add_argument("--build", required=True, help="build directory with postern and postern-bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2, help="length of each measurement of a rate")
    parser.add_argument("--idle", type=int, default=2000, help="idle connections")
    parser.add_argument("--megabytes", type=int, default=1024, help="MiB of the download")
    parser.add_argument("--only", choices=["nginx", "postern"], help="measure just one")
    parser.add_argument("--save", metavar="FILE", help="write every round's figures as JSON")
    arguments = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    arguments.build = os.path.abspath(arguments.build)
    arguments.cores = (cores[0], cores[-1])
    if len(cores) < 2:
        print("there is only one core: load and server disturb each other", file=sys.stderr)
    return arguments


def main():
    arguments = parse_arguments()
    Postern.build = arguments.build
    Backend.large_bytes = arguments.megabytes << 20
    kinds = [kind for kind in (Nginx, Postern) if arguments.only in (None, kind.name)]
    directory = tempfile.mkdtemp(prefix="postern-smoke-")
    os.chmod(directory, 0o755)
    try:
        smoke = Smoke(arguments, directory)
        smoke.run(kinds)
        behind = smoke.report(kinds)
        if arguments.save:
            with open(arguments.save, "w", encoding="utf-8") as file:
                json.dump({f"{name}.{key}": values for (name, key), values in smoke.figures.items()}, file, indent=1)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    sys.exit(1 if behind else 0)


main()
