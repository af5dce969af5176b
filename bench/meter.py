"""One run of load against one server, and what it cost the server. Notes what else the machine did meanwhile."""

import json
import os
import re
import subprocess
import time


def busy_s():
    """CPU time that the whole machine has spent on anything. proc(5), stat."""
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, _, _, irq, softirq = (int(word) for word in file.readline().split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def version(*command):
    """The version that a program says of itself."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    return re.search(r"\d+\.\d+[\w.+-]*", done.stdout + done.stderr)[0]


class Meter:
    """others: cores that strangers kept busy, one number a run. client_bound: (server, mode) whose rate is the client's."""

    def __init__(self, backend):
        self.backend, self.others, self.client_bound = backend, [], set()

    def run(self, load, server, mode, path, *options):
        """The result, and the CPU seconds that the server's process tree spent on it. No failure is tolerated."""
        before, backend_before, busy_before, began = server.cpu_s(), self.backend.cpu_s(), busy_s(), time.monotonic()
        result = json.loads(load.run(mode, server.port, path, "--warmup", "0ms", *options))
        cpu_s, wall_s = server.cpu_s() - before, time.monotonic() - began
        ours = cpu_s + self.backend.cpu_s() - backend_before + result["client_cpu"]["seconds"]
        self.others.append(max(0, (busy_s() - busy_before - ours) / wall_s))
        if result["failures"]:
            raise RuntimeError(f"{server.name}, {mode}: {result['failures_by_cause']}\n{server.output()}")
        if result["client_bound"]:
            self.client_bound.add((server.name, mode))
        return result, cpu_s
