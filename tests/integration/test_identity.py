"""Who is calling, in every preset and form, as a backend sees it. What is expected is computed by the openssl program."""
import base64
import ssl

from support import GatewayCase, NginxBackend, main
from support.pki import openssl, read

NGINX = r"""
location / {
    default_type text/plain;
    return 200 "$http_x_client_verify|$http_x_client_dn|$http_x_client_cn|$http_x_client_serial|$http_x_client_domain";
}
"""


def der(path):
    return b":" + base64.b64encode(ssl.PEM_cert_to_DER_cert(read(path))) + b":"


class Identity(GatewayCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.device = cls.pki.client("till-7", ou=["shops", "berlin"], san="DNS:till-7.test,URI:spiffe://test/till/7,"
                                    "email:till@test,IP:192.0.2.7")
        cls.issuer = openssl("x509", "-in", cls.device.cert, "-noout", "-issuer", "-nameopt",
                             "RFC2253").decode().strip().split("=", 1)[1]
        end = openssl("x509", "-in", cls.device.cert, "-noout", "-enddate", "-dateopt", "iso_8601").decode()
        cls.not_after = end.strip().split("=", 1)[1].replace(" ", "T")

    def seen(self, **identity):
        backend = self.backend()
        gateway = self.gateway(backend, identity=identity)
        self.assertEqual(self.curl(gateway, "/", client=self.device).status, 200)
        return backend.last

    def has(self, request, **expected):
        for name, value in expected.items():
            self.assertEqual(request.get(name.replace("_", "-")), value, name)

    def test_postern(self):
        self.has(self.seen(), X_Client_Verify="SUCCESS", X_Client_DN=self.device.subject, X_Client_CN="till-7",
                 X_Client_Serial=self.device.serial, X_Client_Fingerprint=self.device.fingerprint,
                 X_Client_Not_After=self.not_after, X_Client_Domain="shops,berlin")

    def test_certwiz(self):
        self.has(self.seen(preset="certwiz"), X_Client_Cert_Subject=self.device.subject, X_Client_CN=None,
                 X_Client_Cert_Issuer=self.issuer, X_Client_Serial=self.device.serial, X_Client_Verify="SUCCESS")

    def test_xfcc(self):
        self.has(self.seen(preset="xfcc"), X_Client_Verify=None, X_Forwarded_Client_Cert='Hash=%s;Subject="%s";'
                 "URI=spiffe://test/till/7;DNS=till-7.test" % (self.device.fingerprint, self.device.subject))

    def test_rfc9440(self):
        request = self.seen(preset="rfc9440", client_cert_chain="yes")
        self.has(request, Client_Cert=der(self.device.cert).decode(),
                 Client_Cert_Chain=der(self.pki.intermediate.cert).decode())
        self.has(self.seen(preset="rfc9440"), Client_Cert=der(self.device.cert).decode(), Client_Cert_Chain=None)

    def test_templates(self):
        request = self.seen(**{"preset": "none", "X-Who": "${cn}@${o} (${spiffe_id})", "X-Dns": "${san_dns}",
                               "X-Mail": "${san_email}", "X-Ip": "${san_ip}", "X-Uri": "${san_uri}"})
        self.has(request, X_Who="till-7@Test (spiffe://test/till/7)", X_Dns="till-7.test", X_Mail="till@test",
                 X_Ip="192.0.2.7", X_Uri="spiffe://test/till/7", X_Client_CN=None)

    def test_a_real_backend_sees_the_same(self):
        gateway = self.gateway(self.program(NginxBackend, NGINX))
        said = self.curl(gateway, "/", "-H", "X-Client-CN: mallory", "-H", "x_client_cn: mallory", client=self.device)
        self.assertEqual(said.content.decode(), "SUCCESS|%s|till-7|%s|shops,berlin" % (self.device.subject,
                                                                                   self.device.serial))


main()
