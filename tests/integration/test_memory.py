"""P5: memory is bounded: a slow reader stops its writer; nothing is buffered whole."""
import socket
import threading
import time

from support import GatewayCase, main
from support.gateway import under_valgrind

READERS = 8
SIZE = 64 << 20


def resident(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS"))


def allowance(pid):
    """Bytes that a connection may add: its buffers. Sanitizers and valgrind hold on to what was freed."""
    with open("/proc/%d/maps" % pid, encoding="utf-8") as file:
        instrumented = "libasan" in file.read() or under_valgrind()
    return SIZE // 8 if instrumented else 1 << 20


class Memory(GatewayCase):
    def test_p5_slow_readers_stop_their_writers(self):
        sent = []

        def script(peer, number):
            peer.recv(65536)
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % SIZE)
            count = [0]
            sent.append(count)
            try:
                while count[0] < SIZE:
                    count[0] += peer.send(bytes(1 << 16))
            except OSError:
                pass

        gateway = self.gateway(self.scripted(script))
        worker = gateway.workers()[0]
        clients = [self.connect(gateway) for _ in range(READERS)]
        before = resident(worker)
        for client in clients:
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        self.settle(sent)
        # What went stands in the kernel's socket buffers; the gateway's share is small.
        self.assertLess(max(count[0] for count in sent), SIZE // 2)
        grown = resident(worker) - before
        self.assertLess(grown, READERS * allowance(worker))

    def test_p5_slow_backends_stop_their_clients(self):
        done = threading.Event()
        self.addCleanup(done.set)

        def script(peer, number):
            done.wait(60)

        gateway = self.gateway(self.scripted(script))
        worker = gateway.workers()[0]
        clients = [self.connect(gateway) for _ in range(READERS)]
        before = resident(worker)
        sent = []

        def upload(client):
            count = [0]
            sent.append(count)
            try:
                client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % SIZE)
                client.socket.settimeout(3)
                while count[0] < SIZE:
                    count[0] += client.socket.send(bytes(1 << 16))
            except OSError:
                pass

        threads = [threading.Thread(target=upload, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        self.settle(sent)
        grown = resident(worker) - before
        for thread in threads:
            thread.join()
        self.assertLess(max(count[0] for count in sent), SIZE // 2)
        self.assertLess(grown, READERS * allowance(worker))

    def settle(self, sent):
        """Wait until all have begun and nobody moves any more."""
        last = None
        for _ in range(300):
            time.sleep(0.2)
            now = [count[0] for count in sent]
            if len(now) == READERS and now == last:
                return
            last = now
        self.fail("the writers never stop")


main()
