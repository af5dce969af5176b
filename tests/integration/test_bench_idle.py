#!/usr/bin/env python3
"""Connections that postern-bench holds, and what becomes of them."""

import json
import signal
import socket
import subprocess
import unittest

from support.bench import BenchCase, Server
from support.gateway import patience


class Idle(BenchCase):
    def hold(self, server, count, *options):
        return subprocess.Popen(self.command("idle", server.port, "--connections", count, *options),
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def finish(self, process):
        out, errors = process.communicate(timeout=patience(30))
        self.assertEqual(process.returncode, 0, errors.decode())
        return json.loads(out)

    def test_connections_are_held_until_the_time_is_over(self):
        with Server(self.pki) as server:
            process = self.hold(server, 150, "--duration", "500ms")
            self.assertIn(b"150 of 150 connections are open", process.stderr.readline())
            self.assertEqual((server.open, server.requests), (150, 150))
            result = self.finish(process)
            self.assertEqual((result["holding"], result["failures"]), (150, 0))

    def test_connections_that_the_server_ends_are_counted_as_lost(self):
        with Server(self.pki) as server:
            process = self.hold(server, 20, "--duration", "1500ms")
            process.stderr.readline()
            for peer in server.peers[:5]:
                peer.shutdown(socket.SHUT_RDWR)
            result = self.finish(process)
            self.assertEqual(result["holding"], 15)
            self.assertEqual(result["failures_by_cause"], {"idle connection ended by the server": 5})

    def test_a_signal_ends_it_with_a_report(self):
        with Server(self.pki) as server:
            process = self.hold(server, 5, "--duration", "600s")
            process.stderr.readline()
            process.send_signal(signal.SIGTERM)
            self.assertEqual(self.finish(process)["holding"], 5)


if __name__ == "__main__":
    unittest.main(verbosity=2)
