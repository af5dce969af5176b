"""P1, T5: a client that is revoked loses every connection that it holds open, whatever it is in the middle of; nobody
else notices; and the gateway says whom it cut off, why, and in the middle of what."""
import json
import os
import re
import socket
import ssl
import subprocess

from support import GatewayCase, main
from support.gateway import binary, patience
from support.holding import KINDS, Bystander, Download, HoldingBackend, Idle, Pipelined, Tunnel, Unread, Upload, Waiting
from support.pki import read, write


class Cut(GatewayCase):
    def holding_backend(self):
        backend = self.stack.enter_context(HoldingBackend())
        self.stack.callback(backend.finish.set)
        return backend

    def hold(self, kinds, gateway, backend, certificate, version=None):
        made = []
        for kind in kinds:
            made.append(kind(gateway, backend, certificate, version))
            self.stack.callback(made[-1].close)
        return made

    def reload(self, gateway):
        """Also where the change has been noticed already."""
        done = subprocess.run([binary(), "reload", "--config", gateway.path], capture_output=True, text=True, check=True)
        return done.stdout

    def status(self, gateway):
        done = subprocess.run([binary(), "status", "--config", gateway.path, "--json"], capture_output=True, text=True,
                              check=True)
        return json.loads(done.stdout)

    def told(self, gateway, count):
        """What the event log says of each cut, as a list of dicts."""
        found = []
        while len(found) < count:
            line = gateway.wait_for_line(r": \S+ is cut off: ", after=found[-1]["mark"] if found else 0)
            mark = gateway.lines.index(line, found[-1]["mark"] if found else 0) + 1
            fields = {name: quoted or bare for name, quoted, bare in re.findall(r' (\w+)=(?:"([^"]*)"|(\S+))', line)}
            found.append({"mark": mark, "line": line, **fields})
        return found

    def cut_all(self, version):
        backend = self.holding_backend()
        gateway = self.gateway(backend)
        victim = self.pki.client("mallory")
        bystander = Bystander(gateway, self.client)
        held = self.hold(KINDS, gateway, backend, victim, version)
        heads = len(backend.heads)
        self.pki.revoke(victim)
        self.reload(gateway)
        for one in held:
            with self.subTest(kind=type(one).__name__):
                self.assertEqual(one.outcome(), one.after)
                # Nothing that looks like an end, and none of what waited in buffers on our side.
                self.assertNotIn(b"0\r\n\r\n", getattr(one, "rest", b""))
        # The connections behind them end too; what was pipelined, or half sent, never got there.
        backend.wait_for(lambda: len([1 for _, how in backend.ended if how == "cut"]) >= 6, "six upstreams end")
        self.assertEqual([path for path in backend.heads[heads:]], [])
        told = self.told(gateway, len(KINDS))
        self.assertEqual(sorted(cut["was"] for cut in told), sorted(kind.was for kind in KINDS))
        for cut in told:
            self.assertIn(" mallory is cut off: a certificate on the path is revoked", cut["line"])
            self.assertEqual((cut["serial"], cut["reason"]), (victim.serial, "revoked"))
            self.assertIn("says CRL number", cut["detail"])
        upload = [cut for cut in told if cut["was"] == Upload.was][0]
        self.assertEqual(upload["bytes_in"], "5")
        download = [cut for cut in told if cut["was"] == Download.was]
        self.assertGreater(min(int(cut["bytes_out"]) for cut in download), 0)
        status = self.status(gateway)
        self.assertEqual(status["cuts"]["revoked"], len(KINDS))
        self.assertEqual(status["counters"]["connections_cut"], len(KINDS))
        # P7: the bystander's stream went on, to its own end.
        backend.finish.set()
        lines = bystander.end()
        self.assertLess(bystander.longest_gap_s, patience(5))
        self.assertEqual(lines[-1], b'{"done":true}')
        self.assertTrue(all(line == b'{"done":false}' for line in lines[:-1]))
        reasons = [line["reason"] for line in gateway.access(len(KINDS) + 3) if line["cn"] == "mallory" and line["reason"]]
        self.assertEqual(reasons, ["revoked"] * len(KINDS))

    def test_p1_tls_1_2_everything_is_cut(self):
        self.cut_all(ssl.TLSVersion.TLSv1_2)

    def test_p1_tls_1_3_everything_is_cut(self):
        self.cut_all(ssl.TLSVersion.TLSv1_3)

    def test_tls_1_2_finish_exchange(self):
        self.finish_exchange(ssl.TLSVersion.TLSv1_2)

    def test_tls_1_3_finish_exchange(self):
        self.finish_exchange(ssl.TLSVersion.TLSv1_3)

    def finish_exchange(self, version):
        """What is in flight may end, and nothing begins."""
        backend = self.holding_backend()
        gateway = self.gateway(backend, client_auth={"on_revoke": "finish_exchange"})
        victim = self.pki.client("niles")
        kinds = (Idle, Waiting, Upload, Download, Pipelined, Tunnel)
        idle, waiting, upload, download, pipelined, tunnel = self.hold(kinds, gateway, backend, victim, version)
        self.pki.revoke(victim)
        self.assertRegex(self.reload(gateway), r"2 connections cut, 4 to be cut when their exchange is over|"
                                               r"0 connections cut")
        self.assertEqual((idle.outcome(), tunnel.outcome()), ("clean", "cut"))
        gateway.wait_for_line("niles is cut off when its exchange is over: ")
        backend.finish.set()
        upload.client.send("world")
        self.assertEqual(upload.client.read_response()[2], b"helloworld")
        self.assertEqual(waiting.client.read_response()[2], b"late\n")
        for one in (upload, waiting, download, pipelined):
            self.assertEqual(one.outcome(), "clean")
        for one in (download, pipelined):
            self.assertTrue(one.rest.endswith(b'{"done":true}\r\n0\r\n\r\n'))
        self.assertNotIn("/behind", backend.heads)
        self.assertEqual(self.status(gateway)["cuts"]["revoked"], 2)

    def test_what_the_kernel_still_held_of_a_whole_response_is_dropped(self):
        backend = self.holding_backend()
        gateway = self.gateway(backend)
        victim = self.pki.client("nosy")
        unread, = self.hold((Unread,), gateway, backend, victim)
        # The exchange is over for us, and most of it has yet to be read.
        self.assertEqual([(line["status"], line["bytes_out"]) for line in gateway.access()], [(200, Unread.size)])
        self.pki.revoke(victim)
        self.reload(gateway)
        self.assertEqual(self.told(gateway, 1)[0]["was"], "idle")
        self.assertEqual(unread.outcome(), "cut")
        self.assertLess(unread.count, Unread.size)

    def test_trust_that_is_withdrawn_cuts_like_a_revocation(self):
        backend = self.holding_backend()
        other = type(self.pki)(self.subdirectory("other"), "Other")
        stranger = other.client("stranger")
        both = self.subdirectory("trust")
        for name in ("trust", "crl"):
            write(both + "/" + name, read(getattr(self.pki, name)) + read(getattr(other, name)))
        gateway = self.gateway(backend, client_auth={"trust": both + "/trust", "crl": both + "/crl"})
        bystander = Bystander(gateway, self.client)
        download, = self.hold((Download,), gateway, backend, stranger)
        for name in ("trust", "crl"):
            os.rename(write(both + "/new", read(getattr(self.pki, name))), both + "/" + name)
        self.reload(gateway)
        self.assertEqual(download.outcome(), "cut")
        self.assertEqual(self.told(gateway, 1)[0]["reason"], "untrusted_chain")
        backend.finish.set()
        self.assertEqual(bystander.end()[-1], b'{"done":true}')

    def handshake_under_way(self, version):
        """The client has the server's flight, and holds its own back while the generation changes."""
        backend = self.holding_backend()
        gateway = self.gateway(backend)
        victim = self.pki.client("oscar")
        slow = SlowHandshake(gateway, victim, version)
        self.stack.callback(slow.close)
        slow.begin()
        self.pki.revoke(victim)
        self.reload(gateway)
        said = slow.finish(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertEqual(said, b"")
        self.assertEqual(backend.heads, [])
        line = gateway.access()[-1]
        self.assertEqual((line["cn"], line["reason"], line["verdict"]), ("oscar", "revoked", "refused"))

    def test_p1_tls_1_2_a_handshake_under_way_ends_under_the_new_generation(self):
        self.handshake_under_way(ssl.TLSVersion.TLSv1_2)

    def test_p1_tls_1_3_a_handshake_under_way_ends_under_the_new_generation(self):
        self.handshake_under_way(ssl.TLSVersion.TLSv1_3)


class SlowHandshake:
    def __init__(self, gateway, client, version):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(gateway.pki.root.cert)
        context.load_cert_chain(client.chain, client.key)
        context.minimum_version = context.maximum_version = version
        self.socket = socket.create_connection(("127.0.0.1", gateway.port), timeout=20)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")

    def step(self):
        """True when the handshake is complete on this side."""
        try:
            self.tls.do_handshake()
            return True
        except ssl.SSLWantReadError:
            return False

    def begin(self):
        assert not self.step()
        self.socket.sendall(self.outgoing.read())
        # Until this side has something of its own to say, which is its certificate.
        while not self.outgoing.pending:
            self.incoming.write(self.socket.recv(65536))
            self.step()

    def finish(self, request):
        """Go on, send a request, and return what is answered."""
        said = b""
        try:
            while not self.step():
                self.socket.sendall(self.outgoing.read())
                data = self.socket.recv(65536)
                if not data:
                    return said
                self.incoming.write(data)
            self.tls.write(request)
            self.socket.sendall(self.outgoing.read())
            while True:
                data = self.socket.recv(65536)
                if not data:
                    return said
                self.incoming.write(data)
                said += self.tls.read(65536)
        except (OSError, ssl.SSLError):
            return said

    def close(self):
        self.socket.close()


main()
