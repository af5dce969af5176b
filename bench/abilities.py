"""What a gateway does about clients, tried out: a table of speed says nothing about a server that does less."""

import http.client
import ssl
import time

FORGED = "mallory"

# (key, what a reader sees)
ABILITIES = [
    ("refuses_without", "refuses a client without a certificate"),
    ("refuses_revoked", "refuses a revoked client (CRL)"),
    ("tells_who", "tells the backend who is calling"),
    ("drops_forged", "what a client claims to be is dropped"),
]


def ask(port, ca, client=None, fields=()):
    """The content of GET /who, or None if the client is not admitted."""
    context = ssl.create_default_context(cafile=ca)
    if client:
        context.load_cert_chain(client.chain, client.key)
    connection = http.client.HTTPSConnection("localhost", port, timeout=10, context=context)
    try:
        connection.request("GET", "/who", headers=dict(fields))
        response = connection.getresponse()
        content = response.read().decode("utf-8", "replace")
        return content if response.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def abilities_of(server, pki, client, lost):
    """{key: bool}. client is admitted as alice, or it is an error; lost is revoked."""
    def asked(*arguments):
        return ask(server.port, pki.root.cert, *arguments)

    deadline = time.monotonic() + 10
    while (told := asked(client)) is None:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{server.name} does not admit alice\n{server.output()}")
        time.sleep(0.1)
    return {
        "refuses_without": asked() is None,
        "refuses_revoked": asked(lost) is None,
        "tells_who": told == "alice",
        "drops_forged": asked(client, [("X-Client-CN", FORGED)]) != FORGED,
    }
