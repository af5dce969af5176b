#!/usr/bin/env python3
"""postern-bench measures what a server's delays are, in a closed and in an open loop."""

import json
import socket
import subprocess
import time
import unittest

from support.bench import OK, BenchCase, Server
from support.gateway import patience


def stall_once(number, seconds):
    """A server that answers at once, but for one request."""
    def respond(count):
        time.sleep(seconds if count == number else 0)
        return OK
    return lambda server, tls, connection: server.serve(tls, connection, respond)


class Times(BenchCase):
    def test_percentiles_are_those_of_the_server_s_delays(self):
        """Of 100 answers, one after the other, 90 come at once, 8 after 60 ms and 2 after 200 ms."""
        def delay(count):
            time.sleep(0.2 if count % 50 == 0 else 0.06 if count % 50 in (5, 15, 25, 35) else 0)
            return OK
        with Server(self.pki, lambda server, tls, number: server.serve(tls, number, delay)) as server:
            latency = self.bench("request", server, "--requests", 100, "--connections", 1)["latency_us"]
        self.assertLess(latency["p50"], 50000)
        self.assertLess(latency["min"], 50000)
        self.assertGreaterEqual(latency["p99"], 200000)
        self.assertLess(latency["p99"], 300000)
        self.assertGreaterEqual(latency["max"], 200000)
        self.assertGreaterEqual(latency["mean"], (8 * 60000 + 2 * 200000) / 100)

    def test_a_handshake_that_waits_is_measured_from_connect(self):
        def wait(peer, number):
            time.sleep(0.15)
        with Server(self.pki, before_handshake=wait) as server:
            result = self.bench("handshake", server, "--requests", 4, "--connections", 2)
        self.assertGreaterEqual(result["handshake_us"]["min"], 150000)
        self.assertGreaterEqual(result["latency_us"]["min"], result["handshake_us"]["min"])

    def test_a_stream_has_its_first_byte_and_its_gaps(self):
        def stream(server, tls, number):
            server.read_request(tls)
            time.sleep(0.1)
            tls.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
            for _ in range(4):
                time.sleep(0.05)
                tls.sendall(b"3\r\ntwo\r\n")
            tls.sendall(b"0\r\n\r\n")
            server.read_request(tls)
        with Server(self.pki, stream) as server:
            result = self.bench("stream", server, "--requests", 1)
        self.assertEqual((result["operations"], result["content_bytes"]), (1, 15))
        self.assertGreaterEqual(result["first_byte_us"]["min"], 100000)
        self.assertEqual(result["gap_us"]["count"], 4)
        self.assertGreaterEqual(result["gap_us"]["mean"], 40000)
        self.assertGreaterEqual(result["latency_us"]["min"], 300000)

    def test_a_long_download_is_counted_to_the_last_byte(self):
        content = b"x" * 1000
        def stream(server, tls, number):
            server.read_request(tls)
            tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n")
            for _ in range(20000):
                tls.sendall(content)
            server.read_request(tls)
        with Server(self.pki, stream) as server:
            result = self.bench("stream", server, "--requests", 2, "--connections", 2)
        self.assertEqual((result["operations"], result["content_bytes"]), (2, 40000000))
        self.assertGreater(result["content_mb_per_s"], 0)

    def test_a_busy_client_is_no_figure_of_the_server(self):
        with Server(self.pki) as server:
            fast = self.bench("request", server, "--duration", "%dms" % patience(300), "--warmup", "0ms",
                              "--connections", 1)
            def answer(count):
                time.sleep(patience(0.02))
                return OK
            with Server(self.pki, lambda s, tls, number: s.serve(tls, number, answer)) as with_delay:
                slow = self.bench("request", with_delay, "--requests", 10, "--connections", 1, statuses=(0,))
        self.assertLess(slow["client_cpu"]["share"], 0.9)
        self.assertFalse(slow["client_bound"])
        self.assertEqual(slow["server_rate"], slow["client_rate"])
        self.assertEqual(fast["client_bound"], fast["client_cpu"]["busy_share"] >= 0.9)
        self.assertEqual(fast["server_rate"] is None, fast["client_bound"])


