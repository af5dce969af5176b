"""Many clients that hold a connection each, and how soon one of them is cut off when it is revoked.

A third is idle, a third reads a stream that trickles, a third does not read what floods it. What is seen is the
socket: its end or reset, as any client would see it. TLS is spoken only until the response begins."""

import asyncio
import multiprocessing
import os
import select
import socket
import ssl
import time

KINDS = ("idle", "trickle", "flood")


async def answer(reader, writer):
    """The backend: endless, but for /idle."""
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"GET /idle"):
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                continue
            writer.write(b"HTTP/1.1 200 OK\r\nX-Accel-Buffering: no\r\nTransfer-Encoding: chunked\r\n\r\n")
            size, pause_s = (64, 0.5) if head.startswith(b"GET /trickle") else (65536, 0)
            while True:
                writer.write(b"%x\r\n%s\r\n" % (size, b"x" * size))
                await writer.drain()
                await asyncio.sleep(pause_s)
    except (OSError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


def serve(listener):
    async def run():
        server = await asyncio.start_server(answer, sock=listener, limit=65536)
        async with server:
            await server.serve_forever()
    asyncio.run(run())


class Streams:
    """A backend process. port is where it listens."""

    def __enter__(self):
        listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = listener.getsockname()[1]
        self.process = multiprocessing.get_context("fork").Process(target=serve, args=(listener,), daemon=True)
        self.process.start()
        listener.close()
        return self

    def __exit__(self, *ignored):
        self.process.terminate()
        self.process.join()


class Held:
    """Connections of clients 0 to count - 1."""

    def __init__(self, port, clients, count, directory, ca):
        self.poll, self.sockets, self.ended = select.epoll(), {}, {}
        for number in range(count):
            self.open(number, port, clients, directory, ca)

    def open(self, number, port, clients, directory, ca):
        path = os.path.join(directory, "held.pem")
        with open(path, "w", encoding="utf-8") as file:
            file.write(clients.certificates[number])
        context = ssl.create_default_context(cafile=ca)
        context.load_cert_chain(path, clients.key)
        plain = socket.create_connection(("127.0.0.1", port), 30)
        kind = KINDS[number % len(KINDS)]
        if kind == "flood":
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        peer = context.wrap_socket(plain, server_hostname="localhost")
        peer.sendall(b"GET /%s HTTP/1.1\r\nHost: localhost\r\n\r\n" % kind.encode())
        if not peer.recv(4096).startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"client {number} was not admitted")
        peer.setblocking(False)
        self.sockets[peer.fileno()] = (number, peer)
        interest = select.EPOLLRDHUP | (0 if kind == "flood" else select.EPOLLIN)
        self.poll.register(peer.fileno(), interest)

    def drain(self, fd, event):
        """True if this was the end. Not decrypted: only whether something comes matters."""
        if event & (select.EPOLLHUP | select.EPOLLERR | select.EPOLLRDHUP):
            return True
        try:
            return os.read(fd, 65536) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def watch(self, until, wanted=None):
        """Look until that time, or until client `wanted` is cut off. Notes who ended when."""
        while (left := until - time.monotonic()) > 0 and wanted not in self.ended:
            for fd, event in self.poll.poll(left):
                if self.drain(fd, event):
                    number, peer = self.sockets.pop(fd)
                    self.ended[number] = time.monotonic()
                    self.poll.unregister(fd)
                    peer.close()

    def close(self):
        for _, peer in self.sockets.values():
            peer.close()
        self.poll.close()
