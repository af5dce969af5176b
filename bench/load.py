"""postern-bench, pinned to a core: load for a server."""

import contextlib
import os
import select
import subprocess


class Load:
    """postern-bench on the other core."""

    def __init__(self, build, core, pki, client):
        self.program, self.core, self.pki, self.client = os.path.join(build, "postern-bench"), core, pki, client

    def command(self, mode, port, path, *options):
        return ["taskset", "-c", str(self.core), self.program, mode, f"https://localhost:{port}{path}", "--connect",
                f"127.0.0.1:{port}", "--cert", self.client.chain, "--key", self.client.key, "--ca",
                self.pki.root.cert, "--json", "-", *options]

    def run(self, *arguments, timeout_s=120, statuses=(0, 3)):
        """The JSON text of a run to its end. Exit status 3, client-bound, is a result too."""
        done = subprocess.run(self.command(*arguments), stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=timeout_s, check=False)
        if done.returncode not in statuses:
            raise RuntimeError(f"postern-bench failed: {done.stderr.decode()}{done.stdout.decode()}")
        return done.stdout

    @contextlib.contextmanager
    def running(self, *arguments):
        """Inside, the load runs; what comes out is a list that then holds its result, as text."""
        process = subprocess.Popen(self.command(*arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)
        result = []
        try:
            yield result
        finally:
            process.terminate()
            result.append(process.communicate()[0])

    @contextlib.contextmanager
    def holding(self, *arguments, timeout_s=120):
        """Inside, all connections are open."""
        process = subprocess.Popen(self.command("idle", *arguments), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            ready, _, _ = select.select([process.stderr], [], [], timeout_s)
            line = process.stderr.readline() if ready else b""
            words = line.split()
            if words[1:2] != [b"of"] or words[0] != words[2]:
                raise RuntimeError(f"postern-bench did not open its connections: {line.decode()}")
            yield process
        finally:
            process.terminate()
            process.wait()
            process.stdout.close()
            process.stderr.close()
