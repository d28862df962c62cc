"""The TLS context for new connections, renewed when the node's pair was replaced.

Connections that stand keep the context they began with. May not live here: who replaces the pair.
"""

from __future__ import annotations

import logging
import ssl
from pathlib import Path
from typing import Final

from folkmoot.pulse import pulse

LOOK_EVERY_S: Final = 1.0


class Contexts:
    """Caller: `watch` in a task; `current` for each new connection.

    Errors: OSError or `ssl.SSLError` when there is no pair to begin with.
    """

    def __init__(self, pem: Path, log: logging.Logger) -> None:
        self._pem = pem
        self._log = log
        self._seen = _stamp(pem)
        self.current = server_context(pem)

    async def watch(self) -> None:
        while True:
            await pulse(LOOK_EVERY_S)
            self.look()

    def look(self) -> None:
        """Takes the pair anew when its file is another one."""
        try:
            seen = _stamp(self._pem)
            if seen == self._seen:
                return
            self._seen = seen
            self.current = server_context(self._pem)
        except (OSError, ssl.SSLError) as error:
            self._log.error("the certificate was not taken, the one before is used: %s", error)
            return
        self._log.info("new connections are shown the new certificate")


def server_context(pem: Path) -> ssl.SSLContext:
    """TLS 1.2 and later, HTTP/1.1 in it, certificates and key from one file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(pem)
    return context


def _stamp(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size
