"""What a node shows to engines, and must be shown: read anew when the files have changed."""

from __future__ import annotations

import ssl
from pathlib import Path


class NodeContext(ssl.SSLContext):
    """A context that follows its certificate's file, for that is renewed while processes run.

    Caller: `follow` once, then `refresh` before each connection.
    """

    _pair: tuple[Path, Path] | None = None
    _seen_ns: int = 0

    def follow(self, authority: Path, certificate: Path, key: Path) -> None:
        """Errors: OSError (`ssl.SSLError` among them) when the files cannot be used."""
        self.minimum_version = ssl.TLSVersion.TLSv1_3
        self.load_verify_locations(str(authority))
        self._pair = (certificate, key)
        self._load(*self._pair)

    def refresh(self) -> None:
        """Takes the certificate that is there now; keeps the one it has when that is none."""
        if self._pair is None:
            return
        try:
            if self._pair[0].stat().st_mtime_ns != self._seen_ns:
                self._load(*self._pair)
        except OSError:
            return

    def _load(self, certificate: Path, key: Path) -> None:
        seen_ns = certificate.stat().st_mtime_ns
        self.load_cert_chain(certificate, key)
        self._seen_ns = seen_ns
