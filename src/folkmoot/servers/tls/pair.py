"""The certificate and key that an operator gives: checked, and kept as one file of the node.

The operator's two files change one after the other, and may be wrong. Processes read the node's
copy only: certificates and key in one file, replaced in one step, and only by a pair that works.
`python -m folkmoot.servers.tls.pair CERT KEY DATA` does so before a start.
"""

from __future__ import annotations

import datetime
import os
import ssl
import sys
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from folkmoot.data_folder import people_pem, write_atomically
from folkmoot.errors import OperatorError

FILE_BYTES_MAX: Final = 256 * 1024
WARN_DAYS: Final = 14
_MARK: Final = b"-----BEGIN CERTIFICATE-----"


class Certificate(msgspec.Struct, frozen=True):
    """What people's browsers are shown. Shape: `names` are host names and addresses."""

    names: list[str]
    expires_ms: int
    fingerprint: str

    def days_left(self, now_ms: int) -> int:
        """Whole days; negative once it has expired."""
        return (self.expires_ms - now_ms) // 86_400_000


def check_pair(certificate: Path, key: Path) -> bytes:
    """Certificates and key as one PEM, after trying them.

    Errors: `OperatorError`, a sentence that says what is wrong with which file.
    """
    chain, secret = _read(certificate), _read(key)
    if _MARK not in chain:
        raise OperatorError(f"{certificate} holds no certificate in PEM form.")
    if b"PRIVATE KEY-----" not in secret:
        raise OperatorError(f"{key} holds no private key in PEM form.")
    pem = chain.rstrip() + b"\n" + secret
    try:
        _try(pem)
    except _Encrypted:
        raise OperatorError(
            f"{key} is protected by a passphrase, which nobody is there to type at a restart;"
            " give an unencrypted key that only Folkmoot's user can read."
        ) from None
    except ssl.SSLError as error:
        said = error.reason or str(error)
        if said == "KEY_VALUES_MISMATCH":
            raise OperatorError(f"The key {key} does not belong to {certificate}.") from None
        raise OperatorError(f"{certificate} and {key} cannot be used ({said}).") from None
    told = certificate_of(pem)
    if told.expires_ms <= _now_ms():
        raise OperatorError(f"{certificate} has expired; get a new certificate.")
    return pem


def certificate_of(pem: bytes) -> Certificate:
    """What the first certificate says. Errors: `OperatorError`."""
    try:
        first = x509.load_pem_x509_certificates(pem)[0]
        names = _names(first)
    except (ValueError, IndexError) as error:
        raise OperatorError(f"The certificate cannot be read ({error}).") from None
    expires_ms = int(first.not_valid_after_utc.timestamp() * 1_000)
    return Certificate(names, expires_ms, first.fingerprint(hashes.SHA256()).hex()[:16])


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return [str(name.value) for name in found.value]


def take_pair(certificate: Path, key: Path, data: Path) -> Certificate:
    """Makes a pair that works the node's own. Errors: `OperatorError`; then nothing changed."""
    pem = check_pair(certificate, key)
    path = people_pem(data)
    if not path.exists() or path.read_bytes() != pem:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        write_atomically(path, pem)
    return certificate_of(pem)


def current(data: Path) -> Certificate | None:
    """The node's own; None when there is none that can be read."""
    try:
        return certificate_of(people_pem(data).read_bytes())
    except (OSError, OperatorError):
        return None


class _Encrypted(Exception):
    """OpenSSL asks for a passphrase."""


def _try(pem: bytes) -> None:
    """Loads what was read, not the files: they may change meanwhile. Errors: `ssl.SSLError`."""
    descriptor = os.memfd_create("pair", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"/proc/self/fd/{descriptor}", password=_asked)
    finally:
        os.close(descriptor)


def _asked() -> str:
    raise _Encrypted


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise OperatorError(f"{path} cannot be read ({error.strerror}).") from None
    if len(content) > FILE_BYTES_MAX:
        raise OperatorError(f"{path} is too large for a certificate or a key.")
    return content


def _now_ms() -> int:
    return int(datetime.datetime.now(datetime.UTC).timestamp() * 1_000)


def main() -> int:
    certificate, key, data = (Path(word) for word in sys.argv[1:4])
    try:
        take_pair(certificate, key, data)
    except OperatorError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
