#!/usr/bin/env python3
"""postern-bench against servers whose behaviour is known: what it counts and measures must come out right."""

import csv
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest

from support.gateway import patience, under_valgrind
from support.pki import Authority, Pki

# Long enough for what answers at all, short enough to wait for thrice.
TIMEOUT = "%dms" % patience(500)

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def answer(status=200, content=b"hello", more=""):
    head = "HTTP/1.1 %d X\r\nContent-Length: %d\r\n%s\r\n" % (status, len(content), more)
    return head.encode() + content


class Server:
    """TLS with mandatory client certificates, a thread a connection. script(server, tls, number) speaks on each
    connection whose handshake succeeded; before_handshake(socket, number) may keep it from that by True."""

    def __init__(self, pki, script=None, before_handshake=None, tls=None, trust=None):
        self.script, self.before_handshake = script or Server.serve, before_handshake
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(pki.server.chain, pki.server.key)
        self.context.load_verify_locations(trust or pki.trust)
        self.context.verify_mode = ssl.CERT_REQUIRED
        if tls:
            self.context.maximum_version = self.context.minimum_version = tls
        self.accepted = self.handshakes = self.resumed = self.requests = self.open = 0
        self.heads, self.lock, self.peers = [], threading.Lock(), []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self._run, args=(peer, self.accepted), daemon=True).start()

    def _run(self, peer, number):
        try:
            peer.settimeout(60)
            if self.before_handshake and self.before_handshake(peer, number):
                return
            tls = self.context.wrap_socket(peer, server_side=True)
            with self.lock:
                self.handshakes += 1
                self.resumed += tls.session_reused
                self.open += 1
                self.peers.append(tls)
            try:
                self.script(self, tls, number)
            finally:
                with self.lock:
                    self.open -= 1
                tls.close()
        except OSError:
            pass
        finally:
            peer.close()

    def read_request(self, tls):
        """The head of the next request, b"" at the end. No request of these tests has content."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            piece = tls.recv(1)
            if not piece:
                return b""
            head += piece
        with self.lock:
            self.requests += 1
            self.heads.append(head)
        return head

    def serve(self, tls, number, respond=lambda count: OK):
        """Answer until the client is content; respond(how many requests so far) may give None: close."""
        while True:
            head = self.read_request(tls)
            if not head:
                return
            bytes_ = respond(self.requests)
            if bytes_ is None:
                return
            tls.sendall(bytes_)
            if b"connection: close" in head.lower():
                end_cleanly(tls)
                return

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for peer in self.peers:
            peer.close()


def end_cleanly(tls):
    """close_notify; the client's own is not waited for longer than it needs."""
    tls.settimeout(5)
    try:
        tls.unwrap()
    except (OSError, ValueError):
        pass


def reset(peer):
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    peer.close()


class BenchCase(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="postern-test-")
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        cls.pki = Pki(os.path.join(cls.directory, "pki"))
        cls.client = cls.pki.client("alice", name="alice")

    def command(self, mode, port, *options, path="/", client=None, host="localhost", ca=None):
        client = client or self.client
        start = ["valgrind", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite",
                 "--log-file=" + os.path.join(self.directory, "valgrind.%p")] if under_valgrind() else []
        return start + [os.path.join(os.environ["POSTERN_BUILD"], "postern-bench"), mode,
                        "https://%s:%d%s" % (host, port, path), "--cert", client.chain, "--key", client.key, "--ca",
                        ca or self.pki.root.cert, "--connect", "127.0.0.1:%d" % port, "--json", "-",
                        *map(str, options)]

    def bench(self, mode, server, *options, statuses=(0, 3), **more):
        """Run to the end; its result. A machine that is busy may make it client-bound: status 3."""
        port = getattr(server, "port", server)
        done = subprocess.run(self.command(mode, port, *options, **more), stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=patience(60), check=False)
        self.assertIn(done.returncode, statuses, done.stdout.decode() + done.stderr.decode())
        self.assertNotIn(b"Sanitizer", done.stderr)
        return json.loads(done.stdout) if done.stdout else done.stderr.decode()


