"""The measurements of bench/compare.sh: Postern beside other gateways, interleaved, medians and ratios."""

import argparse
import contextlib
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from types import SimpleNamespace

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "tests", "integration")]

import page  # noqa: E402
from abilities import abilities_of  # noqa: E402
from crls import Crls  # noqa: E402
from load import Load  # noqa: E402
from meter import Meter, version  # noqa: E402
from peers import NGINX_GATEWAY, Backend, Nginx, Postern  # noqa: E402
from proxies import PROXIES, Bare, with_one_ticket  # noqa: E402
from standing import Standing  # noqa: E402
from support.pki import Pki  # noqa: E402

# All of them may choose; the client makes them choose the same.
CIPHER = "TLS_AES_128_GCM_SHA256"
SEEN_BEFORE = 8  # times that a client is known by, before anything is measured


class DefaultNginx(Nginx):
    """As many tickets as OpenSSL sends by itself."""

    template = NGINX_GATEWAY.replace("        ssl_conf_command NumTickets 1;\n", "")
    version = ("nginx", "-v")


class DefaultPostern(Postern):
    version = None


KINDS = (DefaultPostern, DefaultNginx, *PROXIES, Bare)
# Whose tickets are not OpenSSL's, or one already.
OWN_TICKETS = ("postern", "caddy")


