"""T4: who gets a session ticket. A refused client gets a page over a complete handshake, and OpenSSL would issue two
tickets for it in TLS 1.3 and one in 1.2: it gets none. An admitted one gets one, unless tickets are off."""
import os

from support import GatewayCase, main, s_client

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


class Tickets(GatewayCase):
    def session(self, gateway, version, client):
        """What s_client printed, and whether it was given a session to resume."""
        path = os.path.join(self.subdirectory("session"), "session.pem")
        said = s_client(gateway, "-tls1_%d" % version, "-sess_out", path, client=client, send=REQUEST)
        return said, os.path.exists(path) and os.path.getsize(path) > 0

    def given_nothing(self, version):
        revoked = self.pki.client("revoked")
        self.pki.revoke(revoked)
        refusing = self.gateway(self.backend(), client_auth={"on_refusal": "page"})
        off = self.gateway(self.backend(), tls={"session_tickets": "no"})
        for door, client, status in ((refusing, None, 400), (refusing, revoked, 400), (off, self.client, 200)):
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

    def test_one_for_whom_is_admitted(self):
        gateway = self.gateway(self.backend(), client_auth={"on_refusal": "page"})
        for version in (2, 3):
            with self.subTest(version=version):
                said, resumable = self.session(gateway, version, self.client)
                self.assertIn("HTTP/1.1 200 ", said)
                self.assertTrue(resumable, said)
                self.assertEqual(said.count("TLS session ticket:"), 1, said)
                self.assertNotIn("Max Early Data: 1", said)


main()
