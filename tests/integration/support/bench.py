"""Servers whose behaviour is known, and postern-bench run against them."""

import json
import os
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time
import unittest

from support.gateway import patience, under_valgrind
from support.pki import Pki

# Long enough for what answers at all, short enough to wait for thrice.
TIMEOUT = "%dms" % patience(500)

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def answer(status=200, content=b"hello", more=""):
    head = "HTTP/1.1 %d X\r\nContent-Length: %d\r\n%s\r\n" % (status, len(content), more)
    return head.encode() + content


class Server:
    """TLS with mandatory client certificates, a thread a connection. script(server, tls, number) speaks on each
    connection whose handshake succeeded; before_handshake(socket, number) may keep it from that by True."""

    def __init__(self, pki, script=None, before_handshake=None, tls=None, trust=None):
        self.script, self.before_handshake = script or Server.serve, before_handshake
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(pki.server.chain, pki.server.key)
        self.context.load_verify_locations(trust or pki.trust)
        self.context.verify_mode = ssl.CERT_REQUIRED
        if tls:
            self.context.maximum_version = self.context.minimum_version = tls
        self.accepted = self.handshakes = self.resumed = self.requests = self.open = 0
        self.heads, self.lock, self.peers = [], threading.Lock(), []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self._run, args=(peer, self.accepted), daemon=True).start()

    def _run(self, peer, number):
        try:
            peer.settimeout(60)
            if self.before_handshake and self.before_handshake(peer, number):
                return
            tls = self.context.wrap_socket(peer, server_side=True)
            with self.lock:
                self.handshakes += 1
                self.resumed += tls.session_reused
                self.open += 1
                self.peers.append(tls)
            try:
                self.script(self, tls, number)
            finally:
                with self.lock:
                    self.open -= 1
                tls.close()
        except OSError:
            pass
        finally:
            peer.close()

    def read_request(self, tls):
        """The head of the next request, b"" at the end. No request of these tests has content."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            piece = tls.recv(1)
            if not piece:
                return b""
            head += piece
        with self.lock:
            self.requests += 1
            self.heads.append(head)
        return head

    def serve(self, tls, number, respond=lambda count: OK):
        """Answer until the client is content; respond(how many requests so far) may give None: close."""
        while True:
            head = self.read_request(tls)
            if not head:
                return
            bytes_ = respond(self.requests)
            if bytes_ is None:
                return
            tls.sendall(bytes_)
            if b"connection: close" in head.lower():
                end_cleanly(tls)
                return

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for peer in self.peers:
            peer.close()


def end_cleanly(tls):
    """close_notify; the client's own is not waited for longer than it needs."""
    tls.settimeout(5)
    try:
        tls.unwrap()
    except (OSError, ValueError):
        pass


def reset(peer):
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


class BenchCase(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="postern-test-")
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        cls.pki = Pki(os.path.join(cls.directory, "pki"))
        cls.client = cls.pki.client("alice", name="alice")

    def command(self, mode, port, *options, path="/", client=None, host="localhost", ca=None):
        client = client or self.client
        start = ["valgrind", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite",
                 "--log-file=" + os.path.join(self.directory, "valgrind.%p")] if under_valgrind() else []
        return start + [os.path.join(os.environ["POSTERN_BUILD"], "postern-bench"), mode,
                        "https://%s:%d%s" % (host, port, path), "--cert", client.chain, "--key", client.key, "--ca",
                        ca or self.pki.root.cert, "--connect", "127.0.0.1:%d" % port, "--json", "-",
                        *map(str, options)]

    def bench(self, mode, server, *options, statuses=(0, 3), **more):
        """Run to the end; its result. A machine that is busy may make it client-bound: status 3."""
        port = getattr(server, "port", server)
        done = subprocess.run(self.command(mode, port, *options, **more), stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=patience(60), check=False)
        self.assertIn(done.returncode, statuses, done.stdout.decode() + done.stderr.decode())
        self.assertNotIn(b"Sanitizer", done.stderr)
        return json.loads(done.stdout) if done.stdout else done.stderr.decode()
