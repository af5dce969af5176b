"""What integration tests stand on: a PKI, the gateway, backends and clients. Python's standard library and
real programs only. Ports are chosen by the kernel, readiness is an event, logs are shown on failure."""

from .backend import Backend, Request, ScriptedBackend, response
from .case import GatewayCase, main
from .clients import Returner, TlsClient, curl, s_client
from .gateway import Gateway
from .pki import Pki
from .programs import NginxBackend, NodeBackend, PythonBackend

__all__ = ["Backend", "Gateway", "GatewayCase", "NginxBackend", "NodeBackend", "Pki", "PythonBackend", "Request",
           "Returner", "ScriptedBackend", "TlsClient", "curl", "main", "response", "s_client"]
