"""Connections in the middle of something, to see what becomes of them when their client is no longer admitted. Each
holds one connection of a client; what it was in the middle of is what the gateway's log calls it."""

import socket
import ssl
import threading
import time

from .backend import ScriptedBackend, response
from .clients import TlsClient

UPGRADE = ("GET /tunnel HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n"
           "Sec-WebSocket-Version: 13\r\n\r\n")


class HoldingBackend(ScriptedBackend):
    """Answers by path: / at once; /stream a line every 20 ms until told to finish; /flood without end; /silent when
    told; /upload when it has all; /tunnel echoes."""

    def __init__(self):
        self.finish = threading.Event()
        self.heads, self.ended = [], []
        super().__init__(self.script)

    def script(self, peer, number):
        data = b""
        while True:
            while b"\r\n\r\n" not in data:
                more = peer.recv(65536)
                if not more:
                    return
                data += more
            head, _, data = data.partition(b"\r\n\r\n")
            path = head.split(b" ")[1].decode()
            with self.changed:
                self.heads.append(path)
                self.changed.notify_all()
            try:
                data = getattr(self, "serve_" + (path.strip("/") or "root"))(peer, data)
            except OSError:
                data = None
            with self.changed:
                self.ended.append((path, "whole" if data is not None else "cut"))
                self.changed.notify_all()
            if data is None:
                return

    def serve_root(self, peer, data):
        peer.sendall(response(200, b"hello\n"))
        return data

    def serve_stream(self, peer, data):
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not self.finish.wait(0.02):
            peer.sendall(b"e\r\n{\"done\":false}\r\n")
        peer.sendall(b"d\r\n{\"done\":true}\r\n0\r\n\r\n")
        return data

    def serve_flood(self, peer, data):
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while True:
            peer.sendall(b"x" * 65536)

    def serve_large(self, peer, data):
        peer.sendall(response(200, b"x" * Unread.size))
        return data

    def serve_silent(self, peer, data):
        peer.settimeout(0.05)
        while not self.finish.is_set():
            try:
                if not peer.recv(1):
                    return None
            except socket.timeout:
                pass
        peer.settimeout(None)
        peer.sendall(response(200, b"late\n"))
        return data

    def serve_upload(self, peer, data):
        while len(data) < 10:
            more = peer.recv(65536)
            if not more:
                return None
            data += more
        peer.sendall(response(200, data))
        return b""

    def serve_tunnel(self, peer, data):
        peer.sendall(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        while True:
            more = peer.recv(65536)
            if not more:
                return None
            peer.sendall(more)


class Holding:
    """A client in the middle of something. outcome: what its socket said at the end: "clean" or "cut"."""

    def __init__(self, gateway, backend, certificate, version=None):
        self.backend = backend
        self.client = TlsClient(gateway, certificate, version=version)
        self.begin()

    def request(self, text):
        """Send, and see its head at the backend."""
        path = text.split(" ")[1]
        before = self.backend.heads.count(path)
        self.client.send(text)
        self.backend.wait_for(lambda: self.backend.heads.count(path) > before, path + " arrives")

    def outcome(self):
        """Read to the end. Bytes on the way are kept in self.rest."""
        self.rest, self.count = b"", 0
        try:
            while True:
                piece = self.client.stream.read1(65536)
                if not piece:
                    return "clean"
                self.count += len(piece)
                self.rest = (self.rest + piece)[-100000:]
        except (OSError, ssl.SSLError):
            return "cut"

    def close(self):
        self.client.close()


class Idle(Holding):
    was, after = "idle", "clean"

    def begin(self):
        assert self.client.get("/")[0] == 200


class Unread(Holding):
    """Idle on our side, but for what the kernel holds because the client does not read."""
    was, after, size = "idle", "cut", 600000

    def begin(self):
        self.request("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")


class Head(Holding):
    was, after = "sending the head of a request", "cut"

    def begin(self):
        assert self.client.get("/")[0] == 200
        self.client.send("GET /half HTTP/1.1\r\nHost")


class Waiting(Holding):
    was, after = "waiting for its response", "cut"

    def begin(self):
        self.request("GET /silent HTTP/1.1\r\nHost: a\r\n\r\n")


class Upload(Holding):
    was, after = "sending its request", "cut"

    def begin(self):
        self.request("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello")


class Download(Holding):
    was, after = "reading its response", "cut"

    def begin(self):
        self.request("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
        assert self.client.read_head()[0] == 200
        assert self.client.stream.readline() == b"e\r\n"


class Pipelined(Download):
    def begin(self):
        super().begin()
        self.client.send("GET /behind HTTP/1.1\r\nHost: a\r\n\r\n")


class SlowReader(Holding):
    was, after = "reading its response", "cut"

    def begin(self):
        self.request("GET /flood HTTP/1.1\r\nHost: a\r\n\r\n")
        assert self.client.read_head()[0] == 200


class Tunnel(Holding):
    was, after = "in a tunnel", "cut"

    def begin(self):
        self.request(UPGRADE)
        assert self.client.read_head()[0] == 101
        self.client.send("hello")
        assert self.client.stream.read(5) == b"hello"


KINDS = (Idle, Head, Waiting, Upload, Download, Pipelined, SlowReader, Tunnel)


class Bystander(threading.Thread):
    """Another client, with a stream of its own: counts its lines and the longest wait for one."""

    def __init__(self, gateway, certificate):
        super().__init__(daemon=True)
        self.client = TlsClient(gateway, certificate)
        self.client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
        assert self.client.read_head()[0] == 200
        self.lines, self.failure, self.longest_gap_s = [], None, 0
        self.start()

    def run(self):
        last = time.monotonic()
        try:
            for chunk in self.client.chunks():
                now = time.monotonic()
                self.lines.append(chunk)
                self.longest_gap_s, last = max(self.longest_gap_s, now - last), now
        except Exception as error:  # told by the test
            self.failure = error

    def end(self):
        """All its lines, once the backend has finished."""
        self.join(20)
        assert not self.is_alive(), "the bystander's stream does not end"
        self.client.close()
        if self.failure:
            raise self.failure
        return self.lines
