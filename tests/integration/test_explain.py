"""`postern explain` and the handshake of the running gateway agree, for every reason that a certificate can give: the
oracle is what a real client is told, in the access log of a real gateway."""

import json
import os
import subprocess

from support.case import GatewayCase, main
from support.clients import s_client
from support.gateway import binary, patience
from support.pki import Authority, Pki, read, stamp, write

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def explain(*arguments, stdin=None):
    """Exit status, standard output, standard error."""
    done = subprocess.run([binary(), "explain", *arguments], input=stdin, capture_output=True, text=True, timeout=patience(60),
                          check=False)
    return done.returncode, done.stdout, done.stderr


class Explain(GatewayCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = Pki(cls.directory + "/other", organisation="Other")
        uncovered = Pki(cls.directory + "/uncovered", organisation="Uncovered")
        stale = Pki(cls.directory + "/stale", organisation="Stale")
        fallen = Authority(cls.directory + "/fallen", "/CN=Fallen", cls.pki.root)
        deep = cls.deep_chain()
        fallen_client = fallen.issue("orphan", "/CN=orphan")
        revoked = cls.pki.client("revoked")
        cls.pki.revoke(revoked)
        cls.pki.root.revoke(fallen)
        cls.pki.bundle()
        stale.intermediate.make_crl(seconds=-600)
        cls.clients = [
            ("admitted", cls.client),
            ("revoked", revoked),
            ("revoked", fallen_client),
            ("expired", cls.pki.client("old", start=stamp(-20 * 86400), end=stamp(-86400))),
            ("not_yet_valid", cls.pki.client("new", start=stamp(86400), end=stamp(20 * 86400))),
            ("wrong_purpose", cls.pki.client("server", eku="serverAuth")),
            ("weak_key", cls.pki.client("weak", key="rsa1024")),
            ("weak_signature", cls.pki.client("sha1", digest="sha1")),
            ("untrusted_chain", cls.other.client("stranger")),
            ("crl_missing", uncovered.client("uncovered")),
            ("crl_expired", stale.client("stale")),
            ("path_too_long", deep),
        ]
        with open(cls.pki.trust, "a", encoding="utf-8") as bundle:
            for authority in (uncovered.root, stale.root, stale.intermediate, fallen, *cls.chain):
                bundle.write(read(authority.cert))
        with open(cls.pki.crl, "a", encoding="utf-8") as bundle:
            for authority in (stale.root, stale.intermediate, fallen, *cls.chain):
                bundle.write(read(authority.crl))

    @classmethod
    def deep_chain(cls):
        """A client under more intermediates than max_depth allows."""
        cls.chain, parent = [], cls.pki.root
        for depth in range(3):
            made = Authority(cls.directory + "/deep%d" % depth, "/CN=Deep %d" % depth, parent, pathlen=None)
            cls.chain.append(made)
            parent = made
        return parent.issue("diver", "/CN=diver")

    def start(self, **client_auth):
        gateway = self.gateway(self.backend(), client_auth={"max_depth": "2", **client_auth})
        return gateway

    def test_explain_and_the_handshake_agree_for_every_reason(self):
        gateway = self.start()
        for count, (reason, client) in enumerate(self.clients, 1):
            s_client(gateway, "-tls1_3", "-cipher", "ALL:@SECLEVEL=0", client=client, send=GET)
            line = gateway.access(count)[-1]
            met = "admitted" if line["verdict"] == "admitted" else line["reason"]
            for where in (["--config", gateway.path], ["--config", gateway.path, "--live"]):
                with self.subTest(reason=reason, client=client.name, where=where[-1]):
                    status, out, err = explain(*where, "--json", client.chain)
                    self.assertEqual(met, reason, line)
                    self.assertEqual(err, "")
                    said = json.loads(out)
                    self.assertEqual(said["reason"], met)
                    self.assertEqual(status, 0 if met == "admitted" else 1)
                    if met != "admitted":
                        # The two may have been asked in different seconds.
                        self.assertEqual(*(text.split("; it is now ")[0] for text in (said["detail"], line["detail"])))
                        self.assertTrue(said["advice"])
                    self.assertTrue(said["rule"])

    def test_who_is_denied_here_is_explained_so(self):
        gateway = self.start()
        subprocess.run([binary(), "deny", "--cn", "alice", "--for", "1h", "--config", gateway.path], check=True,
                       capture_output=True)
        s_client(gateway, client=self.client, send=GET)
        line = gateway.access(1)[-1]
        self.assertEqual(line["reason"], "denied")
        for where in (["--config", gateway.path], ["--config", gateway.path, "--live"]):
            status, out, _ = explain(*where, "--json", self.client.chain)
            said = json.loads(out)
            self.assertEqual((status, said["reason"], said["detail"]), (1, "denied", line["detail"]))

    def test_it_names_crl_entry_day_and_what_to_do(self):
        gateway = self.start()
        revoked = dict(self.clients[1:2])["revoked"]
        status, out, err = explain("--config", gateway.path, "--live", revoked.chain)
        self.assertEqual((status, err), (1, ""))
        self.assertTrue(out.startswith("refused: revoked\n"), out)
        for wanted in (revoked.serial, "CRL of CN=Test Intermediate,O=Test", "-> REVOKED on 20", "keyCompromise",
                       "rule       RFC 5280", "what to do ", "judged by  generation 1 of the gateway", gateway.pki.crl):
            self.assertIn(wanted, out)
        self.assertNotIn("\033", out)
        # A client's own chain ends at a CA that nobody knows: the CA is named, and the file where it is missing.
        status, out, _ = explain("--config", gateway.path, self.other.client("who").chain)
        self.assertEqual(status, 1)
        self.assertIn("CN=Other Root", out)
        self.assertIn(gateway.pki.trust, out)

    def test_every_form_of_certificate(self):
        gateway = self.start()
        passphrase = write(os.path.join(self.subdirectory("p12"), "passphrase"), "secret\n")
        p12 = self.client.p12("secret")
        both = write(passphrase + ".pem", read(self.client.key) + read(self.client.chain))
        for arguments, stdin in (((self.client.chain,), None), (("-",), read(self.client.cert)), ((both,), None),
                                 (("--passphrase-file", passphrase, p12), None)):
            status, out, err = explain("--config", gateway.path, *arguments, stdin=stdin)
            self.assertEqual((status, err), (0, ""), out)
            self.assertTrue(out.startswith("admitted, and asked again at "), out)

    def test_it_cannot_tell(self):
        gateway = self.start()
        gone = os.path.join(self.directory, "gone.sock")
        for arguments, wanted in (
                (("--config", gateway.path, gateway.path), "no certificate in it"),
                (("--config", gateway.path, "/nowhere.pem"), "cannot read"),
                (("--config", "/nowhere.ini", self.client.chain), "/nowhere.ini"),
                (("--control", gone, self.client.chain), "no gateway listens there")):
            status, out, err = explain(*arguments)
            self.assertEqual((status, out), (3, ""))
            self.assertIn("cannot tell: ", err)
            self.assertIn(wanted, err)
        for arguments in ((), ("--config", gateway.path), ("--config", gateway.path, "a", "b"),
                          ("--config", gateway.path, "--issuer", "x", "a")):
            self.assertEqual(explain(*arguments)[0], 2)

    def test_a_refusal_is_found_by_its_request_id(self):
        revoked = dict(self.clients[1:2])["revoked"]
        for on_refusal in ("alert", "page"):
            gateway = self.start(on_refusal=on_refusal)
            said = s_client(gateway, "-tls1_3", client=revoked, send=GET)
            line = gateway.access(1)[-1]
            request_id = line["request_id"]
            self.assertRegex(request_id, "^[0-9a-f]{32}$")
            if on_refusal == "page":
                self.assertIn('"request_id":"%s"' % request_id, said)
                self.assertIn("X-Request-ID: " + request_id, said)
            status, out, err = explain("--config", gateway.path, "--request-id", request_id)
            self.assertEqual((status, err), (1, ""))
            for wanted in ("refused: revoked\n", line["detail"], line["client"], revoked.serial, line["time"], "rule "):
                self.assertIn(wanted, out)
            status = json.loads(subprocess.run([binary(), "status", "--config", gateway.path, "--json"], check=False,
                                               capture_output=True, text=True).stdout)
            self.assertEqual({reason for reason, count in status["refusals"].items() if count}, {"revoked"})
            found = json.loads(explain("--config", gateway.path, "--request-id", request_id, "--json")[1])
            for name in ("request_id", "client", "reason", "detail", "cn", "serial", "generation", "time"):
                self.assertEqual(found[name], line[name], name)
            status, out, err = explain("--config", gateway.path, "--request-id", "0" * 32)
            self.assertEqual((status, out), (3, ""))
            self.assertIn("access log", err)
            self.assertEqual(explain("--config", gateway.path, "--request-id", "x")[0], 2)

    def test_serials(self):
        gateway = self.start()
        revoked = dict(self.clients[1:2])["revoked"]
        live = ("--control", os.path.join(gateway.directory, "control.sock"))
        for arguments, expected in (
                (("--serial", revoked.serial), 1),
                (("--serial", "0x" + revoked.serial.lower()), 1),
                (("--serial", revoked.serial, "--issuer", "CN=Test Intermediate"), 1),
                (("--serial", revoked.serial, "--issuer", "CN=Test Root"), 0),
                (("--serial", self.client.serial), 0),
                (("--serial", revoked.serial, "--issuer", "nobody"), 3),
                (("--serial", self.client.serial, "--issuer", "CN=Stale Intermediate"), 3),
                (("--serial", "hello"), 2)):
            with self.subTest(arguments=arguments):
                self.assertEqual(explain(*live, *arguments)[0], expected)
                self.assertEqual(explain(*live, "--json", *arguments)[0], expected)
        said = json.loads(explain(*live, "--json", "--serial", revoked.serial, "--issuer", "CN=Test Int")[1])
        self.assertEqual((said["verdict"], len(said["crls"])), ("revoked", 1))
        self.assertEqual(said["crls"][0]["revocation_reason"], "keyCompromise")
        self.assertRegex(said["crls"][0]["revoked_on"], r"^20\d\d-\d\d-\d\d$")


if __name__ == "__main__":
    main()