class Compare:
    def __init__(self, arguments, directory):
        self.arguments, self.directory = arguments, directory
        self.server_core, self.client_core = arguments.cores
        self.pki = Pki(os.path.join(directory, "pki"))
        self.lost = self.pki.client("lost", name="lost")
        self.pki.revoke(self.lost)
        self.alice = self.pki.client("alice", ou="engineering", name="alice")
        # Who resumes is somebody else, since Postern gives no tickets to those who do not use them.
        self.bob = self.pki.client("bob", ou="engineering", name="bob")
        rsa = self.pki.intermediate.issue("server-rsa", "/CN=localhost", eku="serverAuth", san="DNS:localhost", key="rsa2048")
        self.rsa = SimpleNamespace(**{**vars(self.pki), "server": rsa})
        self.crls = Crls(self.pki, arguments.build, os.path.join(directory, "clients"))
        self.seen = self.crls.clients("seen", arguments.seen)
        self.standing = Standing()
        self.abilities, self.results = {}, []
        self.kinds = [kind for kind in KINDS if kind.name in arguments.peers]
        self.started = 0
        self.step, self.steps, self.began = 0, 0, time.monotonic()

    # What runs

    def server(self, kind, pki=None):
        self.started += 1
        folder = os.path.join(self.directory, f"server.{self.started}")
        return kind(folder, self.server_core, pki or self.pki, self.backend.port)

    def load(self, client):
        return Load(self.arguments.build, self.client_core, self.pki, client)

    def is_wanted(self, group):
        return self.arguments.only is None or group in self.arguments.only

    def start(self, stack, kinds, pki=None):
        """[(server, "" or "_1t")]: as many tickets as by default, and one as Postern."""
        started = [(stack.enter_context(self.server(kind, pki)), "") for kind in kinds]
        if self.arguments.one_ticket:
            started += [(stack.enter_context(self.server(with_one_ticket(kind, self.directory), pki)), "_1t")
                        for kind in kinds if kind.name not in OWN_TICKETS]
        return started

    # What is measured: each notes one value of one server

    def run(self, server, key, load, mode, path, *options):
        self.progress(f"{key}, {server.name}")
        result, cpu_s = self.meter.run(load, server, mode, path, "--ciphers", CIPHER, *options)
        self.results.append({"row": key, "server": server.name, "round": self.round, "server_cpu_s": round(cpu_s, 6),
                             "result": result})
        return result, cpu_s

    def handshakes(self, server, key, client, *options):
        result, cpu_s = self.run(server, key, self.load(client), "handshake", "/1k", "--connections", "16", "--requests",
                                 str(self.arguments.handshakes), *options)
        self.standing.note(key, server.name, result["operations"] / cpu_s)
        return result

    def full_seen(self, server, suffix, row="full_seen"):
        self.handshakes(server, row + suffix, self.seen, "--certs", self.seen.all)

    def full_rsa(self, server, suffix):
        self.full_seen(server, suffix, "full_rsa")

    def full_new(self, server, suffix):
        """As many handshakes as there are clients, so that none comes twice to the same server."""
        self.handshakes(server, "full_new" + suffix, self.new, "--certs", self.new.all)

    def resumed(self, server, suffix):
        result = self.handshakes(server, "resumed" + suffix, self.bob, "--resume")
        self.standing.note("resumed_share" + suffix, server.name, 100 * result["resumed"] / max(1, result["handshakes"]))

    def requests(self, server, _):
        result, cpu_s = self.run(server, "requests", self.load(self.alice), "request", "/1k", "--connections", "32",
                                 "--requests", str(self.arguments.requests))
        self.standing.note("requests", server.name, result["operations"] / cpu_s)
        self.standing.note("requests_p99", server.name, result["latency_us"]["p99"])

    def download(self, server, _):
        times = self.arguments.downloads
        result, cpu_s = self.run(server, "download", self.load(self.alice), "stream", "/large", "--connections", "1",
                                 "--requests", str(times))
        if result["content_bytes"] != Backend.large_bytes * times:
            raise RuntimeError(f"{server.name}: {result['content_bytes']} bytes of content")
        self.standing.note("download", server.name, result["content_bytes"] / 1e6 / cpu_s)

    def memory(self, kind):
        """On a fresh server, so that no freed memory hides what a connection takes."""
        self.progress(f"memory, {kind.name}")
        count = self.arguments.idle
        with self.server(kind) as server:
            time.sleep(0.5)
            start, _ = server.memory()
            with self.load(self.alice).holding(server.port, "/1k", "--connections", str(count), "--duration", "60s"):
                time.sleep(1)
                full, _ = server.memory()
        self.standing.note("start", server.name, start / (1 << 20))
        self.standing.note("idle", server.name, (full - start) / count / (1 << 10))
        shutil.rmtree(server.directory)

    # The order of it

    def plan(self, stack):
        """[(measure, [(server, suffix)])]: what each round does."""
        proxies = [kind for kind in self.kinds if kind is not Bare]
        servers, rsa = self.start(stack, self.kinds), []
        plain = [(server, suffix) for server, suffix in servers if suffix == "" and server.name != Bare.name]
        if self.is_wanted("rsa"):
            rsa = self.start(stack, self.kinds, self.rsa)
        for server, suffix in plain:
            self.progress(f"abilities, {server.name}")
            self.abilities[server.name] = abilities_of(server, self.pki, self.alice, self.lost)
        assert len(plain) == len(proxies)
        rows = [("full", self.full_seen, servers), ("full", self.full_new, servers), ("rsa", self.full_rsa, rsa),
                ("resumed", self.resumed, servers), ("requests", self.requests, plain), ("download", self.download, plain)]
        self.meet(servers + rsa)
        return [(measure, some) for group, measure, some in rows if self.is_wanted(group)]

    def meet(self, servers):
        """Every server has seen the clients that it is said to have seen."""
        for server, _ in servers if self.is_wanted("full") or self.is_wanted("rsa") else []:
            self.progress(f"introductions, {server.name}")
            self.load(self.seen).run("handshake", server.port, "/1k", "--connections", "16", "--certs", self.seen.all,
                                     "--requests", str(self.arguments.seen * SEEN_BEFORE))

    def one_round(self, plan, number):
        self.round = number
        # Who comes first changes, so that what a round does to the machine hits all alike.
        way = 1 if number % 2 == 0 else -1
        self.new = self.crls.clients(f"new.{number}", self.arguments.handshakes)
        for measure, servers in plan:
            for server, suffix in servers[::way]:
                measure(server, suffix)
        for kind in self.kinds[::way] if self.is_wanted("memory") else []:
            self.memory(kind)

    def measure(self):
        with contextlib.ExitStack() as stack:
            self.backend = stack.enter_context(Backend(os.path.join(self.directory, "backend"), self.client_core))
            self.meter = Meter(self.backend)
            plan = self.plan(stack)
            self.step, self.began = 0, time.monotonic()
            per_round = sum(len(servers) for _, servers in plan) + len(self.kinds) * self.is_wanted("memory")
            self.steps = per_round * self.arguments.rounds
            for number in range(self.arguments.rounds):
                self.one_round(plan, number)
                if not sys.stderr.isatty():
                    print(f"round {number + 1} of {self.arguments.rounds}", file=sys.stderr, flush=True)
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)

    def progress(self, what):
        if self.steps and sys.stderr.isatty():
            left_s = (time.monotonic() - self.began) * (self.steps / max(1, self.step) - 1)
            print(f"\r\033[K{self.step} of {self.steps}, {left_s / 60:.0f} min left: {what}", end="", file=sys.stderr, flush=True)
        elif sys.stderr.isatty():
            print(f"\r\033[K{what}", end="", file=sys.stderr, flush=True)
        self.step += 1

    # What is said

    def machine(self):
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
        return f"{models[0] if models else platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}"

    def report(self):
        names = [kind.name for kind in self.kinds]
        versions = {kind.name: version(*kind.version) for kind in self.kinds if kind.version}
        versions["openssl"] = version("openssl", "version")
        print(self.machine())
        print(", ".join(f"{name} {number}" for name, number in versions.items() if name != Bare.name))
        print(f"medians of {self.arguments.rounds} interleaved rounds; each server one worker on core {self.server_core}, load "
              f"and backend on core {self.client_core}; TLS 1.3, X25519, {CIPHER}, P-256 chain of three\n")
        self.standing.print_rows(names)
        self.standing.print_abilities(names, self.abilities)
        missed = self.standing.print_targets()
        others = statistics.mean(self.meter.others) if self.meter.others else 0
        if others > 0.1:
            print(f"\nother processes kept {others:.1f} cores busy meanwhile: ratios hold better than figures, and p99 is theirs")
        return missed

    def found(self):
        return {"machine": self.machine(), "rounds": self.arguments.rounds, "peers": [kind.name for kind in self.kinds],
                "rows": self.standing.rows(), "targets": self.standing.targets(), "abilities": self.abilities,
                "others": self.meter.others, "results": self.results}


