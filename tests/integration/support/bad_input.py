"""A profile that is given what it must not take. For test_pki_bad_*.py."""

import os
import shutil
import subprocess

from .authority import BINARY, PkiCase
from .tree import tree


class BadInput(PkiCase):
    def setUp(self):
        super().setUp()
        self.must_pki("init", "--org", "Acme")
        self.must_pki("client", "alice")

    def refuses(self, says, verb, *arguments, status=1, prefix=(), **options):
        """One line that says so, nothing on standard output, nothing changed."""
        before = tree(self.parent)
        done = subprocess.run([*prefix, BINARY, "pki", verb, "--dir", self.directory, *arguments], capture_output=True,
                              timeout=60, **options)
        with self.subTest(verb=verb, arguments=arguments):
            self.assertEqual((done.returncode, done.stdout, done.stderr.count(b"\n")), (status, b"", 1), done)
            self.assertRegex(done.stderr.decode(), r"^postern pki %s: [ -~\u00a0-\uffff]*\n$" % verb)
            self.assertIn(says, done.stderr.decode())
            self.assertEqual(tree(self.parent), before)

    def keep(self):
        shutil.copytree(self.directory, self.beside("copy"))

    def restore(self):
        shutil.rmtree(self.directory)
        shutil.copytree(self.beside("copy"), self.directory)

    @staticmethod
    def without_root():
        """Root is stopped by no mode: without these two capabilities it is."""
        taken = "-dac_override,-dac_read_search"
        return ("setpriv", "--inh-caps", taken, "--bounding-set", taken) if os.geteuid() == 0 else ()
