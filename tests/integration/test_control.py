"""The control socket: `postern status` and `postern reload`, and whatever else is written to it."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import threading

from support import GatewayCase, main
from support.gateway import binary, patience, wait_until
from support.pki import read, write


class Control(GatewayCase):
    def command(self, *arguments):
        return subprocess.run([binary(), *arguments], capture_output=True, text=True, check=False,
                              timeout=patience(60))

    def status(self, gateway):
        done = self.command("status", "--config", gateway.path, "--json")
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.stdout.count("\n"), 1)
        status = json.loads(done.stdout)
        # 1 where something is to be acted on: a worker down, a reload that failed.
        self.assertEqual(done.returncode, 0 if status["healthy"] else 1)
        return status

    def socket_of(self, gateway):
        return os.path.join(gateway.directory, "control.sock")

    def ask(self, gateway, request):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(patience(20))
            client.connect(self.socket_of(gateway))
            client.sendall(request)
            answer = b""
            while True:
                try:
                    piece = client.recv(65536)
                except ConnectionResetError:
                    piece = b""
                if not piece:
                    return answer
                answer += piece

    def test_status_tells_what_is(self):
        gateway = self.gateway(self.backend(), listener={"workers": 2})
        status = self.status(gateway)
        self.assertEqual((status["version"], status["ok"], status["state"]), (1, True, "serving"))
        self.assertEqual(status["pid"], gateway.process.pid)
        self.assertEqual(status["config"], gateway.path)
        self.assertEqual(status["listeners"], [gateway.address])
        self.assertEqual((status["generation"], status["reloads"], status["failed_reload"]), (1, 0, None))
        self.assertLess(status["generation_age_s"], patience(20))
        self.assertEqual({worker["pid"] for worker in status["workers"]}, set(gateway.workers()))
        self.assertEqual({worker["state"] for worker in status["workers"]}, {"serving"})
        self.assertTrue([line for line in status["report"] if line["text"].startswith("trusted root: ")])

    def test_status_counts_over_all_workers_and_their_deaths(self):
        gateway = self.gateway(self.backend(), listener={"workers": 2})
        for _ in range(8):
            self.assertEqual(self.curl(gateway, "/").status, 200)
        done = subprocess.run(["curl", "-s", "-k", "https://127.0.0.1:%d/" % gateway.port], check=False)
        self.assertNotEqual(done.returncode, 0)
        wait_until(lambda: self.status(gateway)["refusals"]["no_certificate"] == 1, "the refusal counted")
        before = self.status(gateway)
        self.assertEqual((before["counters"]["requests"], before["counters"]["handshakes_full"]), (8, 8))
        for pid in gateway.workers():
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: [worker["restarts"] for worker in self.status(gateway)["workers"]] == [1, 1] and
                   [worker["state"] for worker in self.status(gateway)["workers"]] == ["serving"] * 2, "restarts")
        self.assertEqual(self.status(gateway)["counters"]["requests"], 8)
        self.assertEqual(self.status(gateway)["counters"]["connections_open"], 0)

    def test_status_for_people(self):
        gateway = self.gateway(self.backend())
        for arguments in (("--config", gateway.path), ("--control", self.socket_of(gateway))):
            done = self.command("status", *arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertRegex(done.stdout, r"(?m)^generation +1 since ")
            self.assertRegex(done.stdout, r"(?m)^listener +%s$" % re.escape(gateway.address))
            self.assertRegex(done.stdout, r"(?m)^worker 0 +pid \d+, serving, generation 1, 0 connections, 0 restarts$")

    def test_reload_waits_for_the_outcome(self):
        bob = self.pki.client("bob")
        gateway = self.gateway(self.backend(), listener={"workers": 2})
        self.assertEqual(self.curl(gateway, "/", client=bob).status, 200)
        self.pki.revoke(bob)
        done = self.command("reload", "--config", gateway.path)
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (0, "generation 2 in force on 2/2 workers, 0 connections cut\n", ""))
        for _ in range(6):
            self.assertNotEqual(self.curl(gateway, "/", client=bob).exit_status, 0)

    def test_reload_says_why_it_failed_and_status_remembers(self):
        gateway = self.gateway(self.backend())
        whole = read(self.pki.trust)
        write(self.pki.trust, "")
        try:
            done = self.command("reload", "--control", self.socket_of(gateway))
            self.assertEqual(done.returncode, 1)
            self.assertEqual(done.stderr, "%s:8: [client_auth] trust: %s: no PEM block in it; generation 1 stays in "
                             "force\n" % (gateway.path, self.pki.trust))
            status = self.status(gateway)
            self.assertEqual((status["generation"], status["reloads_failed"]), (1, 1))
            self.assertEqual(status["failed_reload"]["error"],
                             "%s:8: [client_auth] trust: %s: no PEM block in it" % (gateway.path, self.pki.trust))
            self.assertIn("ACT NOW: the last reload failed", self.command("status", "--config", gateway.path).stdout)
        finally:
            write(self.pki.trust, whole)
        done = self.command("reload", "--control", self.socket_of(gateway), "--json")
        answer = json.loads(done.stdout)
        self.assertEqual((done.returncode, answer["ok"], answer["generation"]), (0, True, 2))
        self.assertIsNone(self.status(gateway)["failed_reload"])

    def test_reloads_at_once_all_get_an_answer(self):
        gateway = self.gateway(self.backend(), listener={"workers": 2})
        outcomes = []
        threads = [threading.Thread(target=lambda: outcomes.append(self.command("reload", "--config", gateway.path)))
                   for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([done.returncode for done in outcomes], [0] * 8, [done.stderr for done in outcomes])
        # At least one began after the last had asked; one load at a time.
        self.assertLessEqual(self.status(gateway)["generation"], 9)

    def test_requests_that_are_none(self):
        gateway = self.gateway(self.backend())
        for request, error in ((b"\n", "not a request of version 1"), (b"hello\n", "not a request of version 1"),
                               (b'{"version":2,"command":"status"}\n', "not a request of version 1"),
                               (b'{"version":1}\n', "unknown command"),
                               (b'{"version":1,"command":"frobnicate"}\n', "unknown command"),
                               (b'{"version":1,"command":"status","command":"status"}\n', "unknown command")):
            answer = json.loads(self.ask(gateway, request))
            self.assertEqual((answer["version"], answer["ok"]), (1, False))
            self.assertIn(error, answer["error"])
        self.assertEqual(json.loads(self.ask(gateway, b'{"version":1,"command":"ping"}\n')), {"version": 1, "ok": True})
        self.assertEqual(self.ask(gateway, b"x" * 5000), b"")
        self.assertEqual(self.status(gateway)["generation"], 1)

    def test_more_clients_than_it_takes_do_not_hurt(self):
        gateway = self.gateway(self.backend())
        idle = []
        for _ in range(40):
            idle.append(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            idle[-1].connect(self.socket_of(gateway))
        self.assertEqual(self.curl(gateway, "/").status, 200)
        for client in idle:
            client.close()
        wait_until(lambda: self.command("status", "--config", gateway.path).returncode == 0, "room again")

    def test_only_its_owner_may_command(self):
        gateway = self.gateway(self.backend())
        self.assertEqual(stat.S_IMODE(os.stat(self.socket_of(gateway)).st_mode), 0o600)

    def test_nobody_there_is_said(self):
        for command in ("status", "reload"):
            done = self.command(command, "--control", "/nonexistent/control.sock")
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertEqual(done.stderr, "/nonexistent/control.sock: no gateway listens there; is it running, with "
                             "this [control] socket?\n")

    def test_in_a_drain_a_reload_is_refused(self):
        release = threading.Event()
        self.addCleanup(release.set)

        def script(peer, number):
            peer.recv(4096)
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
            release.wait(30)
            peer.sendall(b"hello")

        gateway = self.gateway(self.scripted(script))
        client = self.connect(gateway)
        client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        client.stream.readline()
        gateway.signal(signal.SIGTERM)
        gateway.wait_for_line("worker 0: draining")
        done = self.command("reload", "--config", gateway.path)
        self.assertEqual((done.returncode, done.stderr), (1, "the gateway is draining\n"))
        self.assertEqual(self.status(gateway)["state"], "draining")
        release.set()


if __name__ == "__main__":
    main()
