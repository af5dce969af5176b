"""T4: no client is ever given a session ticket: a session that could be resumed would skip the verdict. A refused
client gets a page over a complete handshake, and OpenSSL would issue two tickets for it in TLS 1.3 and one in 1.2."""
import os
import re
import subprocess

from support import GatewayCase, main, s_client

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


class Tickets(GatewayCase):
    def session(self, gateway, version, client):
        """What s_client printed, and whether it was given a session to resume."""
        path = os.path.join(self.subdirectory("session"), "session.pem")
        said = s_client(gateway, "-tls1_%d" % version, "-sess_out", path, client=client, send=REQUEST)
        return said, os.path.exists(path) and os.path.getsize(path) > 0

    def given_nothing(self, version):
        gateway = self.gateway(self.backend(), client_auth={"on_refusal": "page"})
        revoked = self.pki.client("revoked")
        self.pki.revoke(revoked)
        refusing = self.gateway(self.backend(), client_auth={"on_refusal": "page"})
        for door, client, status in ((gateway, None, 400), (refusing, revoked, 400), (gateway, self.client, 200)):
            with self.subTest(status=status, client=client and client.name):
                said, resumable = self.session(door, version, client)
                self.assertIn("HTTP/1.1 %d " % status, said)
                self.assertNotIn("TLS session ticket:", said)
                self.assertNotIn("Session Ticket arrived", said)
                self.assertFalse(resumable, "a session was handed out")

    def test_t4_none_in_tls_1_2(self):
        self.given_nothing(2)

    def test_t4_none_in_tls_1_3(self):
        self.given_nothing(3)

    def test_the_test_itself_sees_tickets_where_there_are_some(self):
        server = subprocess.Popen(["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", self.pki.server.cert,
                                   "-key", self.pki.server.key, "-www"], stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        try:
            port = None
            while port is None:
                line = server.stdout.readline().decode()
                self.assertTrue(line, "openssl s_server ended")
                found = re.match(r"ACCEPT .*:(\d+)$", line.strip())
                port = found and int(found.group(1))
            for version in (2, 3):
                stand_in = type("Door", (), {"port": port, "pki": self.pki})
                said, resumable = self.session(stand_in, version, None)
                self.assertTrue(resumable, said)
        finally:
            server.kill()
            server.wait()
            server.stdout.close()


main()
