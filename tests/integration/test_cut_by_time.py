"""P1, P4: an open connection ends when what admitted it does: the certificate's notAfter, the CRL's nextUpdate, or the
grace behind it. No file changes, and no request is needed."""
import os
import re
import subprocess
import time

from support import GatewayCase, main, s_client
from support.gateway import binary, under_valgrind
from support.holding import Bystander, Download, HoldingBackend, Idle
from support.pki import Pki, stamp

LIFE_S = 90 if under_valgrind() else 5  # long enough to connect on a busy machine


class CutByTime(GatewayCase):
    def setUp(self):
        super().setUp()
        # A PKI of its own: these tests let its CRLs run out.
        self.pki = Pki(os.path.join(self.subdirectory("pki"), "it"))
        self.backend_held = self.stack.enter_context(HoldingBackend())
        self.stack.callback(self.backend_held.finish.set)

    def hold(self, kind, gateway, certificate):
        made = kind(gateway, self.backend_held, certificate)
        self.stack.callback(made.close)
        return made

    def told(self, gateway, reason):
        return gateway.wait_for_line("is cut off: .* reason=%s " % reason)

    def test_p1_a_certificate_that_ends_takes_its_connections_along(self):
        gateway = self.gateway(self.backend_held, timeouts={"idle": "5m"})
        bystander = Bystander(gateway, self.pki.client("long"))
        end = time.time() + LIFE_S
        short = self.pki.client("short", start=stamp(-3600), end=stamp(LIFE_S))
        idle, download = self.hold(Idle, gateway, short), self.hold(Download, gateway, short)
        self.assertEqual((download.outcome(), idle.outcome()), ("cut", "clean"))
        self.assertGreater(time.time(), end - 1.5)
        self.assertIn("is valid until", self.told(gateway, "expired"))
        self.assertIn("SSL alert number 45\n", s_client(gateway, client=short))
        self.backend_held.finish.set()
        self.assertEqual(bystander.end()[-1], b'{"done":true}')

    def crl_runs_out(self, next_update, policy):
        """nextUpdate so many seconds from now, a policy under which it admits for LIFE_S."""
        end = time.time() + LIFE_S
        self.pki.intermediate.make_crl(seconds=next_update)
        self.pki.bundle()
        gateway = self.gateway(self.backend_held, client_auth={"crl_expired": policy}, timeouts={"idle": "5m"})
        client = self.pki.client("late")
        idle, download = self.hold(Idle, gateway, client), self.hold(Download, gateway, client)
        self.assertEqual((download.outcome(), idle.outcome()), ("cut", "clean"))
        self.assertGreater(time.time(), end - 1.5)
        self.assertRegex(self.told(gateway, "crl_expired"), r"CRL number \S+ of CN=Test Intermediate.* was to be replaced by")
        self.assertIn("SSL alert number 46\n", s_client(gateway, client=client))
        # A fresh CRL, and all is well.
        self.pki.intermediate.make_crl()
        self.pki.bundle()
        subprocess.run([binary(), "reload", "--config", gateway.path], check=True, capture_output=True)
        self.assertEqual(self.curl(gateway, "/", client=client).status, 200)
        said = subprocess.run([binary(), "status", "--config", gateway.path], check=False, capture_output=True, text=True)
        self.assertTrue(re.search(r"(?m)^cut: crl_expired +2$", said.stdout), said.stdout)

    def test_p4_next_update_with_refuse(self):
        self.crl_runs_out(LIFE_S, "refuse")

    def test_p4_next_update_with_grace(self):
        self.crl_runs_out(LIFE_S - 60, "grace 1m")


main()
