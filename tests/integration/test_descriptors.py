"""R5: when descriptors run out, accepting pauses and does not spin, and goes on when there are some again."""
import os
import socket
import time

from support import GatewayCase, main
from support.gateway import patience, wait_until

LIMIT = 64


def cpu_seconds(pid):
    with open("/proc/%d/stat" % pid, encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Descriptors(GatewayCase):
    def test_r5_emfile_does_not_spin(self):
        gateway = self.gateway(self.backend(), wrapper=["prlimit", "--nofile=%d:%d" % (LIMIT, LIMIT)])
        worker = gateway.workers()[0]
        held = [socket.create_connection(("127.0.0.1", gateway.port)) for _ in range(LIMIT + 20)]
        wait_until(lambda: len(os.listdir("/proc/%d/fd" % worker)) >= LIMIT - 1, "descriptors run out")
        before = cpu_seconds(worker)
        time.sleep(2)
        self.assertLess(cpu_seconds(worker) - before, patience(0.4))
        for plain in held:
            plain.close()
        wait_until(lambda: self.curl(gateway, "/").status == 200, "served again")


main()
