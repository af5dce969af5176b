"""A CRL that is replaced is in force, whoever wrote it and however, without any command: files."""

import os

from support import main
from support.gateway import patience
from support.pki import openssl, write
from support.watching import WatchingCase, add_writers

WRITERS = {
    "mv": (
        "true",
        "crl.pem",
        "mv new crl.pem"),
    "cp": (
        "true",
        "crl.pem",
        "cp new crl.pem"),
    "cat in place": (
        "true",
        "crl.pem",
        "cat new > crl.pem"),
    "install": (
        "true",
        "crl.pem",
        "install -m 644 new crl.pem"),
    "rm and mv": (
        "true",
        "crl.pem",
        "rm crl.pem; mv new crl.pem"),
    "hard link": (
        "true",
        "crl.pem",
        "ln -f new crl.pem"),
    "slow dd": (
        "true",
        "crl.pem",
        "size=$(stat -c %s new); : > crl.pem; at=0; while [ $at -lt $size ]; "
        "do dd if=new of=crl.pem bs=400 skip=$((at / 400)) seek=$((at / 400)) count=1 conv=notrunc status=none; "
        "sleep 0.3; at=$((at + 400)); done"),
    "sed in place": (
        "true",
        "crl.pem",
        "cat new > crl.pem.new; sed -i '1i # not yet' crl.pem.new; sed -i 1d crl.pem.new; "
        "mv crl.pem.new crl.pem"),
}


class Writers(WatchingCase):
    def test_der(self):
        directory = self.files()
        victim = self.pki.client("bob")
        gateway = self.watching(directory)
        self.pki.revoke(victim)
        self.shell(directory, "mkdir crls")
        for authority, name in ((self.pki.intermediate, "a"), (self.pki.root, "b")):
            openssl("crl", "-in", authority.crl, "-outform", "DER", "-out", os.path.join(directory, "crls", name))
        # The configuration is watched too.
        gateway.configure("client_auth", {"crl": os.path.join(directory, "crls")})
        gateway.write_config()
        self.until_refused(gateway, victim)

    def test_a_rename_is_in_force_at_once(self):
        directory = self.files()
        gateway = self.watching(directory)
        times = []
        for _ in range(5):
            victim, crls = self.revoked()
            write(os.path.join(directory, "new"), crls)
            mark = gateway.mark()
            self.shell(directory, "mv new crl.pem")
            line = gateway.wait_for_line(r"generation \d+ in force on 2/2 workers, .* ms after it was noticed", after=mark)
            times.append(int(line.split(" ms after")[0].rsplit(" ", 1)[1]))
            self.assertFalse(self.is_admitted(gateway, victim))
        self.assertLess(min(times), patience(1) * 1000)


add_writers(Writers, WRITERS)

main()
