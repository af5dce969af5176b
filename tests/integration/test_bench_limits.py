#!/usr/bin/env python3
"""--fail-if of postern-bench: a pipeline goes red by its exit status."""

import subprocess
import time
import unittest

from support.bench import OK, BenchCase, Server, answer
from support.gateway import patience


class Limits(BenchCase):
    def judge(self, server, *limits, status):
        options = [word for limit in limits for word in ("--fail-if", limit)]
        done = subprocess.run(self.command("request", server.port, "--requests", 20, "--connections", 1, *options),
                              capture_output=True, text=True, timeout=patience(30), check=False)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stderr

    def test_a_limit_that_is_crossed_has_its_own_status_and_is_named(self):
        def respond(count):
            time.sleep(0.05 if count % 20 == 7 else 0.01)
            return answer(503) if count % 20 == 3 else OK
        with Server(self.pki, lambda server, tls, number: server.serve(tls, number, respond)) as server:
            said = self.judge(server, "max>40ms", "p50>5s", "errors>0", "rate<1000000", status=4)
            self.assertRegex(said, r"failed: max>40ms: is \d.* ms\n")
            self.assertIn("failed: errors>0: is 1\n", said)
            self.assertIn("failed: rate<1000000: is ", said)
            self.assertNotIn("p50", said)
            self.assertEqual(self.judge(server, "max>30s", "error-rate>5%", "errors>1", "rate<0.1", "behind>0",
                                        "handshake.p99>30s", status=0), "")

    def test_what_was_not_measured_keeps_no_limit(self):
        with Server(self.pki, lambda server, tls, number: server.serve(tls, number, slowly)) as server:
            self.assertIn("server-cpu>1s: was not measured", self.judge(server, "server-cpu>1s", status=4))
            self.assertIn("gap.p50>1s: was not measured", self.judge(server, "gap.p50>1s", status=4))


def slowly(count):
    time.sleep(0.005)
    return OK


if __name__ == "__main__":
    unittest.main(verbosity=2)
