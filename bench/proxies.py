"""Other programs that ask a client for its certificate, each set up as its experts would for what Postern does by
default: the same certificates, ciphers and groups, the same fields to the backend, a log in batches where it can,
upstream connections kept alive, one worker. What one cannot do is left out, and compare.py shows it."""

import os

from peers import CIPHERS
from server import Server, write

GROUPS = "X25519:P-256:P-384"
# openssl.cnf as Debian ships it, and one ticket of TLS 1.3 in place of two.
ONE_TICKET = """
openssl_conf = init
[init]
ssl_conf = modules
[modules]
system_default = defaults
[defaults]
MinProtocol = TLSv1.2
CipherString = DEFAULT:@SECLEVEL=2
NumTickets = 1
"""

# Standard output is a file. Buffering it is not to be had: a line is a write.
HAPROXY = """
global
    nbthread 1
    maxconn 8000
    log stdout format raw local0 info
defaults
    mode http
    option http-keep-alive
    http-reuse always
    timeout connect 5s
    timeout client 600s
    timeout server 600s
    timeout http-keep-alive 600s
frontend gateway
    bind 127.0.0.1:{port} ssl crt {directory}/server.pem ca-file {pki.trust} crl-file {pki.crl} verify required ciphers {ciphers} curves {groups} alpn http/1.1 ssl-min-ver TLSv1.2
    log global
    unique-id-format %[uuid()]
    unique-id-header X-Request-ID
    log-format '{{"time":"%t","request_id":"%ID","client":"%ci:%cp","cn":"%[ssl_c_s_dn(CN)]","serial":"%[ssl_c_serial,hex]","method":"%HM","target":"%HU","status":%ST,"duration_ms":%Ta,"upstream_ms":%Tr,"bytes_in":%U,"bytes_out":%B,"tls_version":"%sslv","cipher":"%sslc"}}'
    http-request set-header X-Real-IP %[src]
    http-request set-header X-Forwarded-For %[src]
    http-request set-header X-Forwarded-Proto https
    http-request set-header X-Forwarded-Host %[req.hdr(host)]
    http-request set-header X-Client-Verify SUCCESS
    http-request set-header X-Client-DN %[ssl_c_s_dn(,0,rfc2253)]
    http-request set-header X-Client-CN %[ssl_c_s_dn(CN)]
    http-request set-header X-Client-Serial %[ssl_c_serial,hex]
    http-request set-header X-Client-Fingerprint %[ssl_c_der,sha2(256),hex]
    http-request set-header X-Client-Not-After %[ssl_c_notafter]
    http-request set-header X-Client-Domain %[ssl_c_s_dn(OU)]
    default_backend app
backend app
    server app 127.0.0.1:{backend_port}
"""

HITCH = """
frontend = {{
    host = "127.0.0.1"
    port = "{port}"
}}
backend = "[127.0.0.1]:{backend_port}"
pem-file = {{
    cert = "{pki.server.chain}"
    private-key = "{pki.server.key}"
}}
client-verify = required
client-verify-ca = "{pki.trust}"
tls-protos = TLSv1.2 TLSv1.3
ciphers = "{ciphers}"
ecdh-curve = "X25519:prime256v1:secp384r1"
alpn-protos = "http/1.1"
workers = 1
backlog = 4096
keepalive = 600
daemon = off
quiet = on
"""

STUNNEL = """
foreground = yes
pid =
syslog = no
debug = warning
[gateway]
accept = 127.0.0.1:{port}
connect = 127.0.0.1:{backend_port}
cert = {pki.server.chain}
key = {pki.server.key}
CAfile = {pki.trust}
CRLfile = {pki.crl}
verifyChain = yes
requireCert = yes
sslVersionMin = TLSv1.2
ciphers = {ciphers}
curves = {groups}
TIMEOUTidle = 600
"""

APACHE = """
ServerRoot {directory}
ServerName localhost
PidFile {directory}/apache.pid
Listen 127.0.0.1:{port}
ListenBacklog 4096
{user}
{modules}
Mutex pthread
ServerLimit 1
StartServers 1
ThreadsPerChild 64
ThreadLimit 64
MaxRequestWorkers 64
MinSpareThreads 1
MaxSpareThreads 64
AsyncRequestWorkerFactor 200
MaxConnectionsPerChild 0
KeepAlive On
KeepAliveTimeout 600
MaxKeepAliveRequests 0
Timeout 600
ErrorLog {directory}/error.log
LogLevel warn
LogFormat "{{\\"time\\":\\"%{{%FT%T}}t\\",\\"client\\":\\"%a\\",\\"cn\\":\\"%{{SSL_CLIENT_S_DN_CN}}x\\",\\"serial\\":\\"%{{SSL_CLIENT_M_SERIAL}}x\\",\\"method\\":\\"%m\\",\\"target\\":\\"%U%q\\",\\"status\\":%>s,\\"duration_us\\":%D,\\"bytes_in\\":%I,\\"bytes_out\\":%O,\\"verdict\\":\\"%{{SSL_CLIENT_VERIFY}}x\\",\\"tls_version\\":\\"%{{SSL_PROTOCOL}}x\\",\\"cipher\\":\\"%{{SSL_CIPHER}}x\\"}}" audit
BufferedLogs On
CustomLog {directory}/access.log audit
SSLEngine on
SSLProtocol -all +TLSv1.2 +TLSv1.3
SSLCipherSuite {ciphers}
SSLOpenSSLConfCmd Groups {groups}
SSLHonorCipherOrder off
SSLSessionCache none
SSLCertificateFile {pki.server.chain}
SSLCertificateKeyFile {pki.server.key}
SSLCACertificateFile {pki.trust}
SSLCARevocationFile {pki.crl}
SSLCARevocationCheck chain
SSLVerifyClient require
SSLVerifyDepth 4
RequestHeader set X-Forwarded-Proto https
RequestHeader set X-Client-Verify "%{{SSL_CLIENT_VERIFY}}s"
RequestHeader set X-Client-DN "%{{SSL_CLIENT_S_DN}}s"
RequestHeader set X-Client-CN "%{{SSL_CLIENT_S_DN_CN}}s"
RequestHeader set X-Client-Serial "%{{SSL_CLIENT_M_SERIAL}}s"
RequestHeader set X-Client-Not-After "%{{SSL_CLIENT_V_END}}s"
RequestHeader set X-Client-Domain "%{{SSL_CLIENT_S_DN_OU}}s"
ProxyPreserveHost On
ProxyPass / http://127.0.0.1:{backend_port}/ enablereuse=on keepalive=On
"""
APACHE_MODULES = ("mpm_event", "authz_core", "ssl", "headers", "proxy", "proxy_http")

