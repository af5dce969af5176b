"""Resumption as clients do it: curl, openssl s_client and Python; what the backend and the log are told is the same as
after a full handshake."""
import os
import signal
import ssl

from support import GatewayCase, Returner, main, s_client
from support.gateway import wait_until

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
EVERYTHING = {"preset": ["postern", "certwiz", "xfcc", "rfc9440"], "xfcc_cert": "yes", "X-Who": "${cn}/${ou}/${pem}"}
CHAIN = {"xfcc_chain": "yes", "client_cert_chain": "yes"}


def identity(request):
    return [field for field in request.fields if field[0].startswith(("X-Client", "Client", "X-Who", "X-Forwarded-Cl"))]


class Resumption(GatewayCase):
    def test_openssl_s_client(self):
        gateway = self.gateway(self.backend())
        for version in (2, 3):
            with self.subTest(version=version):
                path = os.path.join(self.subdirectory("session"), "session.pem")
                first = s_client(gateway, "-tls1_%d" % version, "-sess_out", path, client=self.client, send=REQUEST)
                again = s_client(gateway, "-tls1_%d" % version, "-sess_in", path, send=REQUEST)
                self.assertIn("New, TLSv1.%d" % version, first)
                self.assertIn("Reused, TLSv1.%d" % version, again)
                self.assertIn("HTTP/1.1 200 ", again)
        self.assertEqual([line["resumed"] for line in gateway.access(4)], [False, True, False, True])
        self.assertEqual({line["cn"] for line in gateway.access(4)}, {"alice"})

    def test_curl(self):
        gateway = self.gateway(self.backend())
        address = "https://localhost:%d/" % gateway.port
        # With TLS 1.3: for TLS 1.2 curl asks for no tickets.
        done = self.curl(gateway, "/", "--tlsv1.3", "--header", "Connection: close", address, address)
        self.assertEqual((done.exit_status, done.error), (0, ""))
        self.assertEqual([line["resumed"] for line in gateway.access(3)], [False, True, True])

    def full_and_resumed(self, version, rules, workers=1):
        """What the backend is told after a full handshake, and then after one that offers its ticket."""
        backend = self.backend()
        gateway = self.gateway(backend, identity=rules, listener={"workers": workers})
        client = Returner(self.pki, self.client, version)
        self.assertEqual(client.visit(gateway)[0], 200)
        full = identity(backend.last)
        told = []
        for _ in range(2):
            self.assertEqual(client.visit(gateway)[0], 200)
            self.assertEqual(identity(backend.last), full)
            told.append(client.resumed)
        self.assertGreater(len(full), 8)
        return told

    def test_identity_is_the_same(self):
        # Workers share the sessions of TLS 1.3; in TLS 1.2 tickets hold them.
        for version, workers in ((TLS12, 1), (TLS13, 1), (TLS13, 2)):
            with self.subTest(version=version, workers=workers):
                self.assertEqual(self.full_and_resumed(version, EVERYTHING, workers), [True, True])

    def test_a_session_outlives_the_workers_that_hold_it(self):
        gateway = self.gateway(self.backend(), listener={"workers": 2})
        client = Returner(self.pki, self.client, TLS13)
        client.visit(gateway)
        before = set(gateway.workers())
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: len(set(gateway.workers()) - before) == 2, "two new workers")
        for _ in range(4):
            client.visit(gateway)
            self.assertTrue(client.resumed)

    def test_identity_with_the_chain_is_the_same_or_the_ticket_declined(self):
        for workers in (1, 2):
            self.assertEqual(self.full_and_resumed(TLS13, {**EVERYTHING, **CHAIN}, workers), [True, True])
        self.assertEqual(self.full_and_resumed(TLS12, {**EVERYTHING, **CHAIN}), [False, False])

    def test_log_and_counters(self):
        gateway = self.gateway(self.backend())
        client = Returner(self.pki, self.client)
        for _ in range(3):
            client.visit(gateway)
        lines = gateway.access(3)
        self.assertEqual([line["resumed"] for line in lines], [False, True, True])
        for name in ("cn", "serial", "subject", "verdict", "tls_version", "cipher", "generation"):
            self.assertEqual(len({line[name] for line in lines}), 1, name)

    def test_a_revocation_reaches_an_open_resumed_connection(self):
        backend = self.backend()
        gateway = self.gateway(backend)
        victim = self.pki.client("victim")
        client, bystander = Returner(self.pki, victim), Returner(self.pki, self.client)
        for one in (client, bystander):
            one.visit(gateway)
        connection, other = (self.stack.enter_context(one.open(gateway)) for one in (client, bystander))
        for one in (connection, other):
            self.assertEqual(one.get("/")[0], 200)
            self.assertTrue(one.socket.session_reused)
        self.pki.revoke(victim)
        self.reload(gateway)
        count = len(backend.requests)
        with self.assertRaises((OSError, EOFError, AssertionError)):
            connection.send("GET /after HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertNotEqual(connection.stream.read(1), b"")
        self.assertEqual(len(backend.requests), count)
        self.assertEqual(other.get("/")[0], 200)

    def reload(self, gateway, number=2):
        mark = gateway.mark()
        gateway.signal(1)
        gateway.wait_for_line("generation %d in force" % number, after=mark)

    def test_open_resumed_connection_over_a_change_of_identity_rules(self):
        """Its ticket has the fields of the old rules only: it ends between two requests, and none is lost."""
        backend = self.backend()
        gateway = self.gateway(backend)
        client = Returner(self.pki, self.client)
        client.visit(gateway)
        connection = self.stack.enter_context(client.open(gateway))
        self.assertEqual(connection.get("/")[0], 200)
        self.assertTrue(connection.socket.session_reused)
        gateway.configure("identity", {"X-Who": "${cn}"})
        gateway.write_config()
        self.reload(gateway)
        self.assertTrue(connection.at_end())
        client.visit(gateway)
        self.assertFalse(client.resumed)
        self.assertEqual(backend.last.get("X-Who"), "alice")


main()
