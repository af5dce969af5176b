#!/usr/bin/env python3
"""A CRL that runs out while it is in force: said when it happens, counted for each client that its grace lets in."""
import json
import subprocess

from support import GatewayCase, main
from support.gateway import binary, patience


class Reminder(GatewayCase):
    def counters(self, gateway):
        # Its exit status tells of health, which is not well here.
        done = subprocess.run([binary(), "status", "--json", "--control", gateway.sections["control"]["socket"]],
                              capture_output=True, timeout=patience(20), check=False)
        return json.loads(done.stdout)["counters"]

    def test_grace_is_told_without_a_reload_and_counted(self):
        backend = self.backend()
        self.pki.intermediate.make_crl(seconds=patience(6))
        self.pki.bundle()
        gateway = self.gateway(backend, client_auth={"crl_expired": "grace 24h"})
        self.assertEqual(self.connect(gateway).get("/")[0], 200)
        self.assertEqual(self.counters(gateway)["admitted_in_grace"], 0)
        line = gateway.wait_for_line(r"worker 0: CRL of .*Intermediate.* expired .* ago: its clients are admitted until")
        self.assertIn("grace; publish a fresh one", line)
        self.assertEqual(self.connect(gateway).get("/")[0], 200)
        self.assertEqual(self.counters(gateway)["admitted_in_grace"], 1)


if __name__ == "__main__":
    main()
