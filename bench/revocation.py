"""The measurements of bench/revocation.sh: what revocation costs and how soon it bites, Postern beside NGINX."""

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

from crls import Crls, Publisher  # noqa: E402
from held import KINDS, Held, Streams  # noqa: E402
from load import Load  # noqa: E402
from peers import Backend, Nginx, Postern  # noqa: E402
from support.pki import Pki, make_key  # noqa: E402

FORGED = 100
PAUSE_RATE = "1000"  # requests a second while pauses are looked for
ROOM_BYTES = 4 << 30
WATCHED_S = 5  # that NGINX is watched for a cut


class Postern2(Postern):
    """As it is used: a worker for each core."""

    workers = 2


def busy_s():
    """CPU time that the whole machine has spent on anything. proc(5), stat."""
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, _, _, irq, softirq = (int(word) for word in file.readline().split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def held_bytes(server):
    """Memory of a process tree: its own pages proportionally, and every sealed memory once, mapped or not."""
    own, sealed = 0, {}
    for pid in server.tree():
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            own += sum(int(line.split()[1]) * 1024 for line in file if line.startswith(("Pss_Anon:", "Pss_File:")))
        for name in os.listdir(f"/proc/{pid}/fd"):
            path = f"/proc/{pid}/fd/{name}"
            with contextlib.suppress(OSError):
                if os.readlink(path).startswith("/memfd:"):
                    status = os.stat(path)
                    sealed[status.st_ino] = status.st_blocks * 512
    return own + sum(sealed.values())


class Revocation:
    def __init__(self, arguments, directory):
        self.arguments, self.directory = arguments, directory
        self.pki = Pki(os.path.join(directory, "pki"))
        self.crls = Crls(self.pki, arguments.build, os.path.join(directory, "crls"))
        self.clients = self.crls.clients("clients", max(arguments.clients, arguments.cuts))
        self.forged = self.crls.clients("forged", FORGED, make_key(os.path.join(directory, "forger.key"), "p256"))
        self.server_core, self.client_core = arguments.cores
        self.load = Load(arguments.build, self.client_core, self.pki, self.clients)
        self.forger = Load(arguments.build, self.client_core, self.pki, self.forged)
        self.span = f"{arguments.seconds * 1000:.0f}ms"
        self.started, self.missed, self.others, self.began_s = 0, [], [], time.monotonic()

    # What is said

    def print(self, text):
        if sys.stderr.isatty():
            print("\x1b[K", end="", file=sys.stderr, flush=True)
        print(text, flush=True)

    def say(self, letter, text, figure, target, is_met):
        self.print(f"({letter}) {text:58} {figure:>34}   {target:16} {'met' if is_met else 'MISSED'}")
        self.missed += [] if is_met else [letter]

    def tell(self, text, figure):
        self.print(f"    {text:58} {figure:>34}")

    def progress(self, text):
        """What is being measured, and for how long all has taken: on a terminal in one line."""
        end = "\x1b[K\r" if sys.stderr.isatty() else "\n"
        print(f"{time.monotonic() - self.began_s:4.0f} s: {text}", end=end, file=sys.stderr, flush=True)

    # Servers

    def server(self, kind, entries, backend_port=None, core=None):
        self.started += 1
        name = f"{self.started}"
        place = self.crls.place(kind, name, entries)
        return kind(os.path.join(self.directory, f"{kind.name}.{name}"), core or self.server_core, place,
                    backend_port or self.backend.port)

    def measure(self, server, load, *options, statuses=(0, 3)):
        """One run of handshakes: its result, and the CPU that the server spent on it."""
        before, busy_before, began = server.cpu_s(), busy_s(), time.monotonic()
        backend_before = self.backend.cpu_s()
        result = json.loads(load.run("handshake", server.port, "/1k", "--warmup", "0ms", "--certs", load.client.all,
                                     "--timeout", "60s", *options, statuses=statuses))
        cpu_s = server.cpu_s() - before
        ours = cpu_s + result["client_cpu"]["seconds"] + self.backend.cpu_s() - backend_before
        self.others.append(max(0, (busy_s() - busy_before - ours) / (time.monotonic() - began)))
        return result, cpu_s

    # (a), (b): every size of both runs at the same time; one at a time has something to do.

    def handshakes(self, server, *effort):
        result, cpu_s = self.measure(server, self.load, *effort)
        if result["failures"]:
            raise RuntimeError(f"{server.name}: {result['failures_by_cause']}\n{server.output()}")
        return result["client_rate"], cpu_s / result["operations"]

    def forgeries(self, server, *effort):
        result, cpu_s = self.measure(server, self.forger, *effort, statuses=(0, 1, 3))
        if result["operations"] or not result["failures"]:
            raise RuntimeError(f"{server.name} admits forgeries: {result}")
        return cpu_s / result["failures"]

    def costs(self):
        sizes, rounds = self.arguments.sizes, self.arguments.rounds
        rates, cpu, forged = {}, {}, {}
        with contextlib.ExitStack() as stack:
            servers = {(kind.name, size): stack.enter_context(self.server(kind, size))
                       for size in sizes for kind in (Postern, Nginx)}
            for server in servers.values():
                self.load.run("handshake", server.port, "/1k", "--connections", "4", "--requests", "20", "--timeout",
                              "60s", "--certs", self.clients.all)
            for number in range(rounds):
                for key in list(servers) if number % 2 == 0 else reversed(list(servers)):
                    # A handshake of NGINX's may take a fifth of a second: of sixteen at once none would end in time.
                    is_slow = key[0] == "nginx" and key[1] >= 100_000
                    effort = ("--connections", "2", "--requests", "10") if is_slow else (
                        "--connections", "16", "--duration", self.span)
                    rate, cost = self.handshakes(servers[key], *effort)
                    rates.setdefault(key, []).append(rate)
                    cpu.setdefault(key, []).append(cost)
                    forged.setdefault(key, []).append(self.forgeries(servers[key], *effort))
                self.progress(f"(a), (b): round {number + 1} of {rounds}")
        self.report_costs(rates, cpu, forged)

    def report_costs(self, rates, cpu, forged):
        middle = statistics.median
        none, most = self.arguments.sizes[0], self.arguments.sizes[-1]
        for size in self.arguments.sizes:
            ours, other = ("postern", size), ("nginx", size)
            self.tell(f"full handshakes, {size:,} revoked (NGINX)", f"{middle(rates[ours]):.0f}/s ({middle(rates[other]):.0f}/s)")
            self.tell("  server CPU for each", f"{middle(cpu[ours]) * 1e6:.0f} us ({middle(cpu[other]) * 1e6:.0f} us)")

        def ratio(values, key, base):
            return middle(mine / other for mine, other in zip(values[key], values[base]))

        # Where others keep the machine busy a rate is theirs as much as ours, and CPU says more.
        noisy = statistics.mean(self.others) > 0.1
        how = "by CPU: others are busy" if noisy else "by rate"
        large = 1 / ratio(cpu, ("postern", most), ("postern", none)) if noisy else \
            ratio(rates, ("postern", most), ("postern", none))
        beside = 1 / ratio(cpu, ("postern", none), ("nginx", none)) if noisy else \
            ratio(rates, ("postern", none), ("nginx", none))
        self.say("a", f"handshakes at {most:,} of those at {none:,}, {how}", f"{large:.3f}", ">= 0.95", large >= 0.95)
        self.say("a", f"handshakes at {none:,} of NGINX's, {how}", f"{beside:.2f}", ">= 1", beside >= 1)
        cost = ratio(forged, ("postern", most), ("postern", none))
        self.tell(f"CPU for a forged certificate at {none:,} (NGINX)",
                  f"{middle(forged['postern', none]) * 1e6:.0f} us ({middle(forged['nginx', none]) * 1e6:.0f} us)")
        self.tell(f"CPU for a forged certificate at {most:,} (NGINX)",
                  f"{middle(forged['postern', most]) * 1e6:.0f} us ({middle(forged['nginx', most]) * 1e6:.0f} us)")
        self.say("b", "a forged certificate, most entries to none", f"{cost:.3f}", "<= 1.05", cost <= 1.05)

    # (c), (d), (e)

    def in_force(self, kind, size):
        """Seconds from rename to in force, several times over."""
        with self.server(kind, size, core=self.both_cores()) as server:
            publisher = Publisher(server)
            publisher.publish(self.crls.prepare(server, size))
            times = []
            for number in range(self.arguments.rounds):
                self.progress(f"(c) {server.name}, {size:,} entries: round {number + 1} of {self.arguments.rounds}")
                times.append(publisher.publish(self.crls.prepare(server, size)))
            return statistics.median(times)

    def both_cores(self):
        return f"{self.server_core},{self.client_core}"

    def delays(self):
        for size, limit_s in ((self.arguments.sizes[-1], 1), (self.arguments.sizes[1], 0.1)):
            ours, other = self.in_force(Postern2, size), self.in_force(Nginx, size)
            self.say("c", f"rename to in force on 2 workers, {size:,} entries (NGINX)", f"{ours:.3f} s ({other:.3f} s)",
                     f"< {limit_s} s", ours < limit_s)

    def pause(self, kind, entries):
        """(longest latency over the median while CRLs are loaded, the same without), seconds, medians of the rounds."""
        busy, calm = [], []
        with self.server(kind, entries, core=self.both_cores()) as server:
            publisher = Publisher(server)
            publisher.publish(self.crls.prepare(server, entries))
            for number in range(self.arguments.rounds):
                self.progress(f"(d) {server.name}: round {number + 1} of {self.arguments.rounds}")
                for longest, is_busy in ((calm, False), (busy, True)):
                    move = self.crls.prepare(server, entries)
                    # Not as many as it can: what waits for a core then waits for the load as well.
                    with self.load.running("request", server.port, "/1k", "--connections", "2", "--warmup", "200ms",
                                           "--rate", PAUSE_RATE, "--duration", "60s") as result:
                        # NGINX takes seconds to open two connections at a million entries.
                        time.sleep(0.5 if server.name == "postern" else 3)
                        if is_busy:
                            publisher.publish(move)
                        else:
                            time.sleep(0.5)
                    latency = json.loads(result[0]).get("latency_us")
                    # Who was not served at all waited for ever.
                    longest.append((latency["max"] - latency["p50"]) / 1e6 if latency else float("inf"))
        return statistics.median(busy), statistics.median(calm)

    def pauses(self):
        most = self.arguments.sizes[-1]
        ours, calm = self.pause(Postern2, most)
        other, _ = self.pause(Nginx, most)
        self.say("d", f"longest pause while {most:,} entries come in (NGINX)", f"{ours * 1e3:.1f} ms ({other * 1e3:.1f} ms)",
                 "< 10 ms", ours < 0.010)
        self.tell("  without any change", f"{calm * 1e3:.1f} ms")

    def memory(self, kind, entries):
        self.progress(f"(e) {kind.name}, {entries:,} entries")
        with self.server(kind, entries, core=self.both_cores()) as server:
            self.load.run("handshake", server.port, "/1k", "--connections", "4", "--requests", "40", "--timeout", "60s",
                          "--certs", self.clients.all)
            # Steady state: after a reload, when what the load needed is given back.
            Publisher(server).publish(self.crls.prepare(server, entries))
            self.load.run("handshake", server.port, "/1k", "--connections", "4", "--requests", "40", "--timeout", "60s",
                          "--certs", self.clients.all)
            time.sleep(1)
            return held_bytes(server)

    def memories(self):
        none, most = self.arguments.sizes[0], self.arguments.sizes[-1]
        added = {kind.name: (self.memory(kind, most) - self.memory(kind, none)) / (1 << 20) for kind in (Postern2, Nginx)}
        self.say("e", f"memory that {most:,} entries add, 2 workers (NGINX, 1)",
                 f"{added['postern']:.1f} MiB ({added['nginx']:.1f} MiB)", "< 32 MiB", added["postern"] < 32)

    # (f)

    def cuts(self):
        count = self.arguments.cuts
        with Streams() as streams, self.server(Postern2, 0, streams.port, self.both_cores()) as server:
            held = Held(server.port, self.clients, count, self.directory, self.pki.root.cert)
            publisher = Publisher(server)
            publisher.publish(self.crls.prepare(server, 0))
            delays, late = self.cut_each(held, server, publisher)
            strangers = len(held.ended) - len(delays)
            held.close()
        if not delays:
            raise RuntimeError("nobody was cut off")
        for index, kind in enumerate(KINDS):
            mine = [delay for number, delay in delays.items() if number % len(KINDS) == index]
            self.tell(f"  {kind}", f"p50 {percentile(mine, 50) * 1e3:.0f} ms, p99 {percentile(mine, 99) * 1e3:.0f} ms")
        every = list(delays.values())
        p50, p99 = percentile(every, 50), percentile(every, 99)
        self.say("f", f"rename to cut, seen by {len(every)} of {count} clients, one by one",
                 f"p50 {p50 * 1e3:.0f} ms, p99 {p99 * 1e3:.0f} ms", "p99 < 1 s", p99 < 1 and not late)
        self.say("f", "others that lost their connection meanwhile", str(strangers), "0", strangers == 0)
        self.nginx_cut()

    def cut_each(self, held, server, publisher):
        """{client: seconds from the rename to the end of its connection}, and how many were not cut."""
        delays, late = {}, 0
        for number in range(self.arguments.cuts):
            if number % 50 == 0:
                self.progress(f"(f) client {number + 1} of {self.arguments.cuts}")
            move = self.crls.prepare(server, 0, number + 1)
            held.watch(time.monotonic() + 0.01)
            began = time.monotonic()
            move()
            held.watch(began + 10, number)
            if number in held.ended:
                delays[number] = held.ended[number] - began
            late += number not in held.ended
            # The next rename belongs to the next generation.
            publisher.wait_for(r"generation \d+ in force", 10)
        return delays, late

    def nginx_cut(self):
        """What a reload of NGINX does to connections that are open: nothing asks them again."""
        with Streams() as streams, self.server(Nginx, 0, streams.port, self.both_cores()) as server:
            held = Held(server.port, self.clients, 3, self.directory, self.pki.root.cert)
            Publisher(server).publish(self.crls.prepare(server, 0, 3))
            held.watch(time.monotonic() + WATCHED_S)
            words = [f"{kind} {'ended' if index in held.ended else 'goes on'}" for index, kind in enumerate(KINDS)]
            held.close()
        self.tell(f"  NGINX, {WATCHED_S} s after its reload, all three revoked", ", ".join(words))

    # (g), (h)

    def lost(self, kind):
        """(requests lost, connections that had to be opened again) over many reloads under load."""
        with self.server(kind, self.arguments.sizes[1], core=self.both_cores()) as server:
            publisher = Publisher(server)
            publisher.publish(self.crls.prepare(server, self.arguments.sizes[1]))
            with self.load.running("request", server.port, "/1k", "--connections", "8", "--warmup", "0ms", "--duration",
                                   "3600s") as result:
                time.sleep(0.5)
                for number in range(self.arguments.reloads):
                    if number % 10 == 0:
                        self.progress(f"(g) {server.name}: reload {number + 1} of {self.arguments.reloads}")
                    publisher.publish(self.crls.prepare(server, self.arguments.sizes[1]))
        found = json.loads(result[0])
        return found["failures"], found["reconnects"], found["operations"]

    def losses(self):
        failures, reopened, count = self.lost(Postern2)
        other = self.lost(Nginx)
        self.say("g", f"requests lost of {count:,} in {self.arguments.reloads} reloads (NGINX)", f"{failures} ({other[0]})", "0",
                 failures == 0)
        self.tell("  connections that were closed on others (NGINX)", f"{reopened} ({other[1]})")

    def resumptions(self):
        most, rates, resumed = self.arguments.sizes[-1], {None: [], self.arguments.sizes[-1]: []}, []
        rounds = 4 * self.arguments.rounds
        with contextlib.ExitStack() as stack:
            servers = {size: stack.enter_context(self.server(Postern, size)) for size in (None, most)}
            # A hundredth more or less is what is asked, so it takes more of them.
            for number in range(rounds):
                self.progress(f"(h) round {number + 1} of {rounds}")
                for size, server in list(servers.items())[:: 1 if number % 2 == 0 else -1]:
                    before = server.cpu_s()
                    result = json.loads(self.load.run("handshake", server.port, "/1k", "--connections", "16", "--warmup",
                                                      "200ms", "--resume", "--duration", self.span))
                    rates[size].append(result["operations"] / (server.cpu_s() - before))
                    resumed.append(result["resumed"] / max(1, result["handshakes"]))
        if min(resumed) < 0.9:
            self.say("h", "resumed handshakes", f"only {min(resumed):.0%} were resumed", ">= 0.95", False)
            return
        ratio = statistics.median(mine / other for mine, other in zip(rates[most], rates[None]))
        self.say("h", f"resumed handshakes a CPU second, {most:,} to no crl", f"{ratio:.3f}", ">= 0.95", ratio >= 0.95)

    def run(self):
        print(f"{platform.machine()}, {os.cpu_count()} cores, {version('nginx', '-v')}, {version('openssl', 'version')}; "
              f"{self.arguments.rounds} rounds\n", flush=True)
        figures = [("ab", self.costs), ("c", self.delays), ("d", self.pauses), ("e", self.memories), ("f", self.cuts),
                   ("g", self.losses), ("h", self.resumptions)]
        with Backend(os.path.join(self.directory, "backend"), self.client_core) as self.backend:
            for letters, figure in figures:
                if set(letters) & set(self.arguments.only):
                    figure()
        if self.others and statistics.mean(self.others) > 0.1:
            print(f"\nother processes kept {statistics.mean(self.others):.1f} cores busy during (a) and (b)")
        return self.missed


def version(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return (done.stdout + done.stderr).strip().splitlines()[0].replace("nginx version: ", "")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="bench/revocation.sh", description=__doc__)
    parser.add_argument("--build", required=True, help="build directory")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: it shows that the script works, and no more")
    parser.add_argument("--rounds", type=int, help="repetitions of each figure (5)")
    parser.add_argument("--seconds", type=float, help="length of each measurement of a rate (2)")
    parser.add_argument("--cuts", type=int, help="connections that are held and then cut, one by one (1000)")
    parser.add_argument("--reloads", type=int, help="reloads under load (100)")
    parser.add_argument("--only", default="abcdefgh", metavar="LETTERS", help="just these figures")
    arguments = parser.parse_args()
    usual = (1, 0.5, 6, 3) if arguments.quick else (5, 2, 1000, 100)
    for name, value in zip(("rounds", "seconds", "cuts", "reloads"), usual):
        if getattr(arguments, name) is None:
            setattr(arguments, name, value)
    arguments.sizes = (0, 10, 1000, 20000) if arguments.quick else (0, 1000, 100_000, 1_000_000)
    arguments.clients = 50 if arguments.quick else 1000
    arguments.build = os.path.abspath(arguments.build)
    cores = sorted(os.sched_getaffinity(0))
    arguments.cores = (cores[0], cores[-1])
    return arguments


def main():
    arguments = parse_arguments()
    Postern.build = arguments.build
    Backend.large_bytes = 1 << 20
    # In memory if there is room: a CRL of 66 MB that is on its way to a disk holds up whoever else writes to it.
    has_room = os.path.isdir("/dev/shm") and shutil.disk_usage("/dev/shm").free > ROOM_BYTES
    directory = tempfile.mkdtemp(prefix="postern-revocation-", dir="/dev/shm" if has_room else None)
    os.chmod(directory, 0o755)
    try:
        missed = Revocation(arguments, directory).run()
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    print("\nall targets met" if not missed else f"\nmissed: {', '.join(sorted(set(missed)))}")
    sys.exit(1 if missed else 0)


main()
