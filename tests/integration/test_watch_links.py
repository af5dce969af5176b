"""A CRL that is replaced is in force, whoever wrote it and however, without any command: links and directories."""

from support import main
from support.watching import WatchingCase, add_writers

WRITERS = {
    "ln_sfn_of_the_file": (
        "mv crl.pem v1.pem; ln -s v1.pem crl.pem",
        "crl.pem",
        "mv new v2.pem; ln -sfn v2.pem crl.pem"),
    "ln_sfn_of_its_directory": (
        "mkdir v1; mv crl.pem v1/; ln -s v1 now",
        "now/crl.pem",
        "mkdir v2; mv new v2/crl.pem; ln -sfn v2 now"),
    "mv of a link at the upper of two levels": (
        "mkdir v1 v2; mv crl.pem v1/a.pem; ln -s a.pem v1/crl.pem; ln -s v1 now; ln -s now latest",
        "latest/crl.pem",
        "mv new v2/b.pem; ln -s b.pem v2/crl.pem; ln -s v2 tmp; mv -T tmp now"),
    "Kubernetes": (
        "mkdir ..v1; mv crl.pem ..v1/; ln -s ..v1 ..data; ln -s ..data/crl.pem crl.pem",
        "crl.pem",
        "mkdir ..v2; mv new ..v2/crl.pem; ln -s ..v2 ..data_tmp; mv -T ..data_tmp ..data; "
        "rm -rf ..v1"),
    "the directory deleted and made again": (
        "mkdir sub; mv crl.pem sub/",
        "sub/crl.pem",
        "rm -rf sub; mkdir sub; cp new sub/crl.pem"),
    "the directory moved away and another moved there": (
        "mkdir sub; mv crl.pem sub/",
        "sub/crl.pem",
        "mkdir next; mv new next/crl.pem; mv sub old; mv next sub"),
    "a file more in a directory": (
        "mkdir crls; mv crl.pem crls/old.pem",
        "crls",
        "mv new crls/new.pem"),
    "a file in a directory rewritten": (
        "mkdir crls; mv crl.pem crls/all.pem",
        "crls",
        "cat new > crls/all.pem"),
}


class Writers(WatchingCase):
    pass


add_writers(Writers, WRITERS)

main()
