"""The servers that are measured side by side, each a process tree with its configuration, and the backend that
they all stand in front of. All of them get the same PKI and one worker."""

import contextlib
import os
import select
import signal
import socket
import subprocess
import time

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


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def children_of(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(child) for child in file.read().split()]
    except OSError:
        return []


class Server:
    """A process tree pinned to one core, or to several ("0,1"). Subclasses give configure(), which returns the command."""

    name = "server"

    def __init__(self, directory, core, pki=None, backend_port=None):
        os.makedirs(directory)
        self.directory, self.core, self.pki, self.backend_port = directory, core, pki, backend_port
        self.port, self.process = free_port(), None

    def configure(self):
        raise NotImplementedError

    def start(self):
        command = ["taskset", "-c", str(self.core), *self.configure()]
        self.log = open(os.path.join(self.directory, "stderr.log"), "ab")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                        cwd=self.directory)
        deadline = time.monotonic() + 20
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} did not start; its log:\n{self.output()}")
            time.sleep(0.02)

    def output(self):
        text = ""
        for name in ("stderr.log", "error.log"):
            path = os.path.join(self.directory, name)
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as file:
                    text += file.read()[-4000:]
        return text

    def tree(self):
        found, waiting = [], [self.process.pid]
        while waiting:
            found.append(waiting.pop())
            waiting += children_of(found[-1])
        return found

    def cpu_s(self):
        """CPU time of all threads of the tree so far. proc(5): schedstat has nanoseconds, stat only ticks."""
        total = 0
        for pid in self.tree():
            with contextlib.suppress(OSError):
                for task in os.listdir(f"/proc/{pid}/task"):
                    with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
                        total += int(file.read().split()[0])
        return total / 1e9

    def memory(self):
        """(proportional, resident) set size of the tree in bytes: what is shared counts once in the first."""
        sums = {"Pss:": 0, "Rss:": 0}
        for pid in self.tree():
            with contextlib.suppress(OSError):
                with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
                    for line in file:
                        words = line.split()
                        if words[0] in sums:
                            sums[words[0]] += int(words[1]) * 1024
        return sums["Pss:"], sums["Rss:"]

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            # Children first: what the parent leaves behind nobody would find again.
            for pid in reversed(self.tree()):
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait()
        self.process = None
        self.log.close()

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *ignored):
        self.stop()


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


class Load:
    """postern-bench on the other core."""

    def __init__(self, build, core, pki, client):
        self.program, self.core, self.pki, self.client = os.path.join(build, "postern-bench"), core, pki, client

    def command(self, mode, port, path, *options):
        return ["taskset", "-c", str(self.core), self.program, mode, f"https://localhost:{port}{path}", "--connect",
                f"127.0.0.1:{port}", "--cert", self.client.chain, "--key", self.client.key, "--ca",
                self.pki.root.cert, "--json", "-", *options]

    def run(self, *arguments, timeout_s=120, statuses=(0, 3)):
        """The JSON text of a run to its end. Exit status 3, client-bound, is a result too."""
        done = subprocess.run(self.command(*arguments), stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=timeout_s, check=False)
        if done.returncode not in statuses:
            raise RuntimeError(f"postern-bench failed: {done.stderr.decode()}{done.stdout.decode()}")
        return done.stdout

    @contextlib.contextmanager
    def running(self, *arguments):
        """Inside, the load runs; what comes out is a list that then holds its result, as text."""
        process = subprocess.Popen(self.command(*arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)
        result = []
        try:
            yield result
        finally:
            process.terminate()
            result.append(process.communicate()[0])

    @contextlib.contextmanager
    def holding(self, *arguments, timeout_s=120):
        """Inside, all connections are open."""
        process = subprocess.Popen(self.command("idle", *arguments), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            ready, _, _ = select.select([process.stderr], [], [], timeout_s)
            line = process.stderr.readline() if ready else b""
            words = line.split()
            if words[1:2] != [b"of"] or words[0] != words[2]:
                raise RuntimeError(f"postern-bench did not open its connections: {line.decode()}")
            yield process
        finally:
            process.terminate()
            process.wait()
            process.stdout.close()
            process.stderr.close()
