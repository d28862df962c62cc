"""Whose certificate is renewed, and when."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from folkmoot.data_folder import Node, tls_paths, write_node
from folkmoot.engine import certificates
from folkmoot.errors import OperatorError
from folkmoot.servers.manager import membership
from folkmoot.servers.manager.membership import Member
from folkmoot.servers.manager.renewal import is_due, renewed_by_first

DAY_S = 86_400.0


@pytest.fixture
def first(tmp_path: Path) -> Path:
    data = tmp_path / "first"
    data.mkdir()
    write_node(data, Node("first", zone_address="127.0.0.1", zone_port=7422))
    certificates.make_authority(data, "local", "first", "127.0.0.1")
    return data


@pytest.fixture
def second(first: Path, tmp_path: Path) -> Path:
    data = tmp_path / "second"
    data.mkdir()
    request = certificates.make_request(data, "second")
    made = certificates.issue(first, request, "second", "127.0.0.2")
    tls_paths(data).certificate.write_bytes(made)
    with membership.changed(first) as content:
        key = certificates.pin_of_request(request)
        content.members["second"] = Member("127.0.0.2", 7422, True, 1, key)
    return data


def shown(data: Path) -> bytes:
    return ssl.PEM_cert_to_DER_cert(tls_paths(data).certificate.read_text())


def test_a_node_of_the_zone_gets_a_new_certificate_for_its_key(first: Path, second: Path) -> None:
    request = certificates.make_request(second, "second")
    made = renewed_by_first(first, shown(second), request)
    certificates.check_issued(tls_paths(first).authority.read_bytes(), made)
    before = tls_paths(second).certificate.read_bytes()
    assert made != before
    assert certificates.pin_of_certificate(made) == certificates.pin_of_certificate(before)


def test_a_removed_node_gets_none(first: Path, second: Path) -> None:
    with membership.changed(first) as content:
        content.members["second"].removed_s = 9
    with pytest.raises(OperatorError, match="not any more"):
        renewed_by_first(first, shown(second), certificates.make_request(second, "second"))


def test_another_key_is_not_slipped_in(first: Path, second: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(OperatorError, match="same key"):
        renewed_by_first(first, shown(second), certificates.make_request(other, "second"))


def test_what_another_authority_signed_is_not_taken(first: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    certificates.make_authority(other, "local", "first", "127.0.0.1")
    foreign = tls_paths(other).certificate.read_bytes()
    with pytest.raises(OperatorError, match="no certificate of this zone"):
        certificates.check_issued(tls_paths(first).authority.read_bytes(), foreign)


def test_it_is_renewed_when_a_third_of_its_time_is_left() -> None:
    assert not is_due(0, 365 * DAY_S, 200 * DAY_S)
    assert is_due(0, 365 * DAY_S, 250 * DAY_S)
    assert is_due(0, 365 * DAY_S, 400 * DAY_S)
