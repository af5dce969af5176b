"""Postern and NGINX as gateways with the same PKI, fields and log, and the backend that they stand in front of."""

import os

from server import Server, write

BODY_1K = "x" * 1024
# Mozilla's intermediate configuration, as in Postern's defaults.
CIPHERS = ("ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
           "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305")

NGINX_COMMON = """
daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
pid {directory}/nginx.pid;
error_log {directory}/error.log warn;
{user}
events {{ worker_connections 8192; }}
http {{
    default_type application/octet-stream;
    sendfile on;
    tcp_nopush on;
    keepalive_timeout 600s;
    keepalive_requests 1000000000;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
"""

NGINX_BACKEND = NGINX_COMMON + """
    access_log off;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        root {directory};
        # What the backend is told of the client.
        location = /who {{ return 200 "$http_x_client_cn"; }}
    }}
}}
"""

# As an expert would set it up to do what Postern does by default: the same fields to the backend, the same log
# line, written in batches, upstream connections kept alive, no temporary files, one session ticket.
NGINX_GATEWAY = NGINX_COMMON + """
    log_format audit escape=json '{{"time":"$time_iso8601","request_id":"$request_id","client":"$remote_addr:$remote_port",'
        '"cn":"$client_cn","serial":"$ssl_client_serial","method":"$request_method","target":"$request_uri",'
        '"status":$status,"duration_ms":$request_time,"upstream_ms":"$upstream_response_time",'
        '"bytes_in":$request_length,"bytes_out":$bytes_sent,"verdict":"$ssl_client_verify",'
        '"tls_version":"$ssl_protocol","cipher":"$ssl_cipher"}}';
    access_log {directory}/access.log audit buffer=64k flush=1s;
    map $ssl_client_s_dn $client_cn {{ default ""; "~CN=(?<cn>[^,]+)" $cn; }}
    map $ssl_client_s_dn $client_ou {{ default ""; "~OU=(?<ou>[^,]+)" $ou; }}
    map $http_upgrade $connection_upgrade {{ default upgrade; "" ""; }}
    upstream app {{
        server 127.0.0.1:{backend_port};
        keepalive 64;
        keepalive_requests 1000000000;
    }}
    server {{
        listen 127.0.0.1:{port} ssl backlog=4096;
        ssl_certificate {pki.server.chain};
        ssl_certificate_key {pki.server.key};
        ssl_client_certificate {pki.trust};
        ssl_verify_client on;
        ssl_verify_depth 4;
        ssl_crl {pki.crl};
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_ciphers {ciphers};
        ssl_ecdh_curve X25519:prime256v1:secp384r1;
        ssl_prefer_server_ciphers off;
        ssl_session_tickets on;
        ssl_session_cache off;
        ssl_conf_command NumTickets 1;
        location / {{
            proxy_pass http://app;
            proxy_http_version 1.1;
            proxy_max_temp_file_size 0;
            proxy_set_header Connection $connection_upgrade;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Host $http_host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto https;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header X-Request-ID $request_id;
            proxy_set_header Via "1.1 nginx";
            proxy_set_header X-Client-Verify $ssl_client_verify;
            proxy_set_header X-Client-DN $ssl_client_s_dn;
            proxy_set_header X-Client-CN $client_cn;
            proxy_set_header X-Client-Serial $ssl_client_serial;
            proxy_set_header X-Client-Fingerprint $ssl_client_fingerprint;
            proxy_set_header X-Client-Not-After $ssl_client_v_end;
            proxy_set_header X-Client-Domain $client_ou;
        }}
    }}
}}
"""

POSTERN = """
[listener]
address = 127.0.0.1:{port}
workers = {workers}

[tls]
certificate = {pki.server.chain}
private_key = {pki.server.key}

[client_auth]
trust = {pki.trust}
crl = {pki.crl}

[identity]
preset = postern

[route /]
backend = app

[backend app]
server = 127.0.0.1:{backend_port}

[log]
access = {directory}/access.log
format = json

[control]
socket = {directory}/control.sock

[state]
directory = {directory}/state
"""


class Nginx(Server):
    name = "nginx"
    template = NGINX_GATEWAY

    def configure(self):
        user = "user root;" if os.geteuid() == 0 else ""
        text = self.template.format(directory=self.directory, port=self.port, pki=self.pki, user=user,
                                    backend_port=self.backend_port, ciphers=CIPHERS)
        path = write(os.path.join(self.directory, "nginx.conf"), text)
        return ["nginx", "-p", self.directory, "-c", path, "-e", os.path.join(self.directory, "error.log")]


class Backend(Nginx):
    """Serves /1k, and /large from a sparse file."""

    name = "backend"
    template = NGINX_BACKEND
    large_bytes = 1 << 30

    def configure(self):
        write(os.path.join(self.directory, "1k"), BODY_1K)
        with open(os.path.join(self.directory, "large"), "wb") as file:
            file.truncate(self.large_bytes)
        return super().configure()


class Postern(Server):
    """The gateway of a build directory, with its shipped defaults."""

    name = "postern"
    build = None
    workers = 1

    def configure(self):
        os.makedirs(os.path.join(self.directory, "state"), exist_ok=True)
        text = POSTERN.format(directory=self.directory, port=self.port, pki=self.pki, workers=self.workers,
                              backend_port=self.backend_port)
        if self.pki.crl is None:
            text = text.replace("crl = None\n", "")
        path = write(os.path.join(self.directory, "postern.ini"), text)
        return [os.path.join(self.build, "postern"), "serve", "--config", path]
