"""postern pki serve: CRLs and certificates by curl with conditional requests, OCSP by OpenSSL and GnuTLS, and
hostile HTTP."""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from support.gateway import binary, patience


def run(*command, **options):
    return subprocess.run([str(part) for part in command], capture_output=True, timeout=patience(60), **options)


class Serving:
    """A profile with alice (good) and bob (revoked), and pki serve in front of it."""

    def __init__(self, directory):
        self.directory = os.path.join(directory, "profile")
        self.pki("init", "--org", "Acme")
        for name in ("alice", "bob"):
            self.pki("client", name, "--no-passphrase")
        self.pki("revoke", "bob", "--reason", "keyCompromise")
        self.pki("cron")
        self.process = subprocess.Popen([binary(), "pki", "serve", "--dir", self.directory, "--listen",
                                         "127.0.0.1:0"], stderr=subprocess.PIPE, text=True)
        self.said, self.url = "", None
        for line in self.process.stderr:
            self.said += line
            if line.startswith("ready: "):
                self.url = line.split()[1]
                break
        if self.url is None:
            raise AssertionError(self.said)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.port = int(self.url.rsplit(":", 1)[1])

    def read(self):
        for line in self.process.stderr:
            self.said += line

    def pki(self, verb, *arguments):
        done = run(binary(), "pki", verb, "--dir", self.directory, *arguments)
        if done.returncode != 0:
            raise AssertionError(done.stderr)

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def stop(self):
        self.process.terminate()
        status = self.process.wait(timeout=patience(20))
        self.reader.join()
        self.process.stderr.close()
        return status


