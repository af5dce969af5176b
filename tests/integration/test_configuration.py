"""Bad configurations and what is said of them: `check` and `serve` refuse the same ones in the same words, with
file, line, section, key, what is wrong and what would be right (P8). And what `check` shows of good ones."""

import os
import shutil
import socket
import subprocess

from support import Gateway, GatewayCase, Pki, main
from support.gateway import binary, patience
from support.pki import openssl, read, write


class Configuration(GatewayCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = Pki(os.path.join(cls.directory, "other"), organisation="Other")

    def file(self, name, text, mode=0o600):
        path = write(os.path.join(self.directory, name), text)
        os.chmod(path, mode)
        return path

    def written(self, **sections):
        gateway = Gateway(self.subdirectory("gateway"), self.pki, None, **sections)
        gateway.write_config()
        return gateway

    def run_command(self, command, gateway):
        return subprocess.run([binary(), command, "--config", gateway.path], capture_output=True, text=True,
                              timeout=patience(20), cwd=gateway.directory, check=False)

    def refused(self, expected, **sections):
        """expected: what follows the file's path, {d} for the directory of the test class."""
        gateway = self.written(**sections)
        for command in ("check", "serve"):
            with self.subTest(expected=expected, command=command):
                done = self.run_command(command, gateway)
                self.assertEqual(done.stderr.strip(), gateway.path + ":" + expected.format(d=self.directory))
                self.assertEqual(done.returncode, 1)
                self.assertEqual(done.stdout, "")

    def accepted(self, **sections):
        gateway = self.written(**sections)
        done = self.run_command("check", gateway)
        self.assertEqual((done.returncode, done.stderr), (0, ""), gateway.path)
        return done.stdout.split("\n")

    def test_certificates_and_keys_that_cannot_serve(self):
        self.refused("5: [tls] certificate: cannot read /nonexistent.pem: No such file or directory; give the "
                     "path of a file that is there", tls={"certificate": "/nonexistent.pem"})
        self.refused("6: [tls] private_key: {d} is not a regular file; give a file",
                     tls={"private_key": self.directory})
        self.refused("5: [tls] certificate: {d}/empty.pem: no PEM block in it",
                     tls={"certificate": self.file("empty.pem", "")})
        self.refused("5: [tls] certificate: %s: the private key (ECDSA P-256) does not match the certificate "
                     "CN=localhost; both must come from one request" % self.pki.server.chain,
                     tls={"private_key": self.other.server.key})
        old = self.pki.intermediate.issue("old", "/CN=localhost", eku="serverAuth", start="20200101000000Z",
                                          end="20210101000000Z")
        self.refused("5: [tls] certificate: %s: certificate CN=localhost expired on 2021-01-01T00:00:00Z; renew "
                     "it" % old.chain, tls={"certificate": old.chain, "private_key": old.key})

    def test_settings_of_tls_that_no_client_could_meet(self):
        """The loader shakes hands with itself before any client does."""
        gateway = self.written(tls={"ciphers": "ECDHE-RSA-AES128-GCM-SHA256", "max_version": "1.2"})
        for command in ("check", "serve"):
            done = self.run_command(command, gateway)
            self.assertRegex(done.stderr, r"postern\.ini:7: \[tls\] ciphers: no client can complete a handshake in TLS "
                             r"1\.2 \(.*\); let ciphers, groups and certificates go together")
            self.assertEqual(done.returncode, 1)
        self.accepted(tls={"ciphers": "ECDHE-ECDSA-AES128-GCM-SHA256", "max_version": "1.2"})
        self.accepted(tls={"min_version": "1.3"})
        self.accepted(tls={"groups": "P-384"})
        self.accepted(client_auth={"on_refusal": "page"})

    def test_a_key_that_everybody_may_read_is_refused(self):
        """S3."""
        text = read(self.pki.server.key)
        for mode in (0o604, 0o602, 0o601, 0o644, 0o777):
            self.file("open.key", text, mode)
            self.refused("6: [tls] private_key: {d}/open.key may be read or changed by everybody (mode %03o); chmod "
                         "600" % mode, tls={"private_key": os.path.join(self.directory, "open.key")})
        for mode in (0o600, 0o400, 0o640, 0o440):
            self.file("closed.key", text, 0o600)
            os.chmod(os.path.join(self.directory, "closed.key"), mode)
            lines = self.accepted(tls={"private_key": os.path.join(self.directory, "closed.key")})
            self.assertFalse([line for line in lines if "closed.key" in line], oct(mode))
        lines = self.accepted(tls={"private_key": self.file("group.key", text, 0o660)})
        self.assertIn("WARNING: %s/group.key may be changed by its group (mode 660); chmod 640" % self.directory, lines)

    def test_what_would_hurt_is_warned_of(self):
        bare = self.pki.intermediate.issue("bare", "/CN=localhost", eku="serverAuth")
        lines = self.accepted(tls={"certificate": bare.chain, "private_key": bare.key})
        self.assertIn("WARNING: server certificate CN=localhost has no alternative names: browsers and many other clients "
                      "will not go on; issue one that has", lines)
        self.assertFalse([line for line in lines if "is not sent along" in line])
        lines = self.accepted(tls={"certificate": self.pki.server.cert})
        self.assertIn("WARNING: the intermediate CN=Test Intermediate,O=Test is not sent along with the server "
                      "certificate: clients that know the root only will not go on; give the full chain", lines)
        for key, source in (("trust", self.pki.trust), ("crl", self.pki.crl)):
            path = self.file("open." + key, read(source), 0o666)
            self.assertIn("WARNING: %s may be changed by everybody on this machine (mode 666), who then decide whom it lets "
                          "in; chmod 644" % path, self.accepted(client_auth={key: path}))
            os.chmod(path, 0o664)
            self.assertFalse([line for line in self.accepted(client_auth={key: path}) if "WARNING" in line])

    def test_an_encrypted_key_is_a_clear_error(self):
        path = os.path.join(self.directory, "encrypted.key")
        openssl("pkcs8", "-topk8", "-in", self.pki.server.key, "-out", path, "-passout", "pass:x")
        os.chmod(path, 0o600)
        gateway = self.written(tls={"private_key": path})
        done = self.run_command("check", gateway)
        self.assertIn(":6: [tls] private_key: %s: the private key is encrypted" % path, done.stderr)
        self.assertEqual(done.returncode, 1)

    def test_bundles_that_trust_nobody(self):
        """T10: no bundle, no start; the system's CAs are never used instead."""
        self.refused("8: [client_auth] trust: {d}/none.pem: no PEM block in it",
                     client_auth={"trust": self.file("none.pem", "")})
        self.refused("8: [client_auth] trust: cannot read {d}/gone.pem: No such file or directory; give the path of "
                     "a file that is there", client_auth={"trust": os.path.join(self.directory, "gone.pem")})
        self.refused("8: [client_auth] trust: %s: only intermediate CAs in it, no root (self-signed); add the root, "
                     "or set partial_chain = yes to trust the intermediates themselves" % self.pki.intermediate.cert,
                     client_auth={"trust": self.pki.intermediate.cert})
        self.refused("8: [client_auth] trust: %s:1: certificate CN=localhost is not a CA (no basicConstraints "
                     "CA:TRUE); only CA certificates belong in a trust bundle" % self.pki.server.cert,
                     client_auth={"trust": self.pki.server.cert})
        text = read(self.pki.trust)
        gateway = self.written(client_auth={"trust": self.file("cut.pem", text[:len(text) - 40])})
        self.assertIn("the file is cut off", self.run_command("check", gateway).stderr)

    def test_crls_that_cannot_be_used(self):
        text = read(self.pki.crl)
        gateway = self.written(client_auth={"crl": self.file("cut.crl", text[:len(text) - 40])})
        done = self.run_command("check", gateway)
        self.assertRegex(done.stderr, r":9: \[client_auth\] crl: .*/cut\.crl:\d+: .*the file is cut off")
        self.refused("9: [client_auth] crl: cannot read {d}/gone.crl: No such file or directory; give the path of a "
                     "file that is there", client_auth={"crl": os.path.join(self.directory, "gone.crl")})
        os.makedirs(os.path.join(self.directory, "empty"), exist_ok=True)
        self.refused("9: [client_auth] crl: no CRL in directory {d}/empty; put them there; without this key "
                     "revocation is not checked",
                     client_auth={"crl": os.path.join(self.directory, "empty")})

    def test_users_addresses_and_keys_that_do_not_exist(self):
        self.refused("4: [listener] adress: is no key of this section; did you mean 'address'?",
                     listener={"adress": "127.0.0.1:1"})
        if os.geteuid() == 0:
            self.refused("4: [listener] user: no user \"nosuchuser\" on this machine; give one that may do nothing "
                         "else", listener={"user": "nosuchuser"})

    def test_a_missing_configuration(self):
        for command in ("check", "serve"):
            done = subprocess.run([binary(), command, "--config", "/nonexistent.ini"], capture_output=True, text=True,
                                  check=False)
            self.assertEqual(done.stderr.strip(), "cannot read /nonexistent.ini: No such file or directory; give the "
                             "path of a file that is there")
            self.assertEqual(done.returncode, 1)

    def test_what_only_a_start_can_find_has_file_and_line_too(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            gateway = self.written(listener={"address": address})
            self.assertEqual(self.run_command("check", gateway).returncode, 0)
            done = self.run_command("serve", gateway)
        self.assertIn(gateway.path + ":2: [listener] address: ", done.stderr)
        self.assertIn("is in use by another process", done.stderr)
        self.assertEqual(done.returncode, 1)
        gateway = self.written(log={"access": "/nonexistent/access.log"})
        done = self.run_command("serve", gateway)
        self.assertRegex(done.stderr, r"postern\.ini:\d+: \[log\] access: cannot open /nonexistent/access\.log: No "
                         r"such file or directory; give a file that can be written, stdout or off")
        self.assertEqual(done.returncode, 1)

    def test_check_shows_what_it_found(self):
        lines = self.accepted()
        wanted = [r"^listener: 127\.0\.0\.1:0$",
                  r"^server certificate: CN=localhost, ECDSA P-256, names localhost.*, issued by "
                  r"CN=Test Intermediate,O=Test, until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, \d+ days left$",
                  r"^trusted root: CN=Test Root,O=Test, ECDSA P-256, until .*, \d+ days left$",
                  r"^intermediate: CN=Test Intermediate,O=Test, ECDSA P-256, until .* left$",
                  r"^CRL: CN=Test Root,O=Test, number 0x\d+, \d+ revoked, until .* left, from .*crl\.pem$",
                  r"^CRL: CN=Test Intermediate,O=Test, number 0x\d+, \d+ revoked, until .* left, from .*crl\.pem$",
                  r"^route /: backend app, 127\.0\.0\.1:1$", r"^.*postern\.ini: valid$"]
        for pattern in wanted:
            self.assertRegex("\n".join(lines), "(?m)" + pattern)
        self.assertFalse([line for line in lines if line.startswith("WARNING")])

    def test_check_warns_before_anybody_is_refused(self):
        lines = self.accepted(client_auth={"crl": None})
        self.assertTrue([line for line in lines if line.startswith("WARNING: no crl: revocation is not checked")])
        lines = self.accepted(client_auth={"crl": self.pki.intermediate.crl})
        self.assertIn("WARNING: CRL of CN=Test Root,O=Test missing: its clients will be refused; add it to crl", lines)
        lines = self.accepted(client_auth={"crl": self.other.crl})
        self.assertIn("WARNING: CRL of CN=Other Root,O=Other: its CA is not in the trust bundle: it counts once a "
                      "client presents that CA", lines)
        soon = self.pki.intermediate.issue("soon", "/CN=localhost", eku="serverAuth", days=6)
        lines = self.accepted(tls={"certificate": soon.chain, "private_key": soon.key})
        self.assertTrue([line for line in lines
                         if line.startswith("WARNING: server certificate CN=localhost expires in ")], lines)
        other = Pki(os.path.join(self.subdirectory("expired"), "pki"))
        other.intermediate.make_crl(seconds=-60)
        other.bundle()
        gateway = Gateway(self.subdirectory("gateway"), other)
        gateway.write_config()
        done = self.run_command("check", gateway)
        self.assertIn("WARNING: CRL of CN=Test Intermediate,O=Test expired ", done.stdout)
        self.assertIn("its clients will be refused; publish a fresh one", done.stdout)

    def test_crls_may_lie_in_a_directory_as_pem_and_der(self):
        folder = self.subdirectory("crls")
        os.makedirs(os.path.join(folder, "..2026_01"))
        shutil.copy(self.pki.root.crl, os.path.join(folder, "root.pem"))
        openssl("crl", "-in", self.pki.intermediate.crl, "-outform", "DER", "-out", os.path.join(folder, "b.crl"))
        lines = self.accepted(client_auth={"crl": folder})
        self.assertEqual(len([line for line in lines if line.startswith("CRL: ")]), 2, lines)
        self.assertFalse([line for line in lines if line.startswith("WARNING")])

    def test_usage(self):
        for arguments in ([], ["frobnicate"], ["serve"], ["check"], ["check", "--config"], ["status"], ["reload"],
                          ["check", "--nonsense", "x"], ["serve", "x"], ["internal-worker"], ["internal-loader"]):
            done = subprocess.run([binary(), *arguments], capture_output=True, text=True, check=False,
                                  stdin=subprocess.DEVNULL, timeout=patience(10))
            self.assertEqual(done.returncode, 2, arguments)
            self.assertNotEqual(done.stderr, "", arguments)
        done = subprocess.run([binary(), "sevre"], capture_output=True, text=True, check=False)
        self.assertIn('did you mean "serve"?', done.stderr)

    def test_help_of_every_command(self):
        done = subprocess.run([binary(), "--help"], capture_output=True, text=True, check=True)
        commands = [line.split()[0] for line in done.stdout.split("\n") if line.startswith("  ") and "--" not in line]
        self.assertLessEqual({"serve", "check", "status", "reload", "pki", "demo"}, set(commands))
        for command in commands:
            done = subprocess.run([binary(), command, "--help"], capture_output=True, text=True, check=True)
            self.assertIn("usage: postern " + command, done.stdout)
        done = subprocess.run([binary(), "--version"], capture_output=True, text=True, check=True)
        self.assertRegex(done.stdout, r"^postern \d+\.\d+\.\d+\n$")


if __name__ == "__main__":
    main()
