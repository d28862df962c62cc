"""Looks after the certificate that people see: takes a renewed pair, keeps a broken one out.

The operator's files are looked at by content, on a timer and when asked (SIGHUP, `folkmoot
certificate`). All processes of the node read what is taken here; see `servers/tls/pair.py`.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from pathlib import Path
from typing import Any, Final

from folkmoot.data_folder import Node
from folkmoot.errors import OperatorError

LOOK_EVERY_S: Final = 5.0
WARN_EVERY_S: Final = 86_400.0

log = logging.getLogger("folkmoot.manager")


class CertificateKeeper:
    """Caller: `run` in a task; on a node that uses no certificate it does nothing."""

    def __init__(self, data: Path, node: Node) -> None:
        self._data = data
        self._files = (Path(node.tls_cert), Path(node.tls_key)) if node.tls_cert else None
        self._seen = b""
        self._warned_s = float("-inf")
        self._told: dict[str, Any] | None = None
        self.problem = ""

    async def run(self) -> None:
        """Until cancelled: who runs us takes our end for the end of everything."""
        while True:
            if self._files is not None:
                await asyncio.to_thread(self.look)
            await asyncio.sleep(LOOK_EVERY_S)

    def look(self) -> None:
        """Takes the pair if it is another one that works, and notes what is wrong if not."""
        if self._files is None:
            return
        from folkmoot.servers.tls import pair

        seen = b"".join(_digest(path) for path in self._files)
        if seen != self._seen:
            self._seen = seen
            try:
                before = pair.current(self._data)
                taken = pair.take_pair(*self._files, self._data)
                self.problem = ""
                if before is None or before.fingerprint != taken.fingerprint:
                    log.info("new connections are shown the certificate %s", taken.fingerprint)
            except (OperatorError, OSError) as error:
                self.problem = str(error)
                log.error("the certificate before is kept: %s", error)
        self._told = self._tell(pair.current(self._data))

    def status(self) -> dict[str, Any] | None:
        """What `folkmoot status` shows of it; None where there is none."""
        return self._told

    def _tell(self, known: Any) -> dict[str, Any] | None:
        from folkmoot.servers.tls.pair import WARN_DAYS

        if known is None:
            return None
        days = known.days_left(time.time_ns() // 1_000_000)
        if days < WARN_DAYS and time.monotonic() - self._warned_s > WARN_EVERY_S:
            self._warned_s = time.monotonic()
            log.warning("the certificate for people expires in %d days; renew it", days)
        return {
            "names": known.names,
            "fingerprint": known.fingerprint,
            "expires_ms": known.expires_ms,
            "days_left": days,
            "expires_soon": days < WARN_DAYS,
            "problem": self.problem,
        }


def _digest(path: Path) -> bytes:
    """What stands for the file's content; an unreadable file is like an empty one."""
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return bytes(32)
