"""P1: the server's own certificate runs out. That is for its clients to judge; revocations must get through all the
same, and a worker that dies must come back. A start, or a new certificate, is refused."""
import os
import signal
import subprocess
import time

from support import GatewayCase, main, s_client
from support.gateway import binary, under_valgrind
from support.pki import Pki, stamp

LIFE_S = 90 if under_valgrind() else 6

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


class ServerExpiry(GatewayCase):
    def setUp(self):
        super().setUp()
        self.pki = Pki(os.path.join(self.subdirectory("pki"), "it"))

    def run_for(self, gateway, command):
        return subprocess.run([binary(), command, "--config", gateway.path], check=False, text=True,
                              capture_output=True)

    def test_p1_a_revocation_gets_through_though_the_server_certificate_has_ended(self):
        end = time.time() + LIFE_S
        brief = self.pki.intermediate.issue("brief", "/CN=localhost", eku="serverAuth", start=stamp(-3600),
                                            end=stamp(LIFE_S))
        alice, bob = self.pki.client("alice"), self.pki.client("bob")
        gateway = self.gateway(self.backend(), tls={"certificate": brief.chain, "private_key": brief.key})
        while time.time() < end + 1.5:
            time.sleep(0.1)
        self.pki.intermediate.revoke(alice)
        self.pki.intermediate.make_crl()
        self.pki.bundle()
        done = self.run_for(gateway, "reload")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("SSL alert number 44\n", s_client(gateway, client=alice))
        self.assertIn("HTTP/1.1 200", s_client(gateway, client=bob, send=REQUEST))
        os.kill(gateway.workers()[0], signal.SIGKILL)
        gateway.wait_for_line("is started again")
        self.assertIn("HTTP/1.1 200", s_client(gateway, client=bob, send=REQUEST))
        # And it is told.
        self.assertEqual(self.run_for(gateway, "status").returncode, 1)
        self.assertEqual(self.run_for(gateway, "check").returncode, 1)


main()
