"""Real TLS stacks other than OpenSSL's own tool: GnuTLS, curl, Python, Node. Each is admitted with its certificate
and its request reaches the backend with its identity; each is refused without one."""

import os
import ssl
import subprocess

from support.case import GatewayCase, main
from support.clients import curl
from support.gateway import patience

NODE = """
const https = require('https'), fs = require('fs');
const [port, ca, cert, key, version] = process.argv.slice(2);
const options = {host: '127.0.0.1', port, servername: 'localhost', path: '/from-node',
                 ca: fs.readFileSync(ca),
                 minVersion: version, maxVersion: version, agent: new https.Agent({keepAlive: true, maxSockets: 1})};
if (cert) Object.assign(options, {cert: fs.readFileSync(cert), key: fs.readFileSync(key)});
let left = 3;
function ask() {
    const request = https.request(options, response => {
        const protocol = response.socket.getProtocol();
        response.resume().on('end', () => {
            console.log('status', response.statusCode, protocol, request.reusedSocket);
            if (--left) setImmediate(ask); else process.exit(0);
        });
    });
    request.on('error', error => { console.log('error', error.code, error.message); process.exit(0); });
    request.end();
}
ask();
"""


class TlsClients(GatewayCase):
    def gnutls(self, gateway, priority, client=None, send=b"GET /from-gnutls HTTP/1.1\r\nHost: localhost\r\n"
               b"Connection: close\r\n\r\n"):
        command = ["gnutls-cli", "--x509cafile", self.pki.root.cert, "--verify-hostname", "localhost", "--sni-hostname",
                   "localhost", "--priority", priority, "--port", str(gateway.port), "127.0.0.1"]
        if client is not None:
            command[1:1] = ["--x509certfile", client.chain, "--x509keyfile", client.key]
        done = subprocess.run(command, input=send, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=patience(20), check=False)
        return done.stdout.decode("latin-1")

    def node(self, gateway, version, client=None):
        path = os.path.join(self.directory, "client.js")
        with open(path, "w", encoding="utf-8") as file:
            file.write(NODE)
        files = [client.chain, client.key] if client else ["", ""]
        done = subprocess.run(["node", path, str(gateway.port), self.pki.root.cert, *files, version],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=patience(20), check=False)
        return done.stdout.decode()

    def assert_seen_as_alice(self, backend, target):
        request = [request for request in backend.requests if request.target == target][-1]
        self.assertEqual(request.get("X-Client-CN"), "alice")

    def test_gnutls(self):
        backend = self.backend()
        gateway = self.gateway(backend)
        for priority in ("NORMAL:-VERS-ALL:+VERS-TLS1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.3"):
            said = self.gnutls(gateway, priority, self.client)
            self.assertIn("HTTP/1.1 200", said)
            self.assert_seen_as_alice(backend, "/from-gnutls")
            said = self.gnutls(gateway, priority)
            self.assertNotIn("HTTP/1.1", said)
            self.assertRegex(said, r"(?i)alert|Certificate is required|handshake failed")

    def test_gnutls_old_versions_are_refused(self):
        gateway = self.gateway(self.backend())
        said = self.gnutls(gateway, "LEGACY:-VERS-ALL:+VERS-TLS1.1", self.client)
        self.assertRegex(said, r"(?i)fatal alert.*protocol version|\[70\]")

    def test_node_keeps_one_connection_for_its_requests(self):
        backend = self.backend()
        gateway = self.gateway(backend)
        for version in ("TLSv1.2", "TLSv1.3"):
            said = self.node(gateway, version, self.client).splitlines()
            self.assertEqual(said, ["status 200 %s false" % version] + ["status 200 %s true" % version] * 2)
            self.assert_seen_as_alice(backend, "/from-node")
            self.assertRegex(self.node(gateway, version), "^error ")

    def test_curl_with_pem_and_pkcs12(self):
        backend = self.backend()
        gateway = self.gateway(backend)
        for option in ("--tlsv1.2", "--tlsv1.3"):
            limit = ["--tls-max", option[-3:]]
            self.assertEqual(self.curl(gateway, "/pem", option, *limit).status, 200)
            self.assert_seen_as_alice(backend, "/pem")
            p12 = ["--cert-type", "P12", "--cert", self.client.p12() + ":secret"]
            self.assertEqual(curl(gateway, "/p12", option, *limit, *p12).status, 200)
            self.assert_seen_as_alice(backend, "/p12")
            refused = curl(gateway, "/", option, *limit)
            self.assertIsNone(refused.status)
            self.assertRegex(refused.error, "alert")

    def test_python_in_both_versions_with_each_kind_of_key(self):
        backend = self.backend()
        gateway = self.gateway(backend)
        for kind in ("p256", "p384", "rsa2048", "ed25519"):
            client = self.pki.client("alice", name="alice-" + kind, key=kind)
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                connection = self.connect(gateway, client, version=version)
                self.assertEqual(connection.get("/" + kind)[0], 200, kind)
                self.assert_seen_as_alice(backend, "/" + kind)


if __name__ == "__main__":
    main()
