"""Clients: curl, openssl s_client, and raw bytes over Python's ssl."""

import socket
import ssl
import subprocess

from .gateway import patience


class CurlResult:
    def __init__(self, exit_status, status, head, content, error):
        self.exit_status, self.status, self.head, self.content, self.error = exit_status, status, head, content, error

    def field(self, name):
        for line in self.head.split("\r\n"):
            if line.lower().startswith(name.lower() + ":"):
                return line.split(":", 1)[1].strip()
        return None

    def __repr__(self):
        return "curl: exit %d, status %s, %r, %r" % (self.exit_status, self.status, self.content[:300], self.error)


def curl(gateway, target, *options, client=None, timeout_s=30, ca=None):
    """curl against the gateway. client: a Certificate, or None for none. The response's head is split off."""
    command = ["curl", "--silent", "--show-error", "--include", "--http1.1", "--noproxy", "*", "--max-time",
               str(patience(timeout_s)), "--cacert", ca or gateway.pki.root.cert, *options]
    if client is not None:
        command += ["--cert", client.chain, "--key", client.key]
    command.append("https://localhost:%d%s" % (gateway.port, target))
    command += ["--resolve", "localhost:%d:127.0.0.1" % gateway.port]
    done = subprocess.run(command, capture_output=True)
    return parse_curl(done)


def parse_curl(done):
    rest, head, status = done.stdout, "", None
    while rest.startswith(b"HTTP/"):
        first, _, rest = rest.partition(b"\r\n\r\n")
        head = first.decode("latin-1")
        status = int(head.split(" ")[1])
        if status >= 200 or status == 101:
            break
    return CurlResult(done.returncode, status, head, rest, done.stderr.decode("utf-8", "replace"))


def s_client(gateway, *options, client=None, send=b"", timeout_s=20):
    """openssl s_client: returns all that it printed, standard error included."""
    command = ["openssl", "s_client", "-connect", "127.0.0.1:%d" % gateway.port, "-servername", "localhost",
               "-CAfile", gateway.pki.root.cert, "-ign_eof", *options]
    if client is not None:
        command += ["-cert", client.cert, "-key", client.key, "-cert_chain", client.chain]
    done = subprocess.run(command, input=send, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=patience(timeout_s))
    return done.stdout.decode("latin-1")


def client_context(pki, client=None, version=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.load_verify_locations(pki.root.cert)
    context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
    if client is not None:
        context.load_cert_chain(client.chain, client.key)
    if version is not None:
        context.minimum_version = context.maximum_version = version
    return context


class Returner:
    """A client that comes again and again, and resumes its session where it is let. after a visit: resumed."""

    def __init__(self, pki, client, version=None):
        self.context, self.session, self.resumed = client_context(pki, client, version), None, None

    def open(self, gateway):
        return TlsClient(gateway, context=self.context, session=self.session)

    def visit(self, gateway, target="/"):
        """One connection with one request: the response as of TlsClient.get()."""
        with self.open(gateway) as client:
            answer = client.get(target)
            self.leave(client)
        return answer

    def leave(self, client):
        """OpenSSL resumes no session whose connection did not end well."""
        self.session, self.resumed = client.socket.session, client.socket.session_reused
        client.socket.unwrap()


class TlsClient:
    """Raw bytes over TLS. Reads raise ssl.SSLError on an alert; an end without close_notify raises
    ssl.SSLEOFError, so that truncation is not taken for an end. It presents what it is given, however weak: to
    refuse that is for the gateway."""

    def __init__(self, gateway, client=None, version=None, timeout_s=20, server_hostname="localhost", context=None,
                 session=None):
        context = context or client_context(gateway.pki, client, version)
        plain = socket.create_connection(("127.0.0.1", gateway.port), timeout=patience(timeout_s))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.socket = context.wrap_socket(plain, server_hostname=server_hostname, suppress_ragged_eofs=False,
                                              session=session)
        except BaseException:
            plain.close()
            raise
        self.stream = self.socket.makefile("rb")

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))

    def get(self, target="/", fields=(), method="GET"):
        """Send a request without content and read its response."""
        lines = ["%s %s HTTP/1.1" % (method, target), "Host: localhost"] + ["%s: %s" % field for field in fields]
        self.send("\r\n".join(lines) + "\r\n\r\n")
        return self.read_response(head_only=method == "HEAD")

    def read_head(self):
        """Status, fields as a list of (name, value). None at a clean end."""
        line = self.stream.readline()
        if not line:
            return None, []
        status, fields = int(line.split(b" ")[1]), []
        while True:
            line = self.stream.readline()
            if line in (b"\r\n", b""):
                return status, fields
            name, value = line.decode("latin-1").split(":", 1)
            fields.append((name, value.strip()))

    def read_response(self, head_only=False):
        """(status, fields as a dict with lower-case names, content)."""
        status, fields = self.read_head()
        named = {name.lower(): value for name, value in fields}
        if head_only or status is None or status < 200 or status in (204, 304):
            return status, named, b""
        if "content-length" in named:
            return status, named, self.stream.read(int(named["content-length"]))
        if named.get("transfer-encoding", "").lower() == "chunked":
            return status, named, b"".join(self.chunks())
        return status, named, self.stream.read()

    def chunks(self):
        """Each chunk as it comes. Raises if the content is cut off."""
        while True:
            line = self.stream.readline()
            if not line.endswith(b"\r\n"):
                raise EOFError("chunked content cut off")
            size = int(line.split(b";")[0], 16)
            if size == 0:
                assert self.stream.readline() == b"\r\n"
                return
            chunk = self.stream.read(size)
            if len(chunk) != size or self.stream.read(2) != b"\r\n":
                raise EOFError("chunk cut off")
            yield chunk

    def at_end(self):
        """True if the gateway ended the connection cleanly, with close_notify."""
        return self.stream.read(1) == b""

    def close(self):
        self.stream.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.close()
