"""postern deny, as a test calls it."""

import json
import os
import subprocess

from .case import GatewayCase
from .gateway import binary


class DenyCase(GatewayCase):
    def deny(self, gateway, *arguments):
        """Exit status, standard output, standard error."""
        done = subprocess.run([binary(), "deny", *arguments, "--config", gateway.path], capture_output=True, text=True,
                              check=False, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def denied(self, gateway, *arguments):
        status, out, error = self.deny(gateway, *arguments)
        self.assertEqual((status, error), (0, ""), out)
        return out

    def listed(self, gateway):
        return json.loads(self.denied(gateway, "--list", "--json"))

    def is_admitted(self, gateway, client):
        return self.curl(gateway, "/", client=client).status == 200

    def kept(self, gateway):
        return os.path.join(gateway.directory, "state", "deny")