CADDY = """
{{
    admin off
    auto_https off
    servers {{
        protocols h1
        timeouts {{
            idle 600s
        }}
    }}
}}
https://localhost:{port} {{
    bind 127.0.0.1
    tls {pki.server.chain} {pki.server.key} {{
        protocols tls1.2 tls1.3
        curves x25519 secp256r1 secp384r1
        client_auth {{
            mode require_and_verify
            trusted_ca_cert_file {pki.root.cert}
        }}
    }}
    log {{
        output file {directory}/access.log
        format json
    }}
    map {{http.request.tls.client.subject}} {{client_cn}} {{client_ou}} {{
        ~CN=([^,]+),OU=([^,]+) ${{1}} ${{2}}
        ~CN=([^,]+) ${{1}} ""
        default "" ""
    }}
    reverse_proxy 127.0.0.1:{backend_port} {{
        header_up X-Client-Verify SUCCESS
        header_up X-Client-DN {{tls_client_subject}}
        header_up X-Client-CN {{client_cn}}
        header_up X-Client-Domain {{client_ou}}
        header_up X-Client-Serial {{tls_client_serial}}
        header_up X-Client-Fingerprint {{tls_client_fingerprint}}
        transport http {{
            keepalive 600s
            keepalive_idle_conns 64
            keepalive_idle_conns_per_host 64
        }}
    }}
}}
"""


class Proxy(Server):
    """One configuration file from a template. version: the command that tells it."""

    template, file_name = "", "proxy.conf"
    version = None

    def values(self):
        return {}

    def configuration(self):
        text = self.template.format(directory=self.directory, port=self.port, pki=self.pki, ciphers=CIPHERS,
                                    groups=GROUPS, backend_port=self.backend_port, **self.values())
        return write(os.path.join(self.directory, self.file_name), text)


class Haproxy(Proxy):
    name, template, version = "haproxy", HAPROXY, ("haproxy", "-v")

    def configure(self):
        with open(os.path.join(self.directory, "server.pem"), "wb") as out:
            for part in (self.pki.server.chain, self.pki.server.key):
                with open(part, "rb") as file:
                    out.write(file.read())
        return ["haproxy", "-W", "-db", "-f", self.configuration()]


class Hitch(Proxy):
    name, template, version = "hitch", HITCH, ("hitch", "--version")

    def configure(self):
        # It will not run as root. The files of the PKI are made by whoever runs this.
        user = ["--user", "root"] if os.geteuid() == 0 else []
        return ["hitch", "--config", self.configuration(), *user]


class Stunnel(Proxy):
    name, template, version = "stunnel", STUNNEL, ("stunnel", "-version")

    def configure(self):
        return ["stunnel", self.configuration()]


class Apache(Proxy):
    name, template, version = "apache", APACHE, ("apache2", "-v")

    def values(self):
        modules = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in APACHE_MODULES)
        return {"modules": modules, "user": "User www-data\nGroup www-data" if os.geteuid() == 0 else ""}

    def configure(self):
        return ["apache2", "-DFOREGROUND", "-f", self.configuration()]


class Caddy(Proxy):
    name, template, version = "caddy", CADDY, ("caddy", "version")
    environment = {"GOMAXPROCS": "1"}

    def configure(self):
        self.environment = {**self.environment, "HOME": self.directory, "XDG_DATA_HOME": self.directory,
                            "XDG_CONFIG_HOME": self.directory}
        return ["caddy", "run", "--config", self.configuration(), "--adapter", "caddyfile"]


class Bare(Server):
    """No proxy: OpenSSL in an epoll loop, with an answer of its own. What it costs, everybody on OpenSSL pays."""

    name, version = "bare", ("openssl", "version")
    build = None

    def configure(self):
        program = os.path.join(self.build, "tests", "bare")
        return [program, str(self.port), self.pki.server.chain, self.pki.server.key, self.pki.trust, self.pki.crl]


PROXIES = (Haproxy, Hitch, Stunnel, Apache, Caddy)


def with_one_ticket(kind, directory):
    """The same server with one ticket for each TLS 1.3 handshake, as Postern: OpenSSL's configuration says so."""
    path = os.path.join(directory, "one-ticket.cnf")
    if not os.path.exists(path):
        write(path, ONE_TICKET)
    return type(kind.__name__ + "OneTicket", (kind,), {"name": kind.name + " 1t",
                                                       "environment": {**kind.environment, "OPENSSL_CONF": path}})
