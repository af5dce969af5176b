"""T28: whose tickets are taken: those of all workers, of gateways with the same secret, of this period and the last.
Nobody else's."""
import os
import ssl
import subprocess
import time

from support import GatewayCase, Returner, main, s_client
from support.gateway import binary
from support.pki import write

VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


class Fleet(GatewayCase):
    def secret(self, text=None, mode=0o600):
        path = write(os.path.join(self.subdirectory("secret"), "ticket.secret"), text or os.urandom(32).hex() + "\n")
        os.chmod(path, mode)
        return path

    def visits(self, first, second):
        """Whether a session of one gateway is resumed by another, by version."""
        resumed = []
        for version in VERSIONS:
            client = Returner(self.pki, self.client, version)
            self.assertEqual(client.visit(first)[0], 200)
            self.assertEqual(client.visit(second)[0], 200)
            resumed.append(client.resumed)
        return resumed

    def test_all_workers_of_a_gateway(self):
        gateway = self.gateway(self.backend(), listener={"workers": 2})
        for version in VERSIONS:
            client = Returner(self.pki, self.client, version)
            client.visit(gateway)
            for _ in range(10):
                self.assertEqual(client.visit(gateway)[0], 200)
                self.assertTrue(client.resumed)

    def test_gateways_with_one_secret(self):
        secret = self.secret()
        one, other = (self.gateway(self.backend(), tls={"ticket_secret": secret}) for _ in range(2))
        self.assertEqual(self.visits(one, other), [True, True])

    def test_t28_not_without_one(self):
        one, other = (self.gateway(self.backend()) for _ in range(2))
        self.assertEqual(self.visits(one, other), [False, False])

    def test_t28_not_with_another(self):
        one, other = (self.gateway(self.backend(), tls={"ticket_secret": self.secret()}) for _ in range(2))
        self.assertEqual(self.visits(one, other), [False, False])

    def test_a_new_secret_after_a_reload(self):
        path = self.secret()
        gateway = self.gateway(self.backend(), tls={"ticket_secret": path})
        client = Returner(self.pki, self.client)
        client.visit(gateway)
        write(path, os.urandom(32).hex())
        gateway.signal(1)
        gateway.wait_for_line("generation 2 in force")
        client.visit(gateway)
        self.assertFalse(client.resumed)
        client.visit(gateway)
        self.assertTrue(client.resumed)

    def test_rotation(self):
        gateway = self.gateway(self.backend(), tls={"ticket_rotation": "3s", "ticket_lifetime": "3s"})
        for version in VERSIONS:
            client = Returner(self.pki, self.client, version)
            client.visit(gateway)
            client.visit(gateway)
            self.assertTrue(client.resumed)
            time.sleep(6.1)
            client.visit(gateway)
            self.assertFalse(client.resumed)

    def test_an_altered_ticket_costs_a_full_handshake(self):
        gateway = self.gateway(self.backend())
        for version in (2, 3):
            path = os.path.join(self.subdirectory("session"), "session.pem")
            s_client(gateway, "-tls1_%d" % version, "-sess_out", path, client=self.client, send=REQUEST)
            der = subprocess.run(["openssl", "sess_id", "-in", path, "-outform", "DER"], capture_output=True,
                                 check=True).stdout
            ticket = self.ticket_at(der)
            altered = bytearray(der)
            altered[ticket + 20] ^= 1
            write(path, ssl.DER_cert_to_PEM_cert(bytes(altered)).replace("CERTIFICATE", "SSL SESSION PARAMETERS"))
            said = s_client(gateway, "-tls1_%d" % version, "-sess_in", path, client=self.client, send=REQUEST)
            self.assertIn("New, TLSv1.%d" % version, said)
            self.assertIn("HTTP/1.1 200 ", said)

    def ticket_at(self, der):
        """Where the ticket's bytes begin: [10] of SSL_SESSION, as `openssl asn1parse` shows it."""
        shown = subprocess.run(["openssl", "asn1parse", "-inform", "DER"], input=der, capture_output=True,
                               check=True).stdout.decode().split("\n")
        at = next(i for i, line in enumerate(shown) if "cont [ 10 ]" in line)
        offset, header = shown[at + 1].split("hl=")[0].split(":")[0].strip(), shown[at + 1].split("hl=")[1].split()[0]
        return int(offset) + int(header)

    def test_bad_secrets_are_named(self):
        good = self.gateway(self.backend())
        cases = [
            (self.secret("short"), "the ticket secret is 5 bytes long, not 32 to 1024; make one with: openssl rand"),
            (self.secret("a" * 64), "is not random: only 1 different bytes"),
            (self.secret("x" * 2000), "is 2000 bytes long, not 32 to 1024"),
            (self.secret(mode=0o604), "may be read or changed by everybody (mode 604); chmod 600"),
            ("/nonexistent/ticket.secret", "cannot read /nonexistent/ticket.secret: No such file"),
        ]
        for path, expected in cases:
            good.configure("tls", {"ticket_secret": path})
            good.write_config()
            done = subprocess.run([binary(), "check", "--config", good.path], capture_output=True, text=True)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, r"postern\.ini:\d+: \[tls\] ticket_secret: ")
            self.assertIn(expected, done.stderr)
        mark = good.mark()
        good.signal(1)
        good.wait_for_line("reload failed, generation 1 stays in force", after=mark)


main()
