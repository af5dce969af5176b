"""on_refusal = page: the handshake completes, and one answer, 400, names the reason to programs and to people; then
the connection ends. Nothing is forwarded."""
import json
import ssl
import tempfile

from support import GatewayCase, TlsClient, main
from support.verdicts import refusals

VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


class Pages(GatewayCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.refusals = refusals(cls.pki, cls.directory)

    def page_gateway(self, backend, **options):
        return self.gateway(backend, client_auth={"on_refusal": "page", **options})

    def refused(self, gateway, client, version, accept):
        """The one answer; client None presents no certificate."""
        with TlsClient(gateway, client, version=version) as peer:
            # The second request is on its way before the answer is: it must never be answered.
            request = "GET /secret HTTP/1.1\r\nHost: localhost\r\nAccept: %s\r\n\r\n" % accept
            peer.send(request + request)
            status, fields, content = peer.read_response()
            self.assertEqual(status, 400)
            self.assertEqual(fields["connection"], "close")
            self.assertTrue(peer.at_end())
            return fields, content.decode()

    def test_p1_problem_json_names_each_reason_and_nothing_is_forwarded(self):
        backend = self.backend()
        gateway = self.page_gateway(backend)
        for refusal in self.refusals:
            for version in VERSIONS:
                with self.subTest(reason=refusal.reason, version=version.name):
                    fields, content = self.refused(gateway, refusal.client, version, "*/*")
                    self.assertEqual(fields["content-type"], "application/problem+json")
                    problem = json.loads(content)
                    self.assertEqual((problem["reason"], problem["status"]), (refusal.reason, 400))
                    self.assertEqual(problem["request_id"], fields["x-request-id"])
                    self.assertEqual({"type", "title", "detail"} - set(problem), set())
        self.assertLessEqual({"weak_key", "weak_signature"}, {refusal.reason for refusal in self.refusals})
        self.assertEqual(backend.connections, 0)

    def test_html_for_who_prefers_it(self):
        backend = self.backend()
        gateway = self.page_gateway(backend)
        for refusal in self.refusals[:3]:
            fields, content = self.refused(gateway, refusal.client, None, "text/html,application/xhtml+xml,*/*;q=0.8")
            self.assertTrue(fields["content-type"].startswith("text/html"))
            self.assertIn("<code>%s</code>" % refusal.reason, content)
        self.assertEqual(backend.connections, 0)

    def test_the_log_says_the_same(self):
        gateway = self.page_gateway(self.backend())
        revoked = next(refusal.client for refusal in self.refusals if refusal.reason == "revoked")
        fields, _ = self.refused(gateway, revoked, None, "*/*")
        line = gateway.access()[-1]
        self.assertEqual((line["status"], line["verdict"], line["reason"]), (400, "refused", "revoked"))
        self.assertEqual((line["cn"], line["serial"]), ("revoked", revoked.serial))
        self.assertEqual(line["request_id"], fields["x-request-id"])

    def test_p4_missing_and_expired_crls_are_told(self):
        backend = self.backend()
        gateway = self.page_gateway(backend, crl=self.pki.root.crl)
        _, content = self.refused(gateway, self.client, None, "*/*")
        self.assertEqual(json.loads(content)["reason"], "crl_missing")
        self.assertIn("CN=Test Intermediate", json.loads(content)["detail"])
        self.pki.intermediate.make_crl(seconds=-60)
        expired = self.page_gateway(backend, crl=self.expired_bundle())
        _, content = self.refused(expired, self.client, None, "*/*")
        self.assertEqual(json.loads(content)["reason"], "crl_expired")
        self.assertEqual(backend.connections, 0)
        self.pki.intermediate.make_crl()

    def expired_bundle(self):
        with tempfile.NamedTemporaryFile("w", dir=self.directory, suffix=".pem", delete=False) as out:
            for path in (self.pki.intermediate.crl, self.pki.root.crl):
                with open(path, encoding="ascii") as file:
                    out.write(file.read())
        return out.name

    def test_the_admitted_notice_nothing(self):
        gateway = self.page_gateway(self.backend())
        with self.connect(gateway) as client:
            for _ in range(3):
                self.assertEqual(client.get("/")[0], 200)


main()
