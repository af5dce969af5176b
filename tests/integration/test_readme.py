"""The commands of README.md and at the head of configurations do what they say, in their order and as they stand there: only places,
ports and the service behind are the test's."""
import os
import re
import shlex
import subprocess
import threading

from support import GatewayCase, main
from support.gateway import Gateway, binary, patience
from support.pki import openssl, read

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


class Documents(GatewayCase):
    def setUp(self):
        super().setUp()
        self.place = self.subdirectory("etc")
        self.profile = os.path.join(self.place, "profile")
        self.gateway_of_text = None

    def ours(self, text, profile):
        """Their places, as ours."""
        text = text.replace("/var/lib/postern/pki/" + profile, self.profile)
        return text.replace("--profile " + profile, "--profile %s --dir %s" % (profile, self.profile))

    def write_config(self, text):
        text = re.sub(r"(?m)^address = .*:8443$", "address = 127.0.0.1:0", text, count=1)
        text = re.sub(r"(?m)^address = .*:8443\n", "", text)
        text = text.replace("127.0.0.1:11434", self.backend().address)
        for name in ("log", "control", "state"):
            text = re.sub(r"(?ms)^\[%s\]\n.*?(?=^\[|\Z)" % name, "", text)
        with open(os.path.join(self.place, "postern.ini"), "w", encoding="utf-8") as file:
            file.write(text + "\n[log]\naccess = access.log\n[control]\nsocket = %s/control.sock\n[state]\n"
                       "directory = %s\n" % (self.place, self.place))

    def run_line(self, line):
        """A command, or a server that goes on."""
        words = [binary()] + shlex.split(line)[1:]
        if words[1] == "serve":
            self.gateway_of_text = self.serve()
            return ""
        if words[1:3] == ["pki", "serve"]:
            return self.until_it_listens(words + ["--listen", "127.0.0.1:0"])
        done = subprocess.run(words, cwd=self.place, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              timeout=patience(60), check=False)
        self.assertEqual(done.returncode, 0, "%s\n%s%s" % (line, done.stdout, done.stderr))
        return done.stdout

    def serve(self):
        made = Gateway(self.place, self.pki)
        made.write_config = lambda: None
        self.gateways.append(made)
        return self.stack.enter_context(made)

    def until_it_listens(self, words):
        with subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, cwd=self.place) as server:
            lazy = threading.Timer(patience(20), server.kill)
            lazy.start()
            said = ""
            while not re.search(r"127\.0\.0\.1:\d+", said):
                line = server.stderr.readline()
                self.assertTrue(line, "it ended: " + said)
                said += line
            lazy.cancel()
            server.terminate()
            said += server.stderr.read()
        self.assertEqual(server.returncode, 0, said)
        return said

    def test_the_readme(self):
        text = read(os.path.join(TOP, "README.md"))
        section = re.search(r"(?ms)^## Use it$(.*?)^## ", text).group(1)
        blocks = re.findall(r"(?ms)^```(\w+)\n(.*?)^```", section)
        config = [block for kind, block in blocks if kind == "ini"]
        lines = [line.split(" #")[0].strip() for kind, block in blocks if kind == "sh" for line in block.split("\n")]
        lines = [line for line in lines if line.startswith("postern ")]
        self.assertEqual((len(config), len(lines)), (1, 14))
        self.write_config(self.ours(config[0], "my-app"))
        for line in lines:
            line = self.ours(line, "my-app").replace("alice.pem", self.profile + "/client/alice/fullchain.pem")
            line = line.replace("server gw.example", "server gw.example --san IP:127.0.0.1")
            line = line.replace("new-crl.pem", self.profile + "/crl-bundle.pem")
            if self.gateway_of_text is not None:
                line = line.replace("https://gw.example:8443", "https://" + self.gateway_of_text.address)
            self.run_line(line)

    def test_the_bench(self):
        text = read(os.path.join(TOP, "README.md"))
        lines = re.findall(r"(?m)^postern-bench .*$", text)
        self.assertEqual([line.split()[1] for line in lines], ["handshake", "request", "report"])
        gateway = self.gateway(self.backend())
        os.makedirs(os.path.join(self.place, "clients"))
        for source, name in ((self.client.p12("secret"), "alice.p12"), (self.client.key, "clients/alice.key"),
                             (self.client.chain, "clients/alice.pem"), (self.pki.root.cert, "ca.pem")):
            os.symlink(source, os.path.join(self.place, name))
        with open(os.path.join(self.place, "pass"), "w", encoding="utf-8") as file:
            file.write("secret\n")
        more = " --connect %s --server-name localhost --connections 2 --requests 20" % gateway.address
        for line, fine in ((lines[0] + more, (0, 3)), (lines[1] + more, (0, 3, 4)), (lines[2].split(" #")[0], (0,))):
            done = subprocess.run(os.path.join(os.path.dirname(binary()), line), shell=True, cwd=self.place, text=True,
                                  capture_output=True, timeout=patience(60), check=False)
            self.assertIn(done.returncode, fine, "%s\n%s%s" % (line, done.stdout, done.stderr))
        page = read(os.path.join(self.place, "page.html"))
        self.assertIn("</html>", page)

    def commands_of(self, name):
        """The text of a configuration, and the indented lines at its head without what is said beside them."""
        text = read(os.path.join(TOP, "conf", name))
        head = re.sub(r"(?m)^# ?", "", re.match(r"(?:#.*\n)+", text).group(0))
        head = re.sub(r"\\\n\s*", "", head)
        return text, [re.split(r"   +", line.strip())[0] for line in head.split("\n") if line.startswith("  ")]

    def test_the_branch(self):
        text, lines = self.commands_of("branch-gateway.ini")
        self.assertEqual([" ".join(line.split()[1:3]) for line in lines], [
            "pki init", "pki server", "pki server", "pki client", "check --config", "enable --now", "pki revoke"])
        self.write_config(self.ours(text, "branch"))
        tablet = lines[6].split()[-1]
        openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", os.path.join(self.place, "tablet.key"), "-out",
                os.path.join(self.place, "tablet.csr"), "-subj", "/CN=" + tablet)
        for line in lines[:4]:
            self.run_line(self.ours(line, "branch"))
        self.assertNotIn("WARNING", self.run_line(lines[4]))
        self.assertIn("revoked:      1 certificate", self.run_line(self.ours(lines[6], "branch")))
        self.assertIn("number 0x02, 1 revoked", self.run_line(lines[4]))

    def test_the_sidecar(self):
        text, lines = self.commands_of("ollama.ini")
        verbs = [" ".join(line.split()[:3]) for line in lines]
        self.assertEqual(verbs, ["postern pki init", "postern pki server", "postern pki client", "postern check --config",
                                 "systemctl enable --now", "curl --cert-type P12", "postern pki revoke"])
        self.write_config(self.ours(text, "ollama"))
        for line in lines[:3]:
            said = self.run_line(self.ours(line, "ollama"))
        passphrase = re.search(r"passphrase: (\S+)", said).group(1)
        self.run_line(lines[3])
        self.run_line("postern serve")  # by systemd there
        self.assertEqual(self.ask(lines[5], passphrase)[0], 0)
        self.run_line(self.ours(lines[6], "ollama"))
        self.gateway_of_text.wait_for_line("generation 2 in force")
        self.assertEqual(self.ask(lines[5], passphrase), (0, "revoked"))

    def ask(self, line, passphrase):
        """The curl of the text. Exit status, and the reason of a refusal."""
        line = line.replace("PASSPHRASE", passphrase).replace("alice.p12", self.profile + "/client/alice/alice.p12")
        line = line.replace("client-ca-bundle.pem", self.profile + "/client-ca-bundle.pem")
        more = ["--silent", "--noproxy", "*", "--connect-to", "gateway.example:8443:" + self.gateway_of_text.address]
        done = subprocess.run(shlex.split(line) + more, capture_output=True, text=True, timeout=patience(30), check=False)
        found = re.search(r'"reason":"(\w+)"', done.stdout)
        return done.returncode, found.group(1) if found else None


if __name__ == "__main__":
    main()