class OpenLoop(BenchCase):
    def test_a_stall_counts_for_every_request_that_it_kept_waiting(self):
        """100 requests a second, one connection, a server that once stalls for 0.8 s: as many as were due meanwhile
        waited, so a fifth of all must be slow. A closed loop sees one slow request and calls all others quick."""
        with Server(self.pki, stall_once(150, 0.8)) as server:
            opened = self.bench("request", server, "--rate", 100, "--requests", 400, "--connections", 1)
        with Server(self.pki, stall_once(150, 0.8)) as server:
            closed = self.bench("request", server, "--requests", 400, "--connections", 1)
        self.assertEqual((opened["operations"], closed["operations"]), (400, 400))
        self.assertGreaterEqual(opened["latency_us"]["max"], 800000)
        slow = sum(count for value, count in opened["latency_us"]["histogram"] if value > 100000)
        self.assertGreaterEqual(slow, 60)
        self.assertGreaterEqual(opened["latency_us"]["p90"], 300000)
        self.assertLess(closed["latency_us"]["p99"], 300000)
        self.assertEqual(opened["wanted_rate"], 100)

    def test_what_a_stall_at_the_end_left_unanswered_is_in_the_latency(self):
        with Server(self.pki, stall_once(60, 30)) as server:
            result = self.bench("request", server, "--rate", 50, "--duration", "3s", "--warmup", "0s", "--connections", 2)
        waited = sum(count for value, count in result["latency_us"]["histogram"] if value > 1000000)
        self.assertGreater(result["behind"], 0)
        self.assertEqual(result["operations"] + result["behind"], result["latency_us"]["count"])
        self.assertGreaterEqual(waited, 1)

    def test_so_is_what_was_unanswered_when_a_signal_ended_it(self):
        with Server(self.pki, stall_once(20, 30)) as server:
            process = subprocess.Popen(self.command("request", server.port, "--rate", 50, "--requests", 1000,
                                                    "--connections", 1), stdout=subprocess.PIPE)
            while server.requests < 20:
                time.sleep(0.01)
            time.sleep(1)
            process.terminate()
            result = json.loads(process.communicate(timeout=patience(30))[0])
        self.assertEqual(result["operations"], 19)
        self.assertGreaterEqual(result["behind"], 40)
        self.assertGreaterEqual(result["latency_us"]["max"], 1000000)

    def test_the_rate_is_kept_whatever_the_server_takes(self):
        def respond(count):
            time.sleep(0.02)
            return OK
        with Server(self.pki, lambda server, tls, number: server.serve(tls, number, respond)) as server:
            result = self.bench("request", server, "--rate", 100, "--duration", "2s", "--warmup", "500ms",
                                "--connections", 20, "--threads", 2)
        self.assertAlmostEqual(result["operations"], 200, delta=20)
        self.assertEqual(result["handshakes"] + result["reconnects"], 0, "connections are opened beforehand")
        self.assertGreaterEqual(result["latency_us"]["min"], 20000)

    def test_handshakes_begin_at_the_rate_and_count_from_then(self):
        with Server(self.pki) as server:
            result = self.bench("handshake", server, "--rate", 50, "--requests", 30, "--connections", 4)
        self.assertEqual((result["operations"], result["handshakes"]), (30, 30))
        self.assertGreaterEqual(result["seconds"], 29 / 50)
        self.assertGreaterEqual(result["latency_us"]["mean"], result["handshake_us"]["mean"])

    def test_requests_that_are_due_while_nobody_listens_fail(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            result = self.bench("request", probe.getsockname()[1], "--rate", 100, "--requests", 5, "--connections", 1,
                                statuses=(1,))
        self.assertEqual(list(result["failures_by_cause"]), ["connect: Connection refused"])
        self.assertGreaterEqual(result["failures"], 5)


if __name__ == "__main__":
    unittest.main(verbosity=2)
