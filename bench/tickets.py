"""What session tickets cost and save: server CPU for a full and for a resumed handshake, each with one GET, TLS 1.3,
with and without tickets, in NGINX and Postern, interleaved. `bench/tickets.py --build build/release`."""

import argparse
import contextlib
import json
import os
import shutil
import statistics
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "tests", "integration")]

from load import Load  # noqa: E402
from peers import NGINX_GATEWAY, Backend, Nginx, Postern  # noqa: E402
from server import write  # noqa: E402
from support.pki import Pki  # noqa: E402


SECRET = "ticket.secret"


def nginx(tickets):
    """NGINX with so many tickets."""
    template = NGINX_GATEWAY.replace("NumTickets 1", f"NumTickets {tickets}")
    if tickets == 0:
        template = template.replace("ssl_session_tickets on", "ssl_session_tickets off")
    return type("NginxTickets", (Nginx,), {"name": f"nginx, {tickets} tickets", "template": template})


def postern(name, build, settings):
    """The gateway of a build directory with settings of [tls]."""
    def configure(self):
        self.build = build
        command = Postern.configure(self)
        with open(command[-1], encoding="utf-8") as file:
            text = file.read().replace("[client_auth]", settings + "\n[client_auth]")
        write(command[-1], text)
        os.close(os.open(os.path.join(self.directory, SECRET), os.O_CREAT | os.O_WRONLY, 0o600))
        write(os.path.join(self.directory, SECRET), os.urandom(32).hex())
        return command
    return type("PosternTickets", (Postern,), {"name": name, "configure": configure})


def measure(load, server, span, *options):
    before = server.cpu_s()
    result = json.loads(load.run("handshake", server.port, "/1k", "--connections", "8", "--warmup", "300ms",
                                 "--duration", span, *options))
    if result["failures"]:
        raise RuntimeError(f"{server.name}: {result['failures_by_cause']}\n{server.output()}")
    return (server.cpu_s() - before) / (result["operations"] * 1.0), result


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True)
    parser.add_argument("--other", metavar="BUILD", help="another build, to be measured beside it")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    arguments = parser.parse_args()
    build = os.path.abspath(arguments.build)
    kinds = [nginx(0), nginx(1), nginx(2), postern("postern, no tickets", build, "session_tickets = no"),
             postern("postern, held by tickets", build, f"ticket_secret = {SECRET}"), postern("postern", build, "")]
    if arguments.other:
        kinds.append(postern("other postern", os.path.abspath(arguments.other), ""))
    cores = sorted(os.sched_getaffinity(0))
    directory = tempfile.mkdtemp(prefix="postern-tickets-")
    os.chmod(directory, 0o755)
    figures = {}
    try:
        pki = Pki(os.path.join(directory, "pki"))
        load = Load(build, cores[-1], pki, pki.client("alice", ou="engineering", name="alice"))
        span = f"{arguments.seconds * 1000:.0f}ms"
        with contextlib.ExitStack() as stack:
            backend = stack.enter_context(Backend(os.path.join(directory, "backend"), cores[-1], pki, 0))
            servers = [stack.enter_context(kind(os.path.join(directory, str(i)), cores[0], pki, backend.port))
                       for i, kind in enumerate(kinds)]
            for number in range(arguments.rounds):
                for server in servers if number % 2 == 0 else servers[::-1]:
                    for mode, options in (("full", ()), ("resumed", ("--resume",))):
                        cpu_s, result = measure(load, server, span, *options)
                        share = result["resumed"] / max(1, result["handshakes"])
                        figures.setdefault((server.name, mode), []).append((cpu_s, share))
                print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr, flush=True)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    print(f"{'':24}{'full':>10}{'resumed':>10}   us of server CPU, medians of {arguments.rounds} rounds; share resumed")
    for kind in kinds:
        full, resumed = (figures[(kind.name, mode)] for mode in ("full", "resumed"))
        print(f"{kind.name:24}{statistics.median(f[0] for f in full) * 1e6:10.0f}"
              f"{statistics.median(f[0] for f in resumed) * 1e6:10.0f}   {statistics.median(f[1] for f in resumed):.2f}")


main()
