"""Backends in this process, a thread a connection. Backend parses and records requests and answers by a
function; ScriptedBackend gives the raw socket to a function, for what no well-behaved server does."""

import socket
import threading


class Request:
    """As it came: fields is a list of (name, value) in order, raw the bytes of the head."""

    def __init__(self, raw, connection_number):
        self.raw, self.connection_number = raw, connection_number
        lines = raw.decode("latin-1").split("\r\n")
        self.method, self.target, self.version = lines[0].split(" ")
        self.fields = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:] if line]
        self.content, self.trailers, self.chunks = b"", [], []

    def all(self, name):
        return [value for field, value in self.fields if field.lower() == name.lower()]

    def get(self, name):
        """The one value of a field, None if absent; twice is a failure."""
        values = self.all(name)
        assert len(values) < 2, "%s stands twice: %s" % (name, values)
        return values[0] if values else None


def response(status=200, content=b"", fields=(), reason="OK", length=True):
    if isinstance(content, str):
        content = content.encode()
    lines = ["HTTP/1.1 %d %s" % (status, reason)] + ["%s: %s" % field for field in fields]
    if length:
        lines.append("Content-Length: %d" % len(content))
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + content


class _Listener:
    """Accepts in a thread and calls serve(socket, number) in one thread a connection."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.address = "127.0.0.1:%d" % self.port
        self.connections, self.errors, self.open = 0, [], set()
        self.changed = threading.Condition()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.changed:
                self.connections += 1
                self.open.add(peer)
                number = self.connections
                self.changed.notify_all()
            threading.Thread(target=self._run, args=(peer, number), daemon=True).start()

    def _run(self, peer, number):
        try:
            self.serve(peer, number)
        except OSError:
            pass
        except Exception as error:  # shown by the test, which runs in another thread
            self.errors.append(error)
        finally:
            with self.changed:
                self.open.discard(peer)
                self.changed.notify_all()
            peer.close()

    def wait_for(self, condition, what, timeout_s=20):
        """Wait until condition() holds; it is asked again whenever something happened here."""
        with self.changed:
            if not self.changed.wait_for(condition, timeout_s):
                raise AssertionError("backend: not in time: " + what)

    def notify(self):
        with self.changed:
            self.changed.notify_all()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for peer in list(self.open):
            try:
                peer.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        self.close()
        if kind is None and self.errors:
            raise AssertionError("backend: %r" % self.errors[0]) from self.errors[0]


class Backend(_Listener):
    """respond(request) gives the bytes of the whole response, or an iterable of pieces, each sent at once.
    None closes the connection instead. requests holds all that came."""

    def __init__(self, respond=None):
        self.respond = respond or (lambda request: response(200, b"hello\n"))
        self.requests = []
        super().__init__()

    def serve(self, peer, number):
        stream = peer.makefile("rb")
        while True:
            request = read_request(stream, number)
            if request is None:
                return
            with self.changed:
                self.requests.append(request)
                self.changed.notify_all()
            answer = self.respond(request)
            if answer is None:
                return
            for piece in [answer] if isinstance(answer, bytes) else answer:
                peer.sendall(piece)
            if "close" in (request.get("connection") or "").lower():
                return

    @property
    def last(self):
        return self.requests[-1]


class ScriptedBackend(_Listener):
    """script(socket, number) does what it likes with the connection."""

    def __init__(self, script):
        self.script = script
        super().__init__()

    def serve(self, peer, number):
        self.script(peer, number)


def read_request(stream, number):
    """One request from a binary file, strictly; None at the end before its first byte."""
    raw = b""
    while not raw.endswith(b"\r\n\r\n"):
        line = stream.readline()
        if not line:
            assert raw == b"", "request cut off: %r" % raw
            return None
        raw += line
    request = Request(raw, number)
    length, coding = request.get("content-length"), request.get("transfer-encoding")
    assert not (length and coding), "both framings: %r" % raw
    if length:
        request.content = stream.read(int(length))
        assert len(request.content) == int(length), "content cut off"
    elif coding:
        read_chunks(stream, request)
    return request


def read_chunks(stream, request):
    while True:
        line = stream.readline()
        assert line.endswith(b"\r\n"), "chunked content cut off: %r" % line
        size = int(line.split(b";")[0], 16)
        if size == 0:
            break
        chunk = stream.read(size)
        assert len(chunk) == size and stream.read(2) == b"\r\n", "chunk cut off"
        request.chunks.append(chunk)
    request.content = b"".join(request.chunks)
    while True:
        line = stream.readline()
        if line in (b"\r\n", b""):
            return
        request.trailers.append(line)
