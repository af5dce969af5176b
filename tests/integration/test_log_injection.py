"""G1: whatever comes from outside is escaped in the access log: one line an exchange, and valid JSON."""
import os

from support import GatewayCase, main


class LogInjection(GatewayCase):
    def test_target_agent_and_host(self):
        gateway = self.gateway(self.backend())
        agent = b'x" "status":999 \xff\xfe \xc3\xa9\t\\'
        with self.connect(gateway) as client:
            client.send(b"GET /a%0aq\"b HTTP/1.1\r\nHost: a\r\nUser-Agent: " + agent + b"\r\n\r\n")
            status = client.read_response()[0]
        line = gateway.access()[0]
        self.assertEqual(line["status"], status)
        self.assertIn('x" "status":999', line["user_agent"])

    def test_text_format(self):
        gateway = self.gateway(self.backend(), log={"format": "text"})
        with self.connect(gateway) as client:
            client.send(b"GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: \xe2\x80\xa8\x80 \x9b31m\"\r\n\r\n")
            client.read_response()
            client.get("/second")
        gateway.stop()
        with open(os.path.join(gateway.directory, "access.log"), "rb") as file:
            lines = file.read().splitlines()
        self.assertEqual(len(lines), 2)
        for line in lines:
            self.assertTrue(all(32 <= byte < 127 for byte in line), line)

    def test_secrets_are_not_logged(self):
        gateway = self.gateway(self.backend())
        with self.connect(gateway) as client:
            client.get("/", [("Authorization", "Bearer s3cret"), ("Cookie", "s3cret")])
        self.assertNotIn("s3cret", str(gateway.access()))
        self.assertNotIn("s3cret", "\n".join(line for line in gateway.lines if line))


main()
