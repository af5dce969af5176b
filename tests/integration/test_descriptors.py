"""R5: when descriptors run out, accepting pauses and does not spin, and goes on when there are some again; and who
only connects cannot take those that admitted clients need."""
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
        admitted = self.connect(gateway)
        held = [socket.create_connection(("127.0.0.1", gateway.port)) for _ in range(LIMIT + 20)]
        gateway.wait_for_line("accepting pauses")
        before = cpu_seconds(worker)
        time.sleep(2)
        self.assertLess(cpu_seconds(worker) - before, patience(0.4))
        # Strangers hold all that they can get: there is a descriptor left towards the backend.
        self.assertEqual(admitted.get("/")[0], 200)
        for plain in held:
            plain.close()
        wait_until(lambda: self.curl(gateway, "/").status == 200, "served again")


main()
