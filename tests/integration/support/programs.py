"""Real programs as backends: NGINX, Python's http.server, and Node scripts. Each is started with a port that the
kernel chose and ended with the test. A missing program fails the test."""

import os
import socket
import subprocess
import sys

from .gateway import wait_until


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class _Program:
    def __init__(self, directory):
        os.makedirs(directory, exist_ok=True)
        self.directory, self.process, self.port = directory, None, None

    def run(self, command, **options):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)

    @property
    def address(self):
        return "127.0.0.1:%d" % self.port

    def close(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            for pipe in (self.process.stdout, self.process.stderr):
                if pipe is not None:
                    pipe.close()

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.close()


class PythonBackend(_Program):
    """python3 -m http.server over a directory; its port is told on its first line."""

    def __init__(self, directory):
        super().__init__(directory)
        self.run([sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", "0", "--directory", directory],
                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.port = int(self.process.stdout.readline().split(b" port ")[1].split()[0])


class NodeBackend(_Program):
    """A Node script that prints its port on its first line."""

    def __init__(self, directory, source):
        super().__init__(directory)
        path = os.path.join(directory, "backend.js")
        with open(path, "w", encoding="utf-8") as file:
            file.write(source)
        self.run(["node", path], stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())


class NginxBackend(_Program):
    """NGINX in the foreground on a unix socket (it cannot be told to choose a port), with these lines in its
    server block. address is of that socket."""

    def __init__(self, directory, server_block):
        super().__init__(directory)
        self.path = os.path.join(directory, "nginx.sock")
        config = os.path.join(directory, "nginx.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(NGINX % {"directory": directory, "socket": self.path, "server": server_block})
        self.run(["nginx", "-p", directory, "-c", config, "-e", os.path.join(directory, "error.log")],
                 stderr=subprocess.DEVNULL)
        wait_until(lambda: os.path.exists(self.path), "nginx listens")

    @property
    def address(self):
        return "unix:" + self.path


NGINX = """
daemon off;
master_process off;
worker_processes 1;
pid %(directory)s/nginx.pid;
error_log %(directory)s/error.log;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path %(directory)s/body;
    proxy_temp_path %(directory)s/proxy;
    fastcgi_temp_path %(directory)s/fastcgi;
    uwsgi_temp_path %(directory)s/uwsgi;
    scgi_temp_path %(directory)s/scgi;
    client_max_body_size 0;
    server {
        listen unix:%(socket)s;
        root %(directory)s;
        %(server)s
    }
}
"""
