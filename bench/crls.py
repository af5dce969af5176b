"""CRLs of any length, put in place as a CA would do it, and how long it takes until a server goes by them."""

import os
import re
import shutil
import signal
import subprocess
import time
from types import SimpleNamespace

from server import children_of, read


class Crls:
    """The CRLs of a PKI made by openssl; the Intermediate's is made anew, as long as is asked for."""

    def __init__(self, pki, build, directory):
        self.pki, self.directory = pki, directory
        self.program = os.path.join(build, "tests", "fixture")
        self.number = 1000
        os.makedirs(directory)

    def fixture(self, verb, ca_key, *options):
        subprocess.run([self.program, verb, "--ca", self.pki.intermediate.cert, "--ca-key", ca_key, *map(str, options)],
                       check=True, stdin=subprocess.DEVNULL)

    def clients(self, name, count, ca_key=None):
        """count certificates of one key. chain and key are as Load wants them, all is the file of all."""
        path = os.path.join(self.directory, name)
        self.fixture("clients", ca_key or self.pki.intermediate.key, "--count", count, "--out", path + ".pem", "--key",
                     path + ".key")
        ends = "-----END CERTIFICATE-----\n"
        certificates = [text + ends for text in read(path + ".pem").split(ends)[:-1]]
        intermediate = read(self.pki.intermediate.cert)
        with open(path + ".chain.pem", "w", encoding="utf-8") as file:
            file.write(certificates[0] + intermediate)
        return SimpleNamespace(all=path + ".pem", key=path + ".key", chain=path + ".chain.pem",
                               certificates=[text + intermediate for text in certificates])

    def make(self, path, entries, clients=0):
        """The next CRL, which revokes so many strangers, and the first so many clients."""
        self.number += 1
        self.fixture("crl", self.pki.intermediate.key, "--number", self.number, "--entries", entries, "--clients", clients,
                     "--out", path)

    def place(self, kind, name, entries):
        """What a server of that kind is configured with: a directory for Postern, a file for NGINX; None for no CRL."""
        path = os.path.join(self.directory, f"{name}.{kind.name}")
        if entries is None:
            return SimpleNamespace(server=self.pki.server, trust=self.pki.trust, crl=None)
        if kind.name == "postern":
            os.makedirs(path)
            shutil.copy(self.pki.root.crl, os.path.join(path, "root.pem"))
            self.make(os.path.join(path, "intermediate.pem"), entries)
        else:
            self.make(path + ".one", entries)
            os.rename(self.join(path), path)
        return SimpleNamespace(server=self.pki.server, trust=self.pki.trust, crl=path)

    def join(self, path):
        """NGINX takes one file. Returns the name that it has until it is put in place."""
        with open(path + ".new", "wb") as out:
            for part in (path + ".one", self.pki.root.crl):
                with open(part, "rb") as file:
                    shutil.copyfileobj(file, out)
        return path + ".new"

    def prepare(self, server, entries, clients=0):
        """Make the next CRL beside the one in place. Returns what moves it there: its time is measured from then."""
        place = server.pki.crl
        if server.name == "postern":
            beside, target = os.path.join(place, ".next"), os.path.join(place, "intermediate.pem")
            self.make(beside, entries, clients)
        else:
            self.make(place + ".one", entries, clients)
            beside, target = self.join(place), place
        return lambda: os.rename(beside, target)


class Publisher:
    """Puts CRLs in place by rename and waits until the server goes by them. Postern is not told: it watches."""

    def __init__(self, server):
        self.server, self.offset = server, 0
        self.log = os.path.join(server.directory, "stderr.log")
        if server.name == "postern" and not self.wait_for("^ready: ", 60):
            raise RuntimeError(f"postern is not ready:\n{server.output()}")

    def new_lines(self):
        with open(self.log, "rb") as file:
            file.seek(self.offset)
            text = file.read()
        end = text.rfind(b"\n") + 1
        self.offset += end
        return text[:end].decode("utf-8", "replace")

    def wait_for(self, pattern, timeout_s):
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            text = self.new_lines()
            if "reload failed" in text:
                raise RuntimeError(text)
            if re.search(pattern, text, re.M):
                return True
            time.sleep(0.0005)
        return False

    def publish(self, move, timeout_s=60):
        """Seconds from the rename until all workers go by it."""
        workers = set(children_of(self.server.process.pid))
        self.new_lines()
        began = time.monotonic()
        move()
        if self.server.name == "nginx":
            # It does not watch its files.
            os.kill(self.server.process.pid, signal.SIGHUP)
            return self.wait_for_workers(workers, began, timeout_s)
        if not self.wait_for(r"generation \d+ in force", timeout_s):
            raise RuntimeError("no generation came into force")
        return time.monotonic() - began

    def wait_for_workers(self, before, began, timeout_s):
        """A new worker is there; the old ones may still serve their connections."""
        while set(children_of(self.server.process.pid)) <= before:
            if time.monotonic() - began > timeout_s:
                raise RuntimeError("no new worker")
            time.sleep(0.001)
        return time.monotonic() - began
