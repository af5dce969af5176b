"""P1, T3, T4: what changes between two visits decides whether the second is resumed. Where the answer is no longer
yes, a full handshake follows, which tells the client why."""
import os
import signal
import ssl
import subprocess
import time

from support import GatewayCase, Returner, main
from support.gateway import binary
from support.pki import Pki, read, stamp, write

VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


class Changes(GatewayCase):
    def reload(self, gateway):
        mark = gateway.mark()
        gateway.write_config()
        gateway.signal(signal.SIGHUP)
        gateway.wait_for_line("generation \\d+ in force", after=mark)

    def returners(self, gateway, client=None):
        made = [Returner(self.pki, client or self.client, version) for version in VERSIONS]
        for one in made:
            self.assertEqual(one.visit(gateway)[0], 200)
            self.assertFalse(one.resumed)
        return made

    def assert_resumed(self, gateway, clients, expected):
        for one in clients:
            self.assertEqual(one.visit(gateway)[0], 200)
            self.assertEqual(one.resumed, expected, one.context.minimum_version)

    def refused(self, gateway, clients, alert):
        for one in clients:
            with self.assertRaisesRegex(ssl.SSLError, alert):
                one.visit(gateway)

    def test_p1_revoked(self):
        self.revoked({})

    def test_p1_revoked_where_tickets_hold_the_sessions(self):
        secret = write(os.path.join(self.subdirectory("secret"), "ticket.secret"), os.urandom(32).hex())
        os.chmod(secret, 0o600)
        self.revoked({"ticket_secret": secret})

    def revoked(self, tls):
        gateway = self.gateway(self.backend(), tls=tls)
        victim = self.pki.client("victim")
        clients, others = self.returners(gateway, victim), self.returners(gateway)
        self.assert_resumed(gateway, clients, True)
        self.pki.revoke(victim)
        self.reload(gateway)
        began = time.monotonic()
        self.refused(gateway, clients, "CERTIFICATE_REVOKED")
        self.assertLess(time.monotonic() - began, 10)
        refusals = [line for line in gateway.access(8) if line["verdict"] == "refused"]
        self.assertEqual([line["reason"] for line in refusals], ["revoked"] * 2)
        # A CRL that does not name them costs the others nothing.
        self.assert_resumed(gateway, others, True)

    def test_p1_denied(self):
        gateway = self.gateway(self.backend())
        clients, others = self.returners(gateway, self.pki.client("denied")), self.returners(gateway)
        self.assert_resumed(gateway, clients, True)
        subprocess.run([binary(), "deny", "--config", gateway.path, "--cn", "denied"], check=True, timeout=60)
        self.refused(gateway, clients, "ALERT")
        self.assertEqual({line["reason"] for line in gateway.access(8) if line["verdict"] == "refused"}, {"denied"})
        self.assert_resumed(gateway, others, True)

    def test_p1_intermediate_revoked(self):
        pki = Pki(os.path.join(self.subdirectory("pki"), "pki"))
        self.pki, whole = pki, self.pki
        try:
            gateway = self.gateway(self.backend())
            clients = self.returners(gateway, pki.client("child"))
            pki.root.revoke(pki.intermediate)
            pki.bundle()
            self.reload(gateway)
            self.refused(gateway, clients, "CERTIFICATE_REVOKED")
        finally:
            self.pki = whole

    def test_t3_trust_and_policy(self):
        gateway = self.gateway(self.backend())
        clients = self.returners(gateway)
        stranger = Pki(os.path.join(self.subdirectory("stranger"), "pki"), "Stranger")
        wider = write(os.path.join(self.subdirectory("trust"), "trust.pem"),
                      read(self.pki.trust) + read(stranger.root.cert))
        empty = write(os.path.join(os.path.dirname(wider), "crl.pem"), read(self.pki.crl) + read(stranger.root.crl))
        renewed = self.pki.intermediate.issue("server2", "/CN=localhost", eku="serverAuth", san="DNS:localhost")
        matrix = [
            ("log", {"level": "debug"}, True),
            ("timeouts", {"idle": "50s"}, True),
            ("tls", {"certificate": renewed.chain, "private_key": renewed.key}, True),
            ("client_auth", {"crl": empty}, True),
            ("client_auth", {"on_refusal": "page"}, True),
            ("client_auth", {"trust": wider}, False),
            ("client_auth", {"require_eku": "yes"}, False),
            ("client_auth", {"max_depth": 3}, False),
            ("client_auth", {"crl_missing": "allow"}, False),
            ("client_auth", {"crl_expired": "grace 1h"}, False),
            ("tls", {"groups": "P-256:X25519"}, False),
            ("identity", {"preset": ["postern", "certwiz"]}, False),
        ]
        for section, keys, expected in matrix:
            with self.subTest(section=section, **{name: str(value) for name, value in keys.items()}):
                gateway.configure(section, keys)
                self.reload(gateway)
                self.assert_resumed(gateway, clients, expected)
                self.assert_resumed(gateway, clients, True)

    def test_t3_trust_that_is_gone(self):
        stranger = Pki(os.path.join(self.subdirectory("stranger"), "pki"), "Stranger")
        folder = self.subdirectory("trust")
        both = write(os.path.join(folder, "both.pem"), read(self.pki.trust) + read(stranger.trust))
        crls = write(os.path.join(folder, "crl.pem"), read(self.pki.crl) + read(stranger.crl))
        gateway = self.gateway(self.backend(), client_auth={"trust": both, "crl": crls})
        clients = self.returners(gateway, stranger.client("guest"))
        self.assert_resumed(gateway, clients, True)
        gateway.configure("client_auth", {"trust": self.pki.trust, "crl": self.pki.crl})
        self.reload(gateway)
        self.refused(gateway, clients, "UNKNOWN_CA")

    def test_t4_not_after(self):
        gateway = self.gateway(self.backend())
        clients = self.returners(gateway, self.pki.client("short", start=stamp(-60), end=stamp(8)))
        time.sleep(9)
        self.refused(gateway, clients, "CERTIFICATE_EXPIRED")

    def test_maximum_age_since_the_last_full_handshake(self):
        gateway = self.gateway(self.backend(), tls={"ticket_max_age": "4s"})
        clients = self.returners(gateway)
        self.assert_resumed(gateway, clients, True)
        time.sleep(4)
        # The ticket itself is young, and was made on a resumed connection.
        self.assert_resumed(gateway, clients, False)


main()
