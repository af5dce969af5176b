#!/usr/bin/env python3
"""postern-bench tells failures apart: each server here fails in one way, and is called by it."""

import os
import socket
import ssl
import unittest

from support.bench import TIMEOUT, BenchCase, Server, answer, end_cleanly, reset
from support.pki import Authority, Pki


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

    def test_a_redirect_is_not_followed(self):
        with Server(self.pki) as elsewhere:
            place = "Location: https://localhost:%d/\r\n" % elsewhere.port
            def respond(count):
                return answer(302, more=place)
            with Server(self.pki, lambda server, tls, number: server.serve(tls, number, respond)) as server:
                result = self.bench("request", server, "--requests", 5, "--connections", 1)
            self.assertEqual((result["status"]["3xx"], result["operations"], elsewhere.accepted), (5, 5, 0))

    def test_some_may_fail_while_others_succeed(self):
        def every_third(peer, number):
            if number % 3 == 0:
                reset(peer)
                return True
        with Server(self.pki, before_handshake=every_third) as server:
            count, causes = self.causes("handshake", server, "--requests", 30, "--connections", 1)
            self.assertEqual((count, sum(causes.values())), (20, 10))


if __name__ == "__main__":
    unittest.main(verbosity=2)
