"""Upgrade: websocket is a tunnel after the upstream's 101, and only then (H10, H24)."""
import base64
import hashlib

from support import GatewayCase, NodeBackend, main

# A WebSocket server as Node has it without packages: the handshake, then each frame's text sent back unmasked.
NODE = """
const http = require('http'), crypto = require('crypto');
const server = http.createServer((request, response) => response.end('plain'));
server.on('upgrade', (request, socket) => {
    const accept = crypto.createHash('sha1')
        .update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
    socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n' +
        'Sec-WebSocket-Accept: ' + accept + '\\r\\nX-Who: ' + request.headers['x-client-cn'] + '\\r\\n\\r\\n');
    socket.on('data', frame => {
        const length = frame[1] & 127, mask = frame.subarray(2, 6), text = Buffer.from(frame.subarray(6, 6 + length));
        for (let i = 0; i < length; i++) text[i] ^= mask[i % 4];
        socket.write(Buffer.concat([Buffer.from([0x81, length]), text]));
    });
    socket.on('end', () => socket.end());
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
"""
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
UPGRADE = [("Connection", "keep-alive, Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Key", KEY),
           ("Sec-WebSocket-Version", "13")]


def frame(text):
    mask = b"\x01\x02\x03\x04"
    return bytes([0x81, 0x80 | len(text)]) + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(text))


class WebSocket(GatewayCase):
    def test_frames_pass_both_ways(self):
        backend = self.program(NodeBackend, NODE)
        gateway = self.gateway(backend)
        with self.connect(gateway) as client:
            status, fields, _ = client.get("/ws", UPGRADE)
            self.assertEqual(status, 101)
            accept = hashlib.sha1((KEY + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
            self.assertEqual(fields["sec-websocket-accept"], base64.b64encode(accept).decode())
            self.assertEqual(fields["x-who"], "alice")
            for number in range(20):
                client.send(frame(b"hello %d" % number))
                self.assertEqual(client.stream.read(2 + len(b"hello %d" % number))[2:], b"hello %d" % number)
        self.assertEqual(gateway.access()[0]["status"], 101)

    def test_h24_no_tunnel_without_a_101(self):
        backend = self.backend()
        with self.connect(self.gateway(backend)) as client:
            client.send("GET /ws HTTP/1.1\r\nHost: a\r\n" + "".join("%s: %s\r\n" % field for field in UPGRADE) +
                        "\r\nGET /next HTTP/1.1\r\nHost: a\r\nX-Client-CN: mallory\r\n\r\n")
            self.assertEqual(client.read_response()[0], 200)
            self.assertEqual(client.read_response()[0], 200)
        # What came behind was judged as a request.
        self.assertEqual(backend.last.target, "/next")
        self.assertEqual(backend.last.get("X-Client-CN"), "alice")

    def test_h10_other_upgrades_are_not_forwarded(self):
        backend = self.backend()
        upgrade = [("Upgrade", "h2c"), ("HTTP2-Settings", "AAMAAABkAARAAAAAAAIAAAAA")]
        with self.connect(self.gateway(backend)) as client:
            # Nominated, as it should be; and not, which some take for an upgrade all the same.
            for fields in ([("Connection", "Upgrade, HTTP2-Settings")] + upgrade, upgrade):
                client.get("/", fields)
                for name in ("Upgrade", "HTTP2-Settings", "Connection"):
                    self.assertIsNone(backend.last.get(name))


main()