class Counts(BenchCase):
    def test_requests_are_as_many_as_asked_for_and_the_server_saw_them_all(self):
        with Server(self.pki) as server:
            result = self.bench("request", server, "--requests", 203, "--connections", 4, "--threads", 2)
            self.assertEqual((result["operations"], server.requests), (203, 203))
            self.assertEqual((result["handshakes"], server.handshakes), (4, 4))
            self.assertEqual(result["content_bytes"], 203 * 5)
            self.assertEqual(result["status"]["2xx"], 203)
            self.assertEqual(result["failures"], 0)
            self.assertEqual(result["latency_us"]["count"], 203)

    def test_each_handshake_is_a_connection_of_its_own(self):
        for version, name in ((ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")):
            with self.subTest(name), Server(self.pki, tls=version) as server:
                result = self.bench("handshake", server, "--requests", 40, "--connections", 3)
                self.assertEqual((result["operations"], server.handshakes, server.requests), (40, 40, 40))
                self.assertEqual((result["resumed"], server.resumed), (0, 0))
                self.assertEqual(result["tls"]["version"], name)
                self.assertEqual(result["tls"]["server_key"], "EC 256")
                self.assertEqual(result["failures"], 0)

    def test_bare_handshakes_send_no_request(self):
        def expect_end(server, tls, number):
            if server.read_request(tls) == b"":
                end_cleanly(tls)
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version), Server(self.pki, expect_end, tls=version) as server:
                result = self.bench("handshake", server, "--bare", "--requests", 20, "--connections", 2)
                self.assertEqual((result["operations"], server.handshakes, server.requests), (20, 20, 0))

    def test_resume_resumes_all_but_the_first_of_each_connection(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version), Server(self.pki, tls=version) as server:
                result = self.bench("handshake", server, "--resume", "--requests", 20, "--connections", 2)
                self.assertEqual((result["resumed"], server.resumed), (18, 18))
                self.assertEqual(result["operations"], 20)

    def test_version_group_and_cipher_are_those_asked_for(self):
        with Server(self.pki) as server:
            result = self.bench("handshake", server, "--requests", 1, "--tls", "1.2", "--ciphers",
                                "ECDHE-ECDSA-CHACHA20-POLY1305")
            self.assertEqual(result["tls"]["version"], "TLSv1.2")
            self.assertEqual(result["tls"]["cipher"], "ECDHE-ECDSA-CHACHA20-POLY1305")
            result = self.bench("handshake", server, "--requests", 1, "--tls", "1.3", "--ciphers",
                                "TLS_AES_128_GCM_SHA256", "--groups", "P-384")
            self.assertEqual(result["tls"]["group"], "secp384r1")
            self.assertEqual(result["tls"]["cipher"], "TLS_AES_128_GCM_SHA256")

    def test_the_request_carries_method_and_fields(self):
        with Server(self.pki) as server:
            self.bench("request", server, "--requests", 1, "--method", "DELETE", "--header", "X-One: 1",
                       path="/a?b=c")
            head = server.heads[0].decode()
            self.assertTrue(head.startswith("DELETE /a?b=c HTTP/1.1\r\n"), head)
            self.assertIn("\r\nX-One: 1\r\n", head)
            self.assertIn("\r\nHost: localhost:%d\r\n" % server.port, head)

    def test_a_run_by_time_takes_that_time_and_counts_only_its_window(self):
        with Server(self.pki) as server:
            span_s = patience(0.5)
            span = "%dms" % (span_s * 1000)
            began = time.monotonic()
            result = self.bench("request", server, "--duration", span, "--warmup", span, "--connections", 1)
            self.assertGreaterEqual(time.monotonic() - began, 2 * span_s)
            self.assertAlmostEqual(result["seconds"], span_s, delta=span_s / 10)
            self.assertGreater(result["operations"], 0)
            self.assertLess(result["operations"], server.requests)
            self.assertAlmostEqual(result["client_rate"], result["operations"] / result["seconds"],
                                   delta=result["client_rate"] * 0.01)

    def test_connections_that_the_server_ends_are_opened_again_without_failure(self):
        def close_after_ten(server, tls, number):
            for count in range(10):
                if not server.read_request(tls):
                    return
                tls.sendall(answer(more="Connection: close\r\n") if count == 9 else OK)
            end_cleanly(tls)
        with Server(self.pki, close_after_ten) as server:
            result = self.bench("request", server, "--requests", 100, "--connections", 1)
            self.assertEqual((result["operations"], result["failures"], result["handshakes"]), (100, 0, 10))

    def test_a_request_on_a_connection_that_was_closed_meanwhile_is_sent_again(self):
        def close_silently(server, tls, number):
            for _ in range(3):
                if not server.read_request(tls):
                    return
                tls.sendall(OK)
            end_cleanly(tls)
        with Server(self.pki, close_silently) as server:
            result = self.bench("request", server, "--requests", 9, "--connections", 1)
            self.assertEqual((result["operations"], result["failures"], result["reconnects"]), (9, 0, 2))


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


class Failures(BenchCase):
    def causes(self, mode, server, *options, statuses=(0, 1, 3), **more):
        result = self.bench(mode, server, *options, statuses=statuses, **more)
        self.assertEqual(result["failures"], sum(result["failures_by_cause"].values()))
        return result["operations"], result["failures_by_cause"]

    def test_nobody_listens(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
            self.assertEqual(self.causes("request", port, "--requests", 5, "--connections", 1, statuses=(1,)),
                             (0, {"connect: Connection refused": 5}))

    def test_an_unknown_client_is_told_by_its_alert(self):
        stranger = Pki(os.path.join(self.directory, "other"), "Other").client("mallory", name="mallory")
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version), Server(self.pki, tls=version) as server:
                self.assertEqual(self.causes("handshake", server, "--requests", 6, "--connections", 2,
                                             client=stranger, statuses=(1,)), (0, {"alert unknown_ca": 6}))

    def test_a_server_that_is_not_trusted_is_not_spoken_to(self):
        other = Authority(os.path.join(self.directory, "stranger"), "/CN=Stranger")
        with Server(self.pki) as server:
            count, causes = self.causes("request", server, "--requests", 3, "--connections", 1, ca=other.cert,
                                        statuses=(1,))
            self.assertEqual((count, list(causes.values()), server.requests), (0, [3], 0))
            self.assertIn("server certificate refused", list(causes)[0])

    def test_a_server_with_another_name_is_not_spoken_to(self):
        with Server(self.pki) as server:
            count, causes = self.causes("request", server, "--requests", 3, "--connections", 1, host="example.test",
                                        statuses=(1,))
            self.assertEqual((count, causes, server.requests),
                             (0, {"server certificate refused: hostname mismatch": 3}, 0))

    def test_status_codes_are_counted_one_by_one(self):
        def respond(count):
            return answer(503 if count % 10 == 0 else 404 if count % 10 == 5 else 200)
        with Server(self.pki, lambda server, tls, number: server.serve(tls, number, respond)) as server:
            self.assertEqual(self.causes("request", server, "--requests", 100, "--connections", 1),
                             (80, {"status 503": 10, "status 404": 10}))

    def test_early_ends_are_told_apart(self):
        def reset_before(server, tls, number):
            server.read_request(tls)
            reset(tls)

        def close_before(server, tls, number):
            server.read_request(tls)
            end_cleanly(tls)

        def close_within(server, tls, number):
            server.read_request(tls)
            tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
            end_cleanly(tls)

        def end_without_notice(server, tls, number):
            server.read_request(tls)
            tls.sendall(b"HTTP/1.0 200 OK\r\n\r\nhello")
            os.close(tls.detach())

        def nonsense(server, tls, number):
            server.read_request(tls)
            tls.sendall(b"220 mail.example ESMTP\r\n\r\n")

        def silence(server, tls, number):
            server.read_request(tls)
            server.read_request(tls)

        cases = [
            (reset_before, "connection: Connection reset by peer"),
            (close_before, "closed before the response"),
            (close_within, "response cut off"),
            (end_without_notice, "response cut off"),
            (silence, "response timeout"),
        ]
        for script, cause in cases:
            with self.subTest(script.__name__), Server(self.pki, script) as server:
                self.assertEqual(self.causes("request", server, "--requests", 3, "--connections", 1, "--timeout",
                                             TIMEOUT, statuses=(1, 3)), (0, {cause: 3}))
        with self.subTest("nonsense"), Server(self.pki, nonsense) as server:
            count, causes = self.causes("request", server, "--requests", 3, "--connections", 1)
            self.assertEqual((count, [text.split(":")[0] for text in causes]), (0, ["bad response"]))

    def test_handshakes_that_fail_are_told_apart(self):
        def close(peer, number):
            peer.recv(5000)
            peer.close()
            return True

        def plain(peer, number):
            peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            return True

        def silence(peer, number):
            peer.recv(5000)
            peer.recv(5000)
            return True

        for before, cause in ((close, "closed in handshake"), (plain, "TLS error: wrong version number"),
                              (silence, "handshake timeout")):
            with self.subTest(before.__name__), Server(self.pki, before_handshake=before) as server:
                self.assertEqual(self.causes("handshake", server, "--requests", 3, "--connections", 1, "--timeout",
                                             TIMEOUT, statuses=(1,)), (0, {cause: 3}))

    def test_some_may_fail_while_others_succeed(self):
        def every_third(peer, number):
            if number % 3 == 0:
                reset(peer)
                return True
        with Server(self.pki, before_handshake=every_third) as server:
            count, causes = self.causes("handshake", server, "--requests", 30, "--connections", 1)
            self.assertEqual((count, sum(causes.values())), (20, 10))


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


class Usage(BenchCase):
    def test_exit_status_and_message(self):
        cases = [([], 2, "a mode and a URL"), (["request", "https://h", "--nope"], 2, "--nope"),
                 (["request", "http://127.0.0.1:1"], 1, "is not https://"),
                 (["request", "https://127.0.0.1:1", "--ca", "/nonexistent"], 1, "/nonexistent")]
        for arguments, status, text in cases:
            with self.subTest(arguments):
                done = subprocess.run([os.path.join(os.environ["POSTERN_BUILD"], "postern-bench"), *arguments],
                                      capture_output=True, text=True, timeout=patience(20), check=False)
                self.assertEqual(done.returncode, status)
                self.assertIn(text, done.stderr)

    def test_help_names_every_mode_and_version_is_one_line(self):
        program = os.path.join(os.environ["POSTERN_BUILD"], "postern-bench")
        text = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
        for word in ("handshake", "request", "stream", "idle", "--groups", "Exit status"):
            self.assertIn(word, text)
        self.assertRegex(subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout,
                         r"^postern-bench \d+\.\d+\.\d+\n$")

    def test_the_manual_has_every_option(self):
        program = os.path.join(os.environ["POSTERN_BUILD"], "postern-bench")
        text = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
        options = re.findall(r"^  --([a-z0-9-]+)", text, re.M)
        with open(os.path.join(os.path.dirname(__file__), "..", "..", "man", "postern-bench.1"), encoding="utf-8") as file:
            manual = re.findall(r"^\.It Fl -([a-z0-9-]+)", file.read().split("\n.Sh OPTIONS")[1], re.M)
        self.assertGreater(len(options), 20)
        self.assertEqual(sorted(options), sorted(manual))

    def test_text_is_for_people(self):
        with Server(self.pki) as server:
            command = [word for word in self.command("request", server.port, "--requests", 20) if word not in ("--json", "-")]
            text = subprocess.run(command, capture_output=True, text=True, timeout=patience(30), check=False).stdout
        for word in ("requests/s", "latency", "p99.9", "client CPU", "TLSv1.3", "failures    0"):
            self.assertIn(word, text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