def names_of(text, known):
    names = text.split(",")
    for name in names:
        if name not in known:
            raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(known)}")
    return names


def parse_arguments():
    peers = [kind.name for kind in KINDS]
    groups = ("full", "rsa", "resumed", "requests", "download", "memory")
    parser = argparse.ArgumentParser(prog="bench/compare.sh", description=__doc__)
    parser.add_argument("--build", required=True, help="build directory with postern and postern-bench")
    parser.add_argument("--peers", type=lambda text: names_of(text, peers), default=peers, metavar="NAME,...",
                        help="of " + ", ".join(peers))
    parser.add_argument("--only", type=lambda text: names_of(text, groups), metavar="GROUP,...", help="of " + ", ".join(groups))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--handshakes", type=int, default=700, help="of each kind, each round")
    parser.add_argument("--requests", type=int, default=30000, help="on connections that are kept alive, each round")
    parser.add_argument("--seen", type=int, default=50, help="clients that come again and again")
    parser.add_argument("--idle", type=int, default=1000, help="idle connections")
    parser.add_argument("--megabytes", type=int, default=100, help="MiB of the download")
    parser.add_argument("--downloads", type=int, default=8, help="downloads a round")
    parser.add_argument("--no-one-ticket", dest="one_ticket", action="store_false",
                        help="only as many tickets as by default")
    parser.add_argument("--quick", action="store_true", help="short rounds: shows that it works")
    parser.add_argument("--save", metavar="FILE", help="write every result as JSON")
    parser.add_argument("--page", metavar="FILE", help="write a page with plots, HTML")
    parser.add_argument("--svg", metavar="DIR", help="write the plots alone, SVG")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rounds, arguments.handshakes, arguments.requests, arguments.seen = 2, 100, 1000, 16
        arguments.idle, arguments.megabytes, arguments.downloads = 100, 20, 1
    cores = sorted(os.sched_getaffinity(0))
    arguments.build = os.path.abspath(arguments.build)
    arguments.cores = (cores[0], cores[-1])
    if len(cores) < 2:
        print("there is only one core: load and server disturb each other", file=sys.stderr)
    return arguments


def main():
    arguments = parse_arguments()
    DefaultPostern.build = Bare.build = arguments.build
    Backend.large_bytes = arguments.megabytes << 20
    directory = tempfile.mkdtemp(prefix="postern-compare-")
    os.chmod(directory, 0o755)
    try:
        compare = Compare(arguments, directory)
        compare.measure()
        missed = compare.report()
        if arguments.save:
            with open(arguments.save, "w", encoding="utf-8") as file:
                json.dump(compare.found(), file, indent=1)
        if arguments.page or arguments.svg:
            page.write(arguments.build, compare.found(), arguments.page, arguments.svg)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    sys.exit(1 if missed else 0)


main()
