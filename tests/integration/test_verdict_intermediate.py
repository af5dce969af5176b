"""Revocation is asked of every certificate in the path but the anchor: an intermediate that the root revoked ends
all its clients, though none of them stands on a CRL."""
from support import GatewayCase, main, s_client


class Intermediate(GatewayCase):
    def test_p1_clients_of_a_revoked_intermediate_are_refused(self):
        backend = self.backend()
        before = self.gateway(backend)
        self.assertEqual(self.connect(before).get("/")[0], 200)
        self.pki.root.revoke(self.pki.intermediate)
        self.pki.bundle()
        gateway = self.gateway(backend)
        count = backend.connections
        for version in (2, 3):
            self.assertIn("SSL alert number 44\n", s_client(gateway, "-tls1_%d" % version, client=self.client))
        self.assertEqual(backend.connections, count)
        for line in gateway.access(2):
            self.assertEqual((line["reason"], line["cn"]), ("revoked", "alice"))
            self.assertIn("CA certificate", line["detail"])
            self.assertIn("CN=Test Root", line["detail"])


main()
