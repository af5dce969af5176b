"""P1: whoever is refused is told by the right alert, in TLS 1.2 and 1.3, by every client; nothing is forwarded, and
the access log holds the reason and whatever the certificate said."""
import ssl
import subprocess

from support import GatewayCase, main, s_client
from support.gateway import patience
from support.verdicts import refusals

# What this program may send is no matter of what the gateway takes.
WEAK = ("-cipher", "DEFAULT@SECLEVEL=0")

NODE = """
const fs = require('fs'), https = require('https');
const [port, ca, cert, key] = process.argv.slice(2);
https.get({host: '127.0.0.1', port, servername: 'localhost', ca: fs.readFileSync(ca), cert: fs.readFileSync(cert),
           key: fs.readFileSync(key)}, answer => { console.log(answer.statusCode); answer.resume(); })
     .on('error', error => console.log(error.code));
"""


class Alerts(GatewayCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.refusals = refusals(cls.pki, cls.directory)

    def test_p1_each_reason_has_its_alert_and_nothing_is_forwarded(self):
        backend = self.backend()
        gateway = self.gateway(backend)
        for count, case in enumerate([(case, version) for case in self.refusals for version in (2, 3)], 1):
            refusal, version = case
            with self.subTest(reason=refusal.reason, version=version, client=refusal.client and refusal.client.name):
                said = s_client(gateway, "-tls1_%d" % version, *WEAK, client=refusal.client, send=b"GET / HTTP/1.1\r\n"
                                b"Host: localhost\r\n\r\n")
                alert = refusal.alert_1_2 if version == 2 else refusal.alert_1_3
                self.assertIn("SSL alert number %d\n" % alert, said)
                line = gateway.access(count)[-1]
                self.assertEqual((line["reason"], line["verdict"], line["status"]), (refusal.reason, "refused", None))
                if refusal.client:
                    self.assertEqual(line["serial"], refusal.client.serial)
        self.assertEqual(backend.connections, 0)
        self.assertEqual(self.connect(gateway).get("/")[0], 200)

    def refused_with_alert(self, gateway, number, reason, client=None):
        for version in (2, 3):
            said = s_client(gateway, "-tls1_%d" % version, client=client or self.client)
            self.assertIn("SSL alert number %d\n" % number, said)
        self.assertEqual([line["reason"] for line in gateway.access(2)[-2:]], [reason, reason])
        return gateway.access(2)[-1]

    def test_p4_without_a_crl_of_the_issuer_the_answer_is_no(self):
        backend = self.backend()
        for crl, issuer in ((self.pki.root.crl, "CN=Test Intermediate"), (self.pki.intermediate.crl, "CN=Test Root")):
            with self.subTest(missing=issuer):
                gateway = self.gateway(backend, client_auth={"crl": crl})
                line = self.refused_with_alert(gateway, 46, "crl_missing")
                self.assertIn(issuer, line["detail"])
        gateway = self.gateway(backend, client_auth={"crl": self.pki.root.crl, "crl_missing": "allow"})
        self.assertEqual(backend.connections, 0)
        self.assertEqual(self.connect(gateway).get("/")[0], 200)

    def test_p4_with_an_expired_crl_the_answer_is_no(self):
        backend = self.backend()
        for authority in (self.pki.intermediate, self.pki.root):
            with self.subTest(expired=authority.subject):
                authority.make_crl(seconds=-60)
                self.pki.bundle()
                gateway = self.gateway(backend)
                line = self.refused_with_alert(gateway, 46, "crl_expired")
                self.assertIn(authority.subject.rsplit("/", 1)[1], line["detail"])
                self.assertEqual(backend.connections, 0)
                graced = self.gateway(self.backend(), client_auth={"crl_expired": "grace 1h"})
                self.assertEqual(self.connect(graced).get("/")[0], 200)
                authority.make_crl()
                self.pki.bundle()

    def test_without_extended_key_usage_it_is_a_matter_of_policy(self):
        bare = self.pki.client("bare", eku=None)
        self.assertEqual(self.connect(self.gateway(self.backend()), bare).get("/")[0], 200)
        strict = self.gateway(self.backend(), client_auth={"require_eku": "yes"})
        self.refused_with_alert(strict, 43, "wrong_purpose", bare)
        self.assertEqual(self.connect(strict).get("/")[0], 200)

    def test_every_client_program_is_told(self):
        gateway = self.gateway(self.backend())
        revoked = next(refusal.client for refusal in self.refusals if refusal.reason == "revoked")
        result = self.curl(gateway, "/", client=revoked)
        self.assertNotEqual(result.exit_status, 0)
        self.assertIn("certificate revoked", result.error)
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.assertRaisesRegex(ssl.SSLError, "CERTIFICATE_REVOKED"):
                self.connect(gateway, revoked, version=version).get("/")
        self.assertEqual(self.node(gateway, revoked), "ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED")
        self.assertEqual(self.node(gateway, self.client), "200")

    def node(self, gateway, client):
        done = subprocess.run(["node", "-", str(gateway.port), self.pki.root.cert, client.chain, client.key],
                              input=NODE, capture_output=True, text=True, timeout=patience(20))
        return done.stdout.strip() or done.stderr


main()
