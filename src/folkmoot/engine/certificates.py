"""The zone's own certificates: one authority in the first node's data folder, one pair per node.

They serve machines only (the engine and joining); what people's browsers see is another matter.
Both ends of every connection between nodes show one. The keys never leave the folder they were
made in: a node that joins sends a request to be signed.

    tls/authority.pem   certificate of the authority; on every node
    tls/authority.key   its key; on the node that prints tokens only
    tls/node.pem, tls/node.key
"""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
import os
import sys
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from folkmoot.data_folder import tls_paths, write_atomically
from folkmoot.errors import OperatorError

AUTHORITY_DAYS: Final = 3_650
NODE_DAYS: Final = 365
"""Nodes renew theirs by themselves when a third of it is left (`servers/manager/renewal.py`)."""

CLOCKS_APART_MAX: Final = datetime.timedelta(days=1)
"""A machine whose clock is behind by less than this takes a new certificate for valid."""

REQUEST_BYTES_MAX: Final = 8_192


def make_authority(data: Path, zone: str, node: str, address: str) -> None:
    """Makes the zone's authority and the first node's certificate, unless they are there.

    Shape: when `address` is another than before, the node's certificate is made anew.
    """
    paths = tls_paths(data)
    paths.folder.mkdir(mode=0o700, exist_ok=True)
    if not paths.authority_key.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(f"Folkmoot zone {zone}")
        builder = _builder(name, name, key.public_key(), AUTHORITY_DAYS)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        builder = builder.add_extension(_usage(signs_certificates=True), True)
        certificate = builder.sign(key, hashes.SHA256())
        write_atomically(paths.authority, certificate.public_bytes(serialization.Encoding.PEM))
        write_atomically(paths.authority_key, _key_pem(key))
    if not _is_for(paths.certificate, address):
        request = make_request(data, node)
        write_atomically(paths.certificate, issue(data, request, node, address))


def make_request(data: Path, node: str) -> bytes:
    """A request in PEM for this node's certificate; makes the node's key when there is none."""
    paths = tls_paths(data)
    paths.folder.mkdir(mode=0o700, exist_ok=True)
    if paths.key.exists():
        key = _load_key(paths.key)
    else:
        key = ec.generate_private_key(ec.SECP256R1())
        write_atomically(paths.key, _key_pem(key))
    builder = x509.CertificateSigningRequestBuilder().subject_name(_name(node))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def issue(data: Path, request: bytes, node: str, address: str) -> bytes:
    """Signs a request with the authority's key; returns the certificate in PEM.

    Shape: the names in it are those given here, whatever the request says.
    Errors: `OperatorError` when the request is none.
    """
    paths = tls_paths(data)
    asked = _request(request)
    authority = x509.load_pem_x509_certificate(paths.authority.read_bytes())
    authority_key = _load_key(paths.authority_key)
    asked_key = asked.public_key()
    if not isinstance(asked_key, ec.EllipticCurvePublicKey):
        raise OperatorError("What was sent asks for a certificate of an unknown kind.")
    names: list[x509.GeneralName] = [x509.DNSName(node)]
    if address:
        names.append(x509.IPAddress(ipaddress.ip_address(address)))
    builder = _builder(_name(node), authority.subject, asked_key, NODE_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
    builder = builder.add_extension(_usage(signs_certificates=False), True)
    builder = builder.add_extension(x509.SubjectAlternativeName(names), False)
    builder = builder.add_extension(
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
        False,
    )
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    builder = builder.add_extension(identifier, False)
    certificate = builder.sign(authority_key, hashes.SHA256())
    return certificate.public_bytes(serialization.Encoding.PEM)


def _request(request: bytes) -> x509.CertificateSigningRequest:
    try:
        asked = x509.load_pem_x509_csr(request[:REQUEST_BYTES_MAX])
        if not asked.is_signature_valid:
            raise ValueError("its signature is wrong")
    except ValueError as error:
        raise OperatorError(f"What was sent is no request for a certificate: {error}.") from None
    return asked


def fingerprint(certificate: bytes) -> bytes:
    """SHA-256 of a certificate given in PEM."""
    return x509.load_pem_x509_certificate(certificate).fingerprint(hashes.SHA256())


def pin_of_certificate(certificate: bytes) -> str:
    """SHA-256 of the public key of a certificate in PEM, in hex: the same after it was renewed."""
    return _pin(x509.load_pem_x509_certificate(certificate).public_key())


def pin_of_request(request: bytes) -> str:
    """The same of a request. Errors: `OperatorError` when it is none."""
    return _pin(_request(request).public_key())


def name_and_pin(certificate: bytes) -> tuple[str, str]:
    """For whom a certificate in DER was made, and its key as it is pinned."""
    found = x509.load_der_x509_certificate(certificate)
    names = found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return (str(names[0].value) if names else ""), _pin(found.public_key())


def times_of(certificate: bytes) -> tuple[float, float]:
    """From when until when a certificate in PEM holds, in seconds since 1970."""
    found = x509.load_pem_x509_certificate(certificate)
    return found.not_valid_before_utc.timestamp(), found.not_valid_after_utc.timestamp()


def check_issued(authority: bytes, certificate: bytes) -> None:
    """Errors: `OperatorError` when the zone's authority (both in PEM) did not sign it."""
    try:
        issuer = x509.load_pem_x509_certificate(authority)
        x509.load_pem_x509_certificate(certificate).verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise OperatorError(
            f"What came is no certificate of this zone ({error!r}); the old one stays."
        ) from None


def _pin(key: CertificatePublicKeyTypes) -> str:
    der = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(der).hexdigest()


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
    builder = builder.public_key(key)
    builder = builder.add_extension(
        x509.SubjectKeyIdentifier.from_public_key(key),
        False,
    )
    return (
        builder.serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCKS_APART_MAX)
        .not_valid_after(now + datetime.timedelta(days=days))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError("it is of another kind")
    except (ValueError, TypeError, OSError) as error:
        raise OperatorError(
            f"{path} is no key of ours ({error}); restore it from a backup."
        ) from None
    return key


def _is_for(path: Path, address: str) -> bool:
    if not os.path.exists(path):
        return False
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return ipaddress.ip_address(address) in names.get_values_for_type(x509.IPAddress)


if __name__ == "__main__":
    make_authority(Path(sys.argv[1]), *sys.argv[2:5])
