"""Certificates for tests, of an authority that only the test trusts. Needs `trustme`."""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path

import trustme


class Authority:
    """An authority of its own for each test.

    Shape: `write` makes a certificate for the loopback in `folder`, as `cert.pem` and `key.pem`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self._authority = trustme.CA()
        self.certificate = folder / "cert.pem"
        self.key = folder / "key.pem"
        self.file = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(str(self.file))
        self.trust = ssl.create_default_context(cafile=str(self.file))

    @property
    def options(self) -> tuple[str, str, str, str]:
        """For `folkmoot up`."""
        return "--tls-cert", str(self.certificate), "--tls-key", str(self.key)

    def write(self, *names: str, days: int = 90) -> None:
        """Replaces the pair, the certificate first, as tools that renew do."""
        until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days, hours=1)
        made = self._authority.issue_cert(
            *(names or ("localhost", "*.localhost", "127.0.0.1")), not_after=until
        )
        chain = b"".join(part.bytes() for part in made.cert_chain_pems)
        self.certificate.write_bytes(chain)
        self.key.write_bytes(made.private_key_pem.bytes())