class PkiServe(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="postern-test-")
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        cls.serving = Serving(cls.directory)

    @classmethod
    def tearDownClass(cls):
        assert cls.serving.stop() == 0, cls.serving.said

    def curl(self, target, *options):
        done = run("curl", "-s", "-i", "--noproxy", "*", "--max-time", "20", *options, self.serving.url + target)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        fields = {line.split(":", 1)[0].lower(): line.split(":", 1)[1].strip() for line in lines[1:]}
        return int(lines[0].split(" ")[1]), fields, content

    def test_crls_and_certificates_are_shown_as_they_are(self):
        for role in ("root", "intermediate"):
            for end, kind, command in ((".crl", "application/pkix-crl", "crl"), (".cer", "application/pkix-cert", "x509")):
                status, fields, content = self.curl("/" + role + end)
                self.assertEqual((status, fields["content-type"]), (200, kind))
                pem = self.serving.path(role, "crl.pem" if command == "crl" else "ca.pem")
                self.assertEqual(content, run("openssl", command, "-in", pem, "-outform", "DER").stdout)
        for name in ("client-ca-bundle.pem", "crl-bundle.pem"):
            with open(self.serving.path(name), "rb") as file:
                self.assertEqual(self.curl("/" + name)[2], file.read())
        status, fields, content = self.curl("/ca.p7c")
        self.assertEqual(fields["content-type"], "application/pkcs7-mime; smime-type=certs-only")
        shown = run("openssl", "pkcs7", "-inform", "DER", "-print_certs", input=content).stdout
        self.assertEqual(shown.count(b"BEGIN CERTIFICATE"), 2)

    def test_a_crl_may_be_kept_until_its_next_update(self):
        status, fields, content = self.curl("/intermediate.crl")
        age = int(re.search(r"max-age=(\d+)", fields["cache-control"]).group(1))
        self.assertAlmostEqual(age, 30 * 86400, delta=600)
        self.assertEqual(self.curl("/intermediate.crl", "-H", "If-None-Match: " + fields["etag"])[0], 304)
        self.assertEqual(self.curl("/intermediate.crl", "-H", 'If-None-Match: "x"')[0], 200)
        since = "If-Modified-Since: " + fields["last-modified"]
        self.assertEqual(self.curl("/intermediate.crl", "-H", since)[0], 304)
        status, head, nothing = self.curl("/intermediate.crl", "--head")
        self.assertEqual((status, head["content-length"], nothing), (200, str(len(content)), b""))

    def test_what_is_not_published_or_cannot_be_done_is_refused(self):
        for target in ("/nothing", "/root.crl/", "/../root/private/ca.key", "/root/private/ca.key"):
            self.assertEqual(self.curl(target, "--path-as-is")[0], 404, target)
        status, fields, _ = self.curl("/root.crl", "-X", "DELETE")
        self.assertEqual((status, fields["allow"]), (405, "GET, HEAD"))
        self.assertEqual(self.curl("/ocsp", "-d", "x")[0], 415)
        self.assertEqual(self.curl("/ocsp/M!!!")[0], 400)
        big = os.path.join(self.directory, "big")
        with open(big, "wb") as file:
            file.write(b"0" * 20000)
        self.assertEqual(self.curl("/ocsp", "--data-binary", "@" + big, "-H", "Expect:", "-H",
                                   "Content-Type: application/ocsp-request")[0], 413)

    def ocsp(self, name, *options):
        path = self.serving.path
        return run("openssl", "ocsp", *options, "-issuer", path("intermediate", "ca.pem"), "-cert",
                   path("client", name, "cert.pem"), "-CAfile", path("root", "ca.pem"), "-verify_other",
                   path("intermediate", "ca.pem"), "-url", self.serving.url + "/ocsp")

    def test_openssl_and_gnutls_accept_ocsp_answers(self):
        for options in ((), ("-no_nonce",), ("-sha256", "-no_nonce")):
            good, bad = self.ocsp("alice", *options), self.ocsp("bob", *options)
            for done, word in ((good, b": good"), (bad, b": revoked"), (bad, b"Reason: keyCompromise")):
                self.assertIn(b"Response verify OK", done.stderr)
                self.assertIn(word, done.stdout)
        chain = os.path.join(self.directory, "chain.pem")
        with open(chain, "wb") as file:
            for role in ("intermediate", "root"):
                with open(self.serving.path(role, "ca.pem"), "rb") as one:
                    file.write(one.read())
        for name, word in (("alice", b"status: good"), ("bob", b"status: revoked")):
            done = run("ocsptool", "--ask=" + self.serving.url, "--load-cert", self.serving.path("client", name,
                       "cert.pem"), "--load-issuer", self.serving.path("intermediate", "ca.pem"), "--load-trust",
                       chain, "--nonce")
            self.assertIn(word, done.stdout.lower())
            self.assertIn(b"Success", done.stdout)

    def test_ocsp_by_get_can_be_cached_and_with_a_nonce_cannot(self):
        request = os.path.join(self.directory, "request.der")
        path = self.serving.path
        for nonce, kept in (("-no_nonce", True), ("-nonce", False)):
            run("openssl", "ocsp", "-issuer", path("intermediate", "ca.pem"), "-cert", path("client", "alice",
                "cert.pem"), nonce, "-reqout", request)
            text = run("openssl", "base64", "-A", "-in", request).stdout.decode()
            status, fields, content = self.curl("/ocsp/" + text.replace("+", "%2B").replace("=", "%3D"))
            self.assertEqual((status, fields["content-type"]), (200, "application/ocsp-response"))
            self.assertEqual("max-age" in fields["cache-control"], kept)
            self.assertEqual(self.curl("/" + text)[2] == content, kept)

    def test_a_revocation_shows_within_moments(self):
        self.serving.pki("client", "carol", "--no-passphrase")
        for word, verb in ((b": good", None), (b": revoked", "revoke")):
            if verb:
                self.serving.pki(verb, "carol")
            deadline = time.monotonic() + patience(20)
            while word not in self.ocsp("carol", "-no_nonce").stdout:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.1)

    def test_hostile_http_is_answered_and_cut(self):
        rows = (
            (b"GET / HTTP/1.1\n\n", b"400"),
            (b"GET / HTTP/1.1\r\n\r\n", b"400"),
            (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", b"400"),
            (b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", b"501"),
            (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 20000 + b"\r\n\r\n", b"431"),
            (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: a\r\n" * 100 + b"\r\n", b"431"),
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"400"),
            (b"POST /ocsp HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", b"413"),
        )
        for sent, status in rows:
            with socket.create_connection(("127.0.0.1", self.serving.port), timeout=patience(20)) as peer:
                peer.sendall(sent)
                answer = b""
                while chunk := peer.recv(65536):
                    answer += chunk
            self.assertEqual(answer[:12], b"HTTP/1.1 " + status, sent[:60])
            self.assertIn(b"Connection: close", answer)

    def test_pipelined_requests_are_answered_in_their_order(self):
        with socket.create_connection(("127.0.0.1", self.serving.port), timeout=patience(20)) as peer:
            peer.sendall(b"HEAD /health HTTP/1.1\r\nHost: x\r\n\r\nGET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
                         b"GET /health HTTP/1.0\r\n\r\n")
            answer = b""
            while chunk := peer.recv(65536):
                answer += chunk
        self.assertEqual(re.findall(rb"HTTP/1.1 (\d+)", answer), [b"200", b"404", b"200"])
        self.assertTrue(answer.endswith(b"\r\n\r\nok\n"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
