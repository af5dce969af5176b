"""`postern trial`: who would be refused by a CRL, a trust bundle or a configuration before it is put in place; and that
putting it in place refuses just those."""

import json
import os
import signal
import ssl
import subprocess

from support.case import GatewayCase, main
from support.gateway import Gateway, binary, patience, wait_until
from support.pki import Authority, Pki, read, write


class Trial(GatewayCase):
    def trial(self, *arguments):
        done = subprocess.run([binary(), "trial", *arguments], capture_output=True, text=True, check=False,
                              timeout=patience(60))
        return done.returncode, done.stdout, done.stderr

    def outcome(self, *arguments):
        """Exit status, and outcome, reason and connections by common name."""
        status, out, err = self.trial("--json", *arguments)
        self.assertEqual(err, "")
        said = json.loads(out)
        cases = {case["cn"]: (case["outcome"], case["reason"], case["connections"]) for case in said["cases"]}
        return status, said, cases

    def seen(self, gateway, count):
        """Wait until the gateway knows of so many clients: workers tell every 200 ms."""
        wait_until(lambda: self.outcome("--config", gateway.path)[1]["clients"] == count, "%d clients known" % count)

    def serving(self, gateway):
        """PIDs of the workers that serve."""
        done = subprocess.run([binary(), "status", "--json", "--config", gateway.path], capture_output=True, text=True,
                              check=False)
        return {worker["pid"] for worker in json.loads(done.stdout)["workers"] if worker["state"] == "serving"}

    def start_again(self, gateway):
        gateway.lines = []
        gateway.start()

    def clients(self, pki, *names):
        return {name: pki.client(name, name=name) for name in names}

    def test_a_crl_is_tried_and_then_put_in_place(self):
        pki = Pki(self.subdirectory("pki"))
        made = self.clients(pki, "alice", "bob", "carol", "dave")
        # Not the files of the gateway: what is tried is elsewhere.
        crl, trust = (os.path.join(self.subdirectory("files"), name) for name in ("crl.pem", "trust.pem"))
        write(crl, read(pki.crl))
        write(trust, read(pki.trust))
        gateway = self.gateway_of(pki, crl, trust)
        holds = {name: self.connect(gateway, made[name]) for name in ("alice", "bob")}
        for name, client in made.items():
            self.assertEqual(self.curl(gateway, "/", client=client).status, 200)
        self.seen(gateway, 4)
        pki.revoke(made["bob"])
        pki.revoke(made["carol"])
        status, said, cases = self.outcome("--config", gateway.path, "--crl", pki.crl)
        self.assertEqual(status, 1)
        self.assertEqual((said["clients"], said["refused"], said["connected"], said["cannot_tell"]), (4, 2, 1, 0))
        self.assertEqual(cases, {"bob": ("refused", "revoked", 1), "carol": ("refused", "revoked", 0)})
        serials = {case["cn"]: case["serial"] for case in said["cases"]}
        self.assertEqual(serials["bob"], made["bob"].serial)
        # For people: a table, and a line that says it all.
        status, out, err = self.trial("--config", gateway.path, "--crl", pki.crl)
        self.assertEqual((status, err), (1, ""))
        self.assertRegex(out, r"(?m)^bob +%s +connected \(1\) +revoked$" % made["bob"].serial)
        self.assertIn("of 4 clients seen within 24 hours 2 would be refused, 1 of them connected now", out)
        # Nothing has happened by that.
        self.assertEqual(holds["bob"].get("/")[0], 200)
        self.assertEqual(self.outcome("--config", gateway.path)[0], 0)
        # In place it does what was foretold.
        write(crl + ".new", read(pki.crl))
        os.rename(crl + ".new", crl)
        subprocess.run([binary(), "reload", "--config", gateway.path], check=True, stdout=subprocess.DEVNULL)
        self.assertEqual(holds["alice"].get("/")[0], 200)
        self.assertTrue(self.is_cut(holds["bob"]))
        for name in ("alice", "dave", "bob", "carol"):
            refused = name in cases
            self.assertEqual(self.curl(gateway, "/", client=made[name]).status, None if refused else 200, name)
        # Who is refused already is not counted as the next one's fault.
        status, said, cases = self.outcome("--config", gateway.path)
        self.assertEqual((status, said["refused"], said["already_refused"]), (0, 0, 2))

    def is_cut(self, client):
        try:
            return client.at_end()
        except (ssl.SSLError, ConnectionError):
            return True

    def gateway_of(self, pki, crl, trust, **client_auth):
        made = Gateway(self.subdirectory("gateway"), pki, self.backend().address, listener={"workers": 2},
                       client_auth={"crl": crl, "trust": trust, **client_auth})
        self.stack.enter_context(made)
        self.gateways.append(made)
        return made

    def test_a_bundle_and_a_configuration_are_tried(self):
        other = Pki(self.subdirectory("other"), organisation="Other")
        plain = self.pki.client("plain", eku=None)
        gateway = self.gateway_of(self.pki, self.pki.crl, self.pki.trust)
        for client in (self.client, plain):
            self.assertEqual(self.curl(gateway, "/", client=client).status, 200)
        self.seen(gateway, 2)
        # Another trust bundle: nobody is left.
        crl = write(os.path.join(gateway.directory, "crl.pem"), read(other.crl))
        status, said, cases = self.outcome("--config", gateway.path, "--trust", other.trust, "--crl", crl)
        self.assertEqual((status, said["refused"]), (1, 2))
        self.assertEqual({reason for _, reason, _ in cases.values()}, {"untrusted_chain"})
        # A root alone: whether clients send the intermediate is not known.
        status, said, _ = self.outcome("--config", gateway.path, "--trust", self.pki.root.cert)
        self.assertEqual((status, said["refused"], said["cannot_tell"]), (3, 0, 2))
        # A configuration that asks for more.
        strict = write(os.path.join(gateway.directory, "strict.ini"),
                       read(gateway.path).replace("[client_auth]", "[client_auth]\nrequire_eku = yes"))
        status, said, cases = self.outcome("--config", strict)
        self.assertEqual((status, cases), (1, {"plain": ("refused", "wrong_purpose", 0)}))
        # What would not load changes nobody's fate: it would not come into force.
        broken = write(os.path.join(gateway.directory, "broken.pem"), "-----BEGIN X509 CRL-----\nAAAA\n")
        control = os.path.join(gateway.directory, "control.sock")
        for arguments in (("--config", gateway.path, "--crl", broken), ("--config", "/nowhere.ini"),
                          ("--control", control + ".gone", "--crl", self.pki.crl)):
            status, out, err = self.trial(*arguments)
            self.assertEqual((status, out), (3, ""), arguments)
            self.assertIn("cannot tell: ", err)
        self.assertEqual(self.outcome("--control", control, "--crl", self.pki.crl)[0], 0)
        for arguments in ((), ("--control", control)):
            self.assertEqual(self.trial(*arguments)[0], 2)

    def test_a_client_that_brings_its_ca_is_a_doubt_and_no_refusal(self):
        pki = Pki(self.subdirectory("pki"))
        brought = Authority(self.subdirectory("brought") + "/ca", "/CN=Brought", pki.root)
        carol = brought.issue("carol", "/CN=carol")
        crl = write(pki.crl + ".all", read(pki.crl) + read(brought.crl))
        gateway = self.gateway_of(pki, crl, pki.trust)
        self.assertEqual(self.curl(gateway, "/", client=carol).status, 200)
        self.seen(gateway, 1)
        status, said, cases = self.outcome("--config", gateway.path)
        self.assertEqual((status, cases), (3, {"carol": ("cannot_tell", "crl_missing", 0)}))
        self.assertIn("when the client brings that CA", said["cases"][0]["detail"])
        brought.revoke(carol)
        listed = write(pki.crl + ".next", read(pki.crl) + read(brought.crl))
        self.assertEqual(self.outcome("--config", gateway.path, "--crl", listed)[2],
                         {"carol": ("refused", "revoked", 0)})

    def test_clients_are_remembered_over_a_restart_and_a_worker_that_dies(self):
        pki = Pki(self.subdirectory("pki"))
        made = self.clients(pki, "alice", "bob")
        gateway = self.gateway_of(pki, pki.crl, pki.trust)
        self.assertEqual(self.curl(gateway, "/", client=made["alice"]).status, 200)
        held = self.connect(gateway, made["bob"])
        self.assertEqual(held.get("/")[0], 200)
        self.seen(gateway, 2)
        before = gateway.workers()
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: self.serving(gateway).isdisjoint(before) and len(self.serving(gateway)) == 2, "new workers")
        crl = write(os.path.join(gateway.directory, "next.pem"), read(pki.crl))
        pki.revoke(made["bob"])
        crl = write(crl, read(pki.crl))
        # Those of the dead are connected no more, and known still.
        self.assertEqual(self.outcome("--config", gateway.path, "--crl", crl)[2], {"bob": ("refused", "revoked", 0)})
        gateway.stop()
        kept = os.path.join(gateway.directory, "state", "clients-seen")
        self.assertEqual(os.stat(kept).st_mode & 0o777, 0o600)
        write(pki.crl, read(pki.root.crl) + read(pki.intermediate.crl))
        self.start_again(gateway)
        self.assertEqual(self.outcome("--config", gateway.path)[1]["clients"], 2)
        # A file that is none of ours is no reason not to start.
        gateway.stop()
        write(kept, "hello")
        self.start_again(gateway)
        gateway.wait_for_line("clients seen are not kept .*clients-seen: not a list of clients")
        self.assertEqual(self.outcome("--config", gateway.path)[1]["clients"], 0)


if __name__ == "__main__":
    main()
