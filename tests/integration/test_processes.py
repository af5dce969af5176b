"""Four kinds of process: workers that die are replaced without losing a client, generations follow each other, a
stop lets exchanges finish."""

import os
import re
import signal
import socket
import subprocess
import threading
import time

from support import Gateway, GatewayCase, main, response
from support.gateway import binary, patience, under_valgrind, wait_until

REQUEST = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


def is_alive(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Workers(GatewayCase):
    def served(self, gateway):
        result = self.curl(gateway, "/")
        self.assertEqual((result.exit_status, result.status), (0, 200), result)

    def kill_worker(self, gateway, pid):
        """SIGKILL, and wait until another has its place."""
        before = gateway.workers()
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: pid not in gateway.workers() and len(gateway.workers()) == len(before), "a new worker")

    def test_there_are_as_many_as_configured(self):
        self.assertEqual(len(self.gateway(self.backend(), listener={"workers": 3}).workers()), 3)

    def test_by_default_there_is_one_for_each_core(self):
        gateway = self.gateway(self.backend(), listener={"workers": None})
        self.assertEqual(len(gateway.workers()), len(os.sched_getaffinity(0)))

    def test_one_that_is_killed_is_started_again(self):
        gateway = self.gateway(self.backend())
        for _ in range(3):
            [pid] = gateway.workers()
            self.kill_worker(gateway, pid)
            self.served(gateway)
        gateway.wait_for_line(r"error +supervisor: worker 0 died by signal 9 \(Killed\)")
        # The wait doubles, unless a worker lived for ten seconds, as it may under valgrind.
        gateway.wait_for_line(r"worker 0 is started again in %s ms" % (r"\d+" if under_valgrind() else 400))

    def test_clients_in_the_queue_outlive_a_worker(self):
        """The listening socket is the supervisor's: those who wait in it are served by the next worker."""
        gateway = self.gateway(self.backend())
        [pid] = gateway.workers()
        os.kill(pid, signal.SIGSTOP)
        waiting = [socket.create_connection(("127.0.0.1", gateway.port), timeout=patience(20)) for _ in range(20)]
        os.kill(pid, signal.SIGKILL)
        for plain in waiting:
            plain.close()
        clients = []
        for _ in range(10):
            clients.append(self.connect(gateway))
            clients[-1].send(REQUEST)
        for client in clients:
            self.assertEqual(client.stream.readline(), b"HTTP/1.1 200 OK\r\n")

    def test_a_neighbour_accepts_for_a_slot_that_is_down(self):
        gateway = self.gateway(self.backend(), listener={"workers": 2})
        mark = gateway.mark()
        victim = max(gateway.workers())
        # Each death doubles the wait, until the slot is down for long.
        for _ in range(4):
            self.kill_worker(gateway, victim)
            [victim] = [pid for pid in gateway.workers() if pid > victim]
        os.kill(victim, signal.SIGKILL)
        gateway.wait_for_line(r"accepting for slot \d, which is down", after=mark)
        began = time.monotonic()
        for _ in range(12):
            self.connect(gateway).send(REQUEST)
        if not under_valgrind():
            self.assertLess(time.monotonic() - began, 1.6)
            self.assertEqual(len(gateway.workers()), 1)
        gateway.wait_for_line(r"worker \d is started again in 1600 ms", after=mark)
        wait_until(lambda: len(gateway.workers()) == 2, "the slot up again")
        for _ in range(6):
            self.served(gateway)

    def test_when_the_supervisor_is_killed_its_workers_leave(self):
        gateway = self.gateway(self.backend(), listener={"workers": 2})
        workers = gateway.workers()
        gateway.process.kill()
        gateway.process.wait()
        wait_until(lambda: not any(is_alive(pid) for pid in workers), "no worker left")
        gateway.process.stderr.close()
        gateway.process, gateway.lines = None, []
        # And what it left behind is in nobody's way.
        gateway.start()
        self.served(gateway)

    def test_a_second_gateway_on_the_same_address_is_refused(self):
        first = self.gateway(self.backend())
        second = Gateway(self.subdirectory("second"), self.pki, None, listener={"address": first.address})
        second.write_config()
        done = subprocess.run([binary(), "serve", "--config", second.path], capture_output=True, text=True,
                              check=False, timeout=patience(20))
        self.assertEqual(done.returncode, 1)
        self.assertIn(":2: [listener] address: %s is in use" % first.address, done.stderr)
        second.configure("listener", {"address": "127.0.0.1:0"})
        second.configure("control", {"socket": os.path.join(first.directory, "control.sock")})
        second.write_config()
        done = subprocess.run([binary(), "serve", "--config", second.path], capture_output=True, text=True,
                              check=False, timeout=patience(20))
        self.assertEqual(done.returncode, 1)
        self.assertIn("[control] socket: %s/control.sock belongs to a gateway that is running" % first.directory,
                      done.stderr)
        self.served(first)


