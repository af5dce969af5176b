"""`postern status`: what a gateway is made of and how long each part lasts, what somebody should act on, and its exit
status; --watch."""

import hashlib
import json
import os
import subprocess

from support.case import GatewayCase, main
from support.clients import s_client
from support.gateway import binary, patience
from support.pki import Pki, read


class Status(GatewayCase):
    def status(self, gateway, *options):
        done = subprocess.run([binary(), "status", "--config", gateway.path, *options], capture_output=True, text=True,
                              check=False, timeout=patience(60))
        self.assertEqual(done.stderr, "")
        return done.returncode, done.stdout

    def json(self, gateway):
        status, out = self.status(gateway, "--json")
        return status, json.loads(out)

    def test_it_names_files_certificates_and_crls_with_time_left(self):
        gateway = self.gateway(self.backend())
        status, said = self.json(gateway)
        self.assertEqual((status, said["healthy"], said["to_do"]), (0, True, []))
        files = {file["path"]: file["sha256"] for file in said["files"]}
        for path in (self.pki.trust, self.pki.crl, self.pki.server.chain, self.pki.server.key, gateway.path):
            self.assertEqual(files[path], hashlib.sha256(read(path).encode()).hexdigest(), path)
        kinds = {one["subject"]: (one["kind"], one["left_s"] // 86400) for one in said["certificates"]
                 if one["kind"] != "server_ca"}
        self.assertEqual(kinds["CN=localhost"][0], "server")
        self.assertIn(kinds["CN=localhost"][1], (89, 90))
        self.assertEqual(kinds["CN=Test Root,O=Test"][0], "root")
        crls = {crl["issuer"]: crl for crl in said["crls"]}
        self.assertEqual(set(crls), {"CN=Test Root,O=Test", "CN=Test Intermediate,O=Test"})
        one = crls["CN=Test Intermediate,O=Test"]
        self.assertEqual((one["entries"], one["source"], one["number"]), (0, self.pki.crl, "0x01"))
        self.assertIn(one["left_s"] // 86400, (29, 30))
        status, out = self.status(gateway)
        self.assertEqual(status, 0)
        self.assertTrue(out.startswith("all is well\n"), out)
        for wanted in ("generation   1 since", "server certificate: CN=localhost", "trusted root: CN=Test Root",
                       "CRL: CN=Test Intermediate,O=Test, number 0x01, 0 revoked, until", "sha256 "):
            self.assertIn(wanted, out)

    def test_what_bites_is_said_first_and_is_the_exit_status(self):
        pki = Pki(self.subdirectory("pki"))
        pki.root.make_crl(seconds=600)  # of 4200 in all
        pki.bundle()
        gateway = self.gateway(self.backend(), tls={"certificate": pki.server.chain, "private_key": pki.server.key},
                               client_auth={"trust": pki.trust, "crl": pki.crl})
        status, said = self.json(gateway)
        self.assertEqual((status, said["healthy"], [one["bites"] for one in said["to_do"]]), (1, False, [True]))
        self.assertRegex(said["to_do"][0]["text"], "CRL of CN=Test Root,O=Test expires in .* min; publish the next one")
        self.assertRegex(self.status(gateway)[1], r"\AACT NOW: CRL of CN=Test Root,O=Test expires in ")
        # What a policy lets pass is told, and is nothing to wake up for.
        with open(pki.crl, "w", encoding="utf-8") as file:
            file.write(read(pki.intermediate.crl))
        lax = self.gateway(self.backend(), tls={"certificate": pki.server.chain, "private_key": pki.server.key},
                           client_auth={"trust": pki.trust, "crl": pki.crl, "crl_missing": "allow"})
        status, said = self.json(lax)
        self.assertEqual((status, said["crls_missing"]), (0, [{"issuer": "CN=Test Root,O=Test", "tolerated": True}]))
        self.assertEqual([one["bites"] for one in said["to_do"]], [False])
        # A reload that fails stays in sight until one succeeds.
        good = read(pki.crl)
        for content, expected in (("broken", 1), (good, 0)):
            with open(pki.crl + ".new", "w", encoding="utf-8") as file:
                file.write(content)
            os.rename(pki.crl + ".new", pki.crl)
            subprocess.run([binary(), "reload", "--config", lax.path], check=False, capture_output=True)
            status, out = self.status(lax)
            self.assertEqual(status, expected, out)
            self.assertEqual("ACT NOW: the last reload failed at " in out, expected == 1, out)

    def test_no_gateway_is_1(self):
        done = subprocess.run([binary(), "status", "--control", self.directory + "/none.sock"], capture_output=True,
                              text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("no gateway listens there", done.stderr)

    def test_watch_writes_a_line_for_each_change(self):
        revoked = self.pki.client("revoked")
        self.pki.revoke(revoked)
        gateway = self.gateway(self.backend())
        watch = subprocess.Popen([binary(), "status", "--watch", "--config", gateway.path], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True)
        self.addCleanup(watch.stdout.close)
        self.addCleanup(watch.stderr.close)
        self.addCleanup(watch.wait)
        self.addCleanup(watch.kill)
        first = watch.stdout.readline()
        self.assertIn(" serving, generation 1, 1/1 workers, 0 connections, 0 refused, 0 cut, all is well\n", first)
        s_client(gateway, client=revoked)
        # The connection may have been seen too, in a line of its own.
        lines = [watch.stdout.readline()]
        while "0 connections, 1 refused" not in lines[-1]:
            lines.append(watch.stdout.readline())
        self.assertLessEqual(len(lines), 3)
        gateway.stop()
        self.assertEqual(watch.wait(patience(20)), 1)
        self.assertIn("no gateway listens there", watch.stderr.read())


if __name__ == "__main__":
    main()
