"""The access log holds every field that CONTRACT.md lists, of exchanges and of refusals, as JSON and as text; and names
in a certificate, which a stranger may choose, stay inside their field (G1)."""
import os
import re

from support import GatewayCase, Pki, main, s_client

FIELDS = {"time", "request_id", "client", "cn", "serial", "method", "target", "status", "duration_ms", "upstream_ms",
          "bytes_in", "bytes_out", "verdict", "reason", "tls_version", "cipher", "generation"}
HOSTILE = 'a"b\n{"status":1}\x1b[31m\u00e9'


class AccessLog(GatewayCase):
    def lines(self, gateway):
        gateway.stop()
        with open(os.path.join(gateway.directory, "access.log"), "rb") as file:
            return file.read().split(b"\n")[:-1]

    def test_an_exchange_is_one_line_with_every_field(self):
        gateway = self.gateway(self.backend())
        with self.connect(gateway) as client:
            client.send("POST /upload?a=1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello")
            answer = client.read_response()
            cipher, version = client.socket.cipher()[0], client.socket.version()
        line = gateway.access()[0]
        self.assertEqual(FIELDS - set(line), set())
        self.assertEqual((line["cn"], line["serial"]), ("alice", self.client.serial))
        self.assertEqual((line["method"], line["target"], line["status"]), ("POST", "/upload?a=1", 200))
        self.assertEqual((line["bytes_in"], line["bytes_out"]), (5, len(answer[2])))
        self.assertEqual((line["verdict"], line["generation"]), ("admitted", 1))
        self.assertEqual((line["tls_version"], line["cipher"]), (version, cipher))
        self.assertEqual(line["request_id"], answer[1]["x-request-id"])
        self.assertRegex(line["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertRegex(line["client"], r"^127\.0\.0\.1:\d+$")
        self.assertGreaterEqual(line["duration_ms"], line["upstream_ms"])

    def test_a_refusal_is_one_line_with_every_field(self):
        gateway = self.gateway(self.backend())
        revoked = self.pki.client("bob")
        self.pki.revoke(revoked)
        refusing = self.gateway(self.backend())
        s_client(gateway, "-tls1_3")
        s_client(refusing, "-tls1_3", client=revoked)
        for door, reason, cn in ((gateway, "no_certificate", None), (refusing, "revoked", "bob")):
            line = door.access()[0]
            self.assertEqual(FIELDS - set(line), set())
            self.assertEqual((line["verdict"], line["reason"], line["cn"]), ("refused", reason, cn))
            self.assertEqual((line["method"], line["status"]), (None, None))

    def test_text_has_the_same_on_one_line(self):
        gateway = self.gateway(self.backend(), log={"format": "text"})
        with self.connect(gateway) as client:
            client.get("/path")
        [line] = self.lines(gateway)
        for expected in ('cn="alice"', 'serial="%s"' % self.client.serial, 'method="GET"', 'target="/path"',
                         "status=200", "verdict=admitted", "tls=TLSv1.3", "generation=1"):
            self.assertIn(" " + expected, line.decode())
        for name in ("duration_ms", "upstream_ms", "bytes_in", "bytes_out", "cipher", "request_id"):
            self.assertRegex(line.decode(), r" %s=[^ -]" % name)

    def test_g1_names_of_a_certificate_stay_in_their_field(self):
        stranger = Pki(os.path.join(self.directory, "stranger"), "Stranger").client(HOSTILE)
        known = self.pki.client(HOSTILE)
        for form in ("json", "text"):
            backend = self.backend()
            gateway = self.gateway(backend, log={"format": form})
            s_client(gateway, "-tls1_3", client=stranger)
            with self.connect(gateway, known) as client:
                self.assertEqual(client.get("/")[0], 200)
            # To the backend it is one field, and none more.
            self.assertRegex(backend.last.get("X-Client-CN"), r"^a.*%0A.*%1B.*%C3%A9$")
            if form == "json":
                for line, verdict in zip(gateway.access(2), ("refused", "admitted")):
                    self.assertEqual(line["verdict"], verdict)
                    self.assertNotEqual(line["status"], 1)
                    self.assertIn("%0A", line["cn"])
            found = self.lines(gateway)
            self.assertEqual(len(found), 2, found)
            for line in found:
                self.assertTrue(all(32 <= byte < 127 for byte in line), line)
                self.assertIsNone(re.search(rb'cn="a"b', line))


main()