class Start(GatewayCase):
    def test_the_ready_line_is_exact(self):
        gateway = self.gateway(self.backend(), listener={"address": ["127.0.0.1:0", "[::1]:0"]})
        [line] = [line for line in gateway.lines if line and line.startswith("ready")]
        self.assertRegex(line, r"^ready: generation 1, 127\.0\.0\.1:[1-9]\d*, \[::1\]:[1-9]\d*$")
        for host, port in re.findall(r"(127\.0\.0\.1|\[::1\]):(\d+)", line):
            socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()

    def test_systemd_is_told(self):
        path = os.path.join(self.subdirectory("notify"), "socket")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.bind(path)
            listener.settimeout(patience(20))
            os.environ["NOTIFY_SOCKET"] = path
            try:
                gateway = self.gateway(self.backend())
            finally:
                del os.environ["NOTIFY_SOCKET"]
            self.assertEqual(listener.recv(256), b"READY=1")
            gateway.stop()
            self.assertEqual(listener.recv(256), b"STOPPING=1")


class Reload(GatewayCase):
    def admitted(self, gateway, client=None):
        return self.curl(gateway, "/", client=client or self.client).exit_status == 0

    def reload(self, gateway, pattern):
        mark = gateway.mark()
        gateway.signal(signal.SIGHUP)
        return gateway.wait_for_line(pattern, after=mark)

    def test_sighup_brings_the_next_generation(self):
        bob = self.pki.client("bob")
        gateway = self.gateway(self.backend(), listener={"workers": 2})
        self.assertTrue(self.admitted(gateway, bob))
        self.pki.revoke(bob)
        self.reload(gateway, r"supervisor: generation 2 in force on 2/2 workers, inputs [0-9a-f]{16}, ")
        # The story: what there was at the start, and what is new.
        start, reload = r"info +supervisor: CRL: CN=Test ", r"info +supervisor: new: CRL: CN=Test "
        for name in ("Intermediate", "Root"):
            gateway.wait_for_line(start + name + r",O=Test, number 0x\w+, \d+ revoked, until .*, from .*/crl\.pem$")
        gateway.wait_for_line(reload + r"Intermediate,O=Test, number 0x\w+, \d+ revoked")
        self.assertEqual([line for line in gateway.lines if "new: CRL: CN=Test Root" in line], [])
        for _ in range(6):
            self.assertFalse(self.admitted(gateway, bob))
            self.assertTrue(self.admitted(gateway))
        self.assertEqual(gateway.access(8)[-1]["generation"], 2)

    def test_a_bad_file_changes_nothing_and_is_reported(self):
        """P3."""
        bob = self.pki.client("bob")
        gateway = self.gateway(self.backend(), listener={"workers": 2})
        with open(self.pki.crl, encoding="utf-8") as file:
            whole = file.read()
        self.pki.revoke(bob)
        with open(self.pki.crl, encoding="utf-8") as file:
            newer = file.read()
        with open(self.pki.crl, "w", encoding="utf-8") as file:
            file.write(newer[:-60])
        line = self.reload(gateway, "reload failed")
        self.assertRegex(line, r"error +supervisor: reload failed, generation 1 stays in force: .*postern\.ini:9: "
                         r"\[client_auth\] crl: .*crl\.pem:\d+: .*the file is cut off")
        for _ in range(6):
            self.assertTrue(self.admitted(gateway, bob))
        with open(self.pki.crl, "w", encoding="utf-8") as file:
            file.write(newer)
        self.reload(gateway, "generation 2 in force")
        for _ in range(6):
            self.assertFalse(self.admitted(gateway, bob))
        # An older CRL must not bring back who was revoked.
        with open(self.pki.crl, "w", encoding="utf-8") as file:
            file.write(whole)
        self.reload(gateway, r"reload failed, generation 2 stays in force: .*:9: \[client_auth\] crl: ")
        self.assertFalse(self.admitted(gateway, bob))
        self.pki.bundle()

    def test_what_cannot_change_is_named(self):
        gateway = self.gateway(self.backend(), listener={"workers": 1})
        gateway.configure("listener", {"workers": 2})
        gateway.write_config()
        self.assertIn("[listener] workers: ", self.reload(gateway, "reload failed, generation 1 stays in force"))
        gateway.configure("listener", {"workers": 1, "address": "127.0.0.1:1"})
        gateway.write_config()
        self.assertIn("[listener] address: ", self.reload(gateway, "reload failed, generation 1 stays in force"))
        gateway.configure("listener", {"address": "127.0.0.1:0"})
        gateway.write_config()
        self.reload(gateway, "generation 2 in force")

    def test_routes_and_backends_can_change(self):
        first = self.backend(lambda request: response(200, b"first"))
        second = self.backend(lambda request: response(200, b"second"))
        gateway = self.gateway(first)
        self.assertEqual(self.curl(gateway, "/").content, b"first")
        gateway.configure("backend app", {"server": second.address})
        gateway.write_config()
        self.reload(gateway, "generation 2 in force")
        self.assertEqual(self.curl(gateway, "/").content, b"second")

    def test_a_hung_worker_holds_up_nobody(self):
        bob = self.pki.client("bob")
        gateway = self.gateway(self.backend(), listener={"workers": 2})
        pid = gateway.workers()[0]
        os.kill(pid, signal.SIGSTOP)
        self.pki.revoke(bob)
        began = time.monotonic()
        self.reload(gateway, "generation 2 in force")
        if not under_valgrind():
            self.assertLess(time.monotonic() - began, 2)
        gateway.wait_for_line(r"worker \d \(pid %d\) did not answer within \d+ ms: killed" % pid)
        wait_until(lambda: len(gateway.workers()) == 2 and pid not in gateway.workers(), "another worker")
        for _ in range(6):
            self.assertFalse(self.admitted(gateway, bob))
            self.assertTrue(self.admitted(gateway))

    def test_a_worker_that_dies_in_a_reload_leaves_one_truth(self):
        bob = self.pki.client("bob")
        gateway = self.gateway(self.backend(), listener={"workers": 2})
        pid = gateway.workers()[1]
        os.kill(pid, signal.SIGSTOP)
        self.pki.revoke(bob)
        mark = gateway.mark()
        gateway.signal(signal.SIGHUP)
        gateway.wait_for_line("loading generation 2", after=mark)
        time.sleep(0.2)
        os.kill(pid, signal.SIGKILL)
        gateway.wait_for_line("generation 2 in force", after=mark)
        wait_until(lambda: len(gateway.workers()) == 2 and pid not in gateway.workers(), "another worker")
        for _ in range(8):
            self.assertFalse(self.admitted(gateway, bob))

    def test_logs_are_opened_anew(self):
        gateway = self.gateway(self.backend(), log={"events": "events.log"})
        self.assertTrue(self.admitted(gateway))
        gateway.access(1)
        for name in ("access.log", "events.log"):
            path = os.path.join(gateway.directory, name)
            os.rename(path, path + ".1")
        gateway.signal(signal.SIGUSR1)
        wait_until(lambda: os.path.exists(os.path.join(gateway.directory, "access.log")), "a new access log")
        self.assertTrue(self.admitted(gateway))
        self.assertEqual(len(gateway.access(1)), 1)
        gateway.stop()
        with open(os.path.join(gateway.directory, "events.log"), encoding="utf-8") as file:
            self.assertIn("SIGTERM: draining", file.read())


