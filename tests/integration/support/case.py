"""The base of integration tests: a directory that is gone afterwards, one PKI a file, gateways and backends that
end with the test."""

import contextlib
import os
import shutil
import sys
import tempfile
import unittest

from .backend import Backend, ScriptedBackend
from .clients import TlsClient, curl
from .gateway import Gateway
from .pki import Pki


class GatewayCase(unittest.TestCase):
    """self.pki and self.client (an admitted Certificate) are shared by the tests of a class."""

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="postern-test-")
        # Workers of a gateway that was started by root are somebody else, and have sockets here to reach.
        os.chmod(cls.directory, 0o711)
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        cls.pki = Pki(os.path.join(cls.directory, "pki"))
        cls.client = cls.pki.client("alice", ou="engineering", name="alice")

    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self._close)
        self.count = 0
        self.gateways = []

    def _close(self):
        # After a failure the logs are shown, and the gateway is not asked to leave cleanly.
        result = self._outcome.result
        failed = any(test is self or getattr(test, "test_case", None) is self
                     for test, _ in getattr(result, "errors", []) + getattr(result, "failures", []))
        if failed:
            for gateway in self.gateways:
                gateway.show()
                gateway.kill()
                gateway.process = None
        self.stack.close()

    def subdirectory(self, name):
        self.count += 1
        path = os.path.join(self.directory, "%s.%d.%s" % (self._testMethodName[:30], self.count, name))
        os.makedirs(path)
        return path

    def backend(self, respond=None):
        return self.stack.enter_context(Backend(respond))

    def scripted(self, script):
        return self.stack.enter_context(ScriptedBackend(script))

    def program(self, kind, *arguments):
        return self.stack.enter_context(kind(self.subdirectory("program"), *arguments))

    def gateway(self, backend=None, wrapper=(), **sections):
        """A running gateway in front of a backend (anything with .address, or a text).
        wrapper: a command that starts it."""
        address = getattr(backend, "address", backend)
        made = Gateway(self.subdirectory("gateway"), self.pki, address, **sections)
        made.wrapper = list(wrapper)
        self.stack.enter_context(made)
        self.gateways.append(made)
        return made

    def connect(self, gateway, client=None, **options):
        """A raw TLS client with the admitted certificate."""
        return self.stack.enter_context(TlsClient(gateway, client or self.client, **options))

    def curl(self, gateway, target, *options, client=None, **more):
        return curl(gateway, target, *options, client=client or self.client, **more)


def main():
    # unittest's own exit status; failures show the gateway's logs.
    unittest.main(module=sys.modules["__main__"], verbosity=2)
