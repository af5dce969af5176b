"""What an operator is told at night: each trouble is named once where it is looked for, with its next step: the event log,
`postern status`, `postern explain` with the request id from the client's page, and the error that stops a start."""
import json
import os
import socket
import subprocess

from support import GatewayCase, main
from support.gateway import Gateway, binary, patience, wait_until
from support.pki import write


def postern(*arguments):
    """Exit status and both outputs; nobody sits at a terminal."""
    done = subprocess.run([binary(), *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=patience(30), start_new_session=True, check=False)
    return done.returncode, done.stdout + done.stderr


class Night(GatewayCase):
    def explained(self, gateway, request_id):
        return postern("explain", "--config", gateway.path, "--request-id", request_id)

    def test_a_backend_that_is_down_is_named_and_its_return_too(self):
        with socket.socket() as place:
            place.bind(("127.0.0.1", 0))
            address = "127.0.0.1:%d" % place.getsockname()[1]
            gateway = self.gateway(address)
            for _ in range(3):
                problem = json.loads(self.curl(gateway, "/").content)
        self.assertEqual(problem["detail"], "the upstream could not be reached")  # and not where it is
        line = gateway.access(3)[-1]
        self.assertEqual(line["detail"], address + ": Connection refused")
        told = "backend app: %s cannot be reached: Connection refused; is it running" % address
        gateway.wait_for_line(told)
        self.assertEqual(len([line for line in gateway.lines if told in line]), 1)
        seen = "WARNING: 1 of 1 workers could not reach a backend when they last tried; the event log names it\n"
        status, text = postern("status", "--config", gateway.path)
        self.assertEqual((status, text[:len(seen)]), (0, seen))
        status, text = self.explained(gateway, problem["request_id"])
        self.assertEqual(status, 1)
        for wanted in ("failed: upstream_unreachable\n  the upstream could not be reached (%s: Connection refused)\n" % address,
                       "status     502\n", "who        CN=alice", "what to do start the backend, or mend its address"):
            self.assertIn(wanted, text)
        with socket.socket() as place:
            place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            place.bind(("127.0.0.1", int(address.rsplit(":", 1)[1])))
            place.listen()
            with self.connect(gateway) as client:
                client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                gateway.wait_for_line("backend app: %s can be reached again" % address)
                self.assertTrue(postern("status", "--config", gateway.path)[1].startswith("all is well\n"))

    def test_a_backend_that_speaks_something_else_is_named(self):
        backend = self.scripted(lambda peer, number: (peer.recv(65536), peer.sendall(b"hello\r\n\r\n")))
        gateway = self.gateway(backend)
        problem = json.loads(self.curl(gateway, "/").content)
        what = backend.address + ": the first line has no HTTP/1.1 or HTTP/1.0 in its place"
        self.assertEqual((problem["reason"], gateway.access(1)[0]["detail"]), ("upstream_malformed", what))
        self.assertIn("\n  the upstream's answer is not HTTP/1.1 (%s)\n" % what,
                      self.explained(gateway, problem["request_id"])[1])

    def test_a_slip_of_the_pen_is_told_with_what_was_meant(self):
        for words, meant in ((("check", "--confg", "a"), "; did you mean --config?"),
                             (("pki", "lst"), "; did you mean \"list\"?"), (("chek",), "; did you mean \"check\"?"),
                             (("check", "--wholly-else", "a"), "unknown option --wholly-else\n")):
            status, text = postern(*words)
            self.assertEqual(status, 2)
            self.assertIn(meant, text)

    def test_a_bad_request_is_explained_by_its_id(self):
        gateway = self.gateway(self.backend(), limits={"head_size": "4KiB"})
        for options, reason, advice in ((("-H", "X-A: " + "a" * 5000), "head_too_large", "[limits] head_size"),
                                        (("-H", "Content-Length: 3, 3"), "length_bad", "mend the client"),):
            problem = json.loads(self.curl(gateway, "/", *options).content)
            self.assertEqual(problem["reason"], reason)
            status, text = self.explained(gateway, problem["request_id"])
            self.assertEqual(status, 1)
            self.assertIn("refused: %s\n  %s\n" % (reason, problem["detail"]), text)
            self.assertIn(advice, text)

    def test_an_access_log_on_a_full_disk_is_to_be_acted_on(self):
        gateway = self.gateway(self.backend(), log={"access": "/dev/full"})
        self.assertEqual(postern("status", "--config", gateway.path)[0], 0)
        self.assertEqual(self.curl(gateway, "/").status, 200)
        gateway.wait_for_line("error .*: the access log cannot be written: No space left on device")
        status, text = postern("status", "--config", gateway.path)
        self.assertEqual(status, 1)
        self.assertIn("ACT NOW: 1 of 1 workers cannot write the access log", text)
        self.assertEqual(len([line for line in gateway.lines if "cannot be written" in line]), 1)

    def test_a_state_directory_that_cannot_be_written_is_told_before_it_is_needed(self):
        gateway = self.gateway(self.backend(), state={"directory": "/proc/no/such"})
        told = r"\[state\] directory /proc/no/such cannot be written \(No such file or directory\): `postern deny` will fail"
        gateway.wait_for_line("warning .*" + told)
        status, text = postern("status", "--config", gateway.path)
        self.assertEqual(status, 0)
        self.assertRegex(text, r"\AWARNING: " + told)
        status, text = postern("deny", "--cn", "x", "--config", gateway.path)
        self.assertEqual(status, 1)
        self.assertRegex(text, "nothing was changed, since it could not be kept: /proc/no/such: .*; make room there, or "
                         "revoke at the CA; generation 1 stays in force")

    def test_a_client_over_its_limit_is_told_of_once(self):
        gateway = self.gateway(self.backend(), limits={"connections_per_address": "2"})
        held = [self.stack.enter_context(socket.create_connection(("127.0.0.1", gateway.port))) for _ in range(5)]
        told = r"127\.0\.0\.1:\d+ is turned away: its address holds \[limits\] connections_per_address = 2 already"
        gateway.wait_for_line(told)
        for one in held[2:]:
            self.assertEqual(one.recv(1), b"")
        self.assertEqual(len([line for line in gateway.lines if "is turned away" in line]), 1)

    def test_a_reload_of_the_same_files_brings_no_news(self):
        self.addCleanup(self.pki.bundle)
        self.addCleanup(self.pki.intermediate.make_crl)
        self.pki.intermediate.make_crl(seconds=2 * 3600 + 5)
        self.pki.bundle()
        gateway = self.gateway(self.backend())
        gateway.wait_for_line(r"CRL: CN=Test Intermediate.* 2 h left")
        wait_until(lambda: ", 119 min left" in postern("status", "--config", gateway.path)[1], "a shorter time left")
        self.assertEqual(postern("reload", "--config", gateway.path)[0], 0)
        self.assertEqual([line for line in gateway.lines if "new: " in line], [])

    def test_explain_says_what_a_certificate_is_for(self):
        gateway = self.gateway(self.backend())
        server = self.pki.client("server", eku="serverAuth")
        status, text = postern("explain", "--config", gateway.path, server.chain)
        self.assertEqual(status, 1)
        self.assertIn("\n      for serverAuth, signed by CN=Test Intermediate", text)
        self.assertIn("what to do CN=server,O=Test is for serverAuth: issue a certificate with", text)

    def test_a_passphrase_that_nobody_can_be_asked_for(self):
        gateway = self.gateway(self.backend())
        status, text = postern("explain", "--config", gateway.path, self.client.p12("secret"))
        self.assertEqual(status, 3)
        self.assertIn("alice.p12: needs a passphrase; give --passphrase-file", text)
        wrong = write(os.path.join(self.subdirectory("p"), "wrong"), "wrong\n")
        status, text = postern("explain", "--config", gateway.path, "--passphrase-file", wrong, self.client.p12("secret"))
        self.assertEqual(status, 3)
        self.assertIn("is the passphrase right?", text)

    def test_an_address_that_is_not_ours(self):
        gateway = Gateway(self.subdirectory("gateway"), self.pki, None, listener={"address": "203.0.113.9:8443"})
        gateway.write_config()
        status, text = postern("serve", "--config", gateway.path)
        self.assertEqual(status, 1)
        self.assertIn(gateway.path + ":2: [listener] address: 203.0.113.9:8443 is no address of this machine; give one", text)


main()