class Stop(GatewayCase):
    def begin_slow_exchange(self, gateway, release):
        client = self.connect(gateway)
        client.send(REQUEST)
        self.assertEqual(client.stream.readline(), b"HTTP/1.1 200 OK\r\n")
        return client

    def slow_backend(self):
        release = threading.Event()

        def script(peer, number):
            peer.recv(4096)
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst")
            release.wait(30)
            peer.sendall(b"-last")

        self.addCleanup(release.set)
        return self.scripted(script), release

    def test_sigterm_lets_exchanges_finish(self):
        backend, release = self.slow_backend()
        gateway = self.gateway(backend)
        client = self.begin_slow_exchange(gateway, release)
        gateway.signal(signal.SIGTERM)
        gateway.wait_for_line("worker 0: draining 1 connections")
        with self.assertRaises(OSError):
            socket.create_connection(("127.0.0.1", gateway.port), timeout=5)
        release.set()
        while client.stream.readline() != b"\r\n":
            pass
        self.assertEqual(client.stream.read(), b"first-last")
        self.assertEqual(gateway.process.wait(patience(10)), 0)
        self.assertFalse(os.path.exists(os.path.join(gateway.directory, "control.sock")))

    def test_the_drain_has_an_end(self):
        backend, release = self.slow_backend()
        gateway = self.gateway(backend, timeouts={"drain": "1s"})
        self.begin_slow_exchange(gateway, release)
        gateway.signal(signal.SIGINT)
        gateway.wait_for_line("drain timeout: 1 connections are cut")
        self.assertEqual(gateway.process.wait(patience(10)), 0)

    def test_a_second_sigint_leaves_at_once(self):
        backend, release = self.slow_backend()
        gateway = self.gateway(backend, timeouts={"drain": "60s"})
        self.begin_slow_exchange(gateway, release)
        workers = gateway.workers()
        gateway.signal(signal.SIGINT)
        gateway.wait_for_line("worker 0: draining 1 connections")
        gateway.signal(signal.SIGINT)
        self.assertEqual(gateway.process.wait(patience(5)), 1)
        self.assertFalse(any(is_alive(pid) for pid in workers))
        gateway.process.stderr.close()
        gateway.process = None

    def test_a_stopped_worker_does_not_hold_up_the_end(self):
        gateway = self.gateway(self.backend(), timeouts={"drain": "1s"})
        os.kill(gateway.workers()[0], signal.SIGSTOP)
        gateway.signal(signal.SIGTERM)
        gateway.wait_for_line("workers that did not leave in time are killed")
        self.assertEqual(gateway.process.wait(patience(10)), 0)


if __name__ == "__main__":
    main()
