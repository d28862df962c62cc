"""What is wrong with a certificate and its key is said in a sentence; a good pair becomes ours."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from folkmoot.data_folder import Node, people_pem
from folkmoot.errors import OperatorError
from folkmoot.servers.manager.certificate import CertificateKeeper
from folkmoot.servers.tls import pair
from folkmoot.testing.certificates import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = Authority(tmp_path / "files")
    made.write("meet.example", "127.0.0.1")
    return made


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_a_good_pair_is_taken_as_one_file_for_its_owner_only(
    authority: Authority, data: Path
) -> None:
    data.mkdir()
    taken = pair.take_pair(authority.certificate, authority.key, data)
    assert taken.names == ["meet.example", "127.0.0.1"]
    assert taken.days_left(time.time_ns() // 1_000_000) == 90
    assert pair.current(data) == taken
    assert people_pem(data).stat().st_mode & 0o077 == 0


def test_what_is_wrong_is_told(authority: Authority, tmp_path: Path) -> None:
    certificate, key = authority.certificate, authority.key

    def refused(certificate: Path, key: Path) -> str:
        with pytest.raises(OperatorError) as told:
            pair.check_pair(certificate, key)
        assert len(str(told.value).splitlines()) == 1
        return str(told.value)

    assert "cannot be read (No such file" in refused(tmp_path / "nowhere", key)
    assert "holds no private key" in refused(certificate, certificate)
    assert "holds no certificate" in refused(key, key)
    garbled = tmp_path / "garbled.pem"
    garbled.write_bytes(certificate.read_bytes().replace(b"MII", b"AAA"))
    assert "cannot be used" in refused(garbled, key)
    other = Authority(tmp_path / "other")
    other.write(days=-1)
    assert "does not belong to" in refused(certificate, other.key)
    assert "has expired" in refused(other.certificate, other.key)
    loaded = serialization.load_pem_private_key(key.read_bytes(), None)
    secret = tmp_path / "secret.pem"
    secret.write_bytes(
        loaded.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"x"),
        )
    )
    assert "protected by a passphrase" in refused(certificate, secret)


def test_a_broken_pair_is_kept_out_and_told_until_it_is_mended(
    authority: Authority, data: Path
) -> None:
    data.mkdir()
    node = Node("one", tls_cert=str(authority.certificate), tls_key=str(authority.key))
    keeper = CertificateKeeper(data, node)
    keeper.look()
    told = keeper.status()
    assert told is not None
    assert (told["days_left"], told["expires_soon"], told["problem"]) == (90, False, "")
    before = people_pem(data).read_bytes()

    key = authority.key.read_bytes()
    authority.write("meet.example", days=5)
    authority.key.write_bytes(key)
    keeper.look()
    told = keeper.status()
    assert told is not None
    assert "does not belong to" in told["problem"]
    assert people_pem(data).read_bytes() == before

    authority.write("meet.example", days=5)
    keeper.look()
    told = keeper.status()
    assert told is not None
    assert (told["days_left"], told["expires_soon"], told["problem"]) == (5, True, "")


def test_a_node_without_a_certificate_has_nothing_to_look_after(data: Path) -> None:
    keeper = CertificateKeeper(data, Node("one"))
    keeper.look()
    assert keeper.status() is None
