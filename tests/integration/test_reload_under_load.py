"""P7: twenty reloads under continuous load, each with other CRLs, and no request of an admitted client is lost: not
on connections that are kept, not on new ones, not in a response that outlasts all of them."""
import signal
import subprocess
import threading

from support import GatewayCase, TlsClient, main, response
from support.gateway import binary, patience, under_valgrind

RELOADS = 20
# Under valgrind a worker under this load answers too late for the supervisor, which kills it, as it should.
KEPT, NEW = (1, 1) if under_valgrind() else (4, 3)


class Load:
    """Clients, a thread each, that ask until they are told to stop. lost: what went wrong; answered: how many did not."""

    def __init__(self, gateway, client):
        self.gateway, self.client = gateway, client
        self.over, self.lock = threading.Event(), threading.Lock()
        self.lost, self.answered, self.threads = [], {}, []

    def start(self, name, ask):
        def run():
            try:
                ask(name)
            except Exception as error:  # a test's own thread tells it
                self.lost.append("%s after %d answers: %r" % (name, self.answered.get(name, 0), error))
        self.threads.append(threading.Thread(target=run))
        self.threads[-1].start()

    def ask(self, peer, name):
        """One request; the answer must be its own."""
        with self.lock:
            number = self.answered.setdefault(name, 0)
        target = "/%s/%d" % (name, number)
        status, _, content = peer.get(target)
        if (status, content) != (200, target.encode()):
            self.lost.append("%s: %s %r" % (target, status, content))
        with self.lock:
            self.answered[name] += 1

    def keep_alive(self, name):
        """All on one connection: if the gateway closes it, the next read raises."""
        with TlsClient(self.gateway, self.client, timeout_s=60) as peer:
            while not self.over.is_set():
                self.ask(peer, name)

    def connecting(self, name):
        while not self.over.is_set():
            with TlsClient(self.gateway, self.client, timeout_s=60) as peer:
                self.ask(peer, name)

    def download(self, name):
        """One response; its pieces are numbered, and its end is its own."""
        with TlsClient(self.gateway, self.client, timeout_s=60) as peer:
            peer.send("GET /download HTTP/1.1\r\nHost: localhost\r\n\r\n")
            status, _ = peer.read_head()
            expected = 0
            for piece in b"".join(peer.chunks()).split():
                if int(piece) != expected:
                    raise AssertionError("piece %d instead of %d" % (int(piece), expected))
                expected += 1
            self.answered[name] = expected
            if status != 200:
                raise AssertionError(status)

    def finish(self):
        self.over.set()
        for thread in self.threads:
            thread.join()


class Reloads(GatewayCase):
    def reload(self, gateway, number):
        """Other CRLs, then by turns a signal and the command."""
        mark = gateway.mark()
        self.pki.intermediate.make_crl()
        self.pki.bundle()
        if number % 2:
            gateway.signal(signal.SIGHUP)
        else:
            done = subprocess.run([binary(), "reload", "--config", gateway.path], capture_output=True, text=True,
                                  check=False, timeout=patience(60))
            self.assertEqual(done.returncode, 0, done.stderr)
        gateway.wait_for_line(r"generation \d+ in force", after=mark)

    def test_p7_no_request_is_lost_and_no_connection_closed(self):
        load = None

        def pieces():
            yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            number = 0
            while not load.over.wait(0.02):
                yield b"8\r\n%07d\n\r\n" % number
                number += 1
            yield b"0\r\n\r\n"

        gateway = self.gateway(self.backend(lambda request: pieces() if request.target == "/download" else
                                            response(200, request.target)), listener={"workers": 2})
        load = Load(gateway, self.client)
        victim = self.pki.client("victim")
        watched = self.connect(gateway, victim)
        self.assertEqual(watched.get("/victim")[0], 200)
        for number in range(KEPT):
            load.start("kept-%d" % number, load.keep_alive)
        for number in range(NEW):
            load.start("new-%d" % number, load.connecting)
        load.start("download", load.download)
        try:
            for number in range(RELOADS):
                if number == RELOADS // 2:
                    self.pki.revoke(victim)
                self.reload(gateway, number)
        finally:
            load.finish()
        self.assertEqual(load.lost, [])
        self.assertEqual(len(load.answered), KEPT + NEW + 1)
        self.assertTrue(all(count >= RELOADS for count in load.answered.values()), load.answered)
        # They were reloads that change something: who was revoked in the middle was cut off.
        try:
            status = watched.get("/victim")[0]
        except OSError:
            status = None
        self.assertIsNone(status)
        # The log tells of each request once: theirs, the download, the victim's and its cut.
        asked = sum(count for name, count in load.answered.items() if name != "download")
        lines = [line for line in gateway.access(asked + 3) if line["cn"] == "alice"]
        self.assertEqual([line for line in lines if line["status"] != 200 or line["verdict"] != "admitted"], [])
        self.assertEqual(len(lines), asked + 1)


main()
