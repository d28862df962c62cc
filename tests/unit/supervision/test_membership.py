"""Tokens and who comes in by them; certificates between nodes."""

from __future__ import annotations

import ssl
import stat
from pathlib import Path

import pytest

from folkmoot.cli.token import listed, made, seconds
from folkmoot.data_folder import Node, change_node, load_node, tls_paths, write_node
from folkmoot.engine.certificates import (
    fingerprint,
    issue,
    make_authority,
    make_request,
    pin_of_request,
)
from folkmoot.errors import OperatorError
from folkmoot.servers.manager import membership
from folkmoot.servers.manager.join_server import LET_IN_S_MAX, admission, until_let_in
from folkmoot.servers.manager.membership import JoinRequest, decode_token

NOW_S = 1_800_000_000


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """The data folder of a zone's first node."""
    data = tmp_path / "first"
    data.mkdir()
    credentials = {user: f"{user}-password-0123" for user in ("admin", "collaboration", "service")}
    node = Node(
        "first",
        engine_url="tls://127.0.0.1:7422",
        zone_address="127.0.0.1",
        zone_port=7422,
        engine_credentials=credentials,
        settings={"shards": 2, "front_doors": 1},
    )
    write_node(data, node)
    make_authority(data, "local", "first", "127.0.0.1")
    return data


def request(data: Path, token: str, **changes: object) -> JoinRequest:
    told = decode_token(token)
    asked = make_request(data, "second").decode()
    given = {
        "token": told.id,
        "secret": told.secret,
        "node": "second",
        "request": asked,
        "address": "127.0.0.2",
        "port": 7422,
    }
    return JoinRequest(**(given | changes))  # type: ignore[arg-type]


def judged(data: Path, asked: JoinRequest, now_s: int = NOW_S) -> membership.Member:
    with membership.changed(data) as content:
        return membership.admit(content, asked, now_s)


def test_a_token_says_where_to_join_and_whom_to_trust(first: Path) -> None:
    token = decode_token(made(first, NOW_S, ttl_s=60, engine=False))
    assert (token.zone, token.host, token.port) == ("local", "127.0.0.1", 7424)
    assert token.fingerprint == fingerprint(tls_paths(first).certificate.read_bytes())
    assert (token.expires_s, token.engine) == (NOW_S + 60, False)


def test_the_secret_of_a_token_is_kept_nowhere(first: Path) -> None:
    token = decode_token(made(first, NOW_S, ttl_s=60, engine=False))
    for path in first.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert token.secret not in content
            assert token.secret.hex().encode() not in content
    assert stat.S_IMODE((first / "zone.json").stat().st_mode) == 0o600


def test_a_token_is_used_once_but_its_answer_may_be_lost(first: Path, tmp_path: Path) -> None:
    asked = request(tmp_path, made(first, NOW_S, ttl_s=60, engine=False))
    assert judged(first, asked) == judged(first, asked)
    again = JoinRequest(
        asked.token, asked.secret, "third", asked.request, asked.address, asked.port
    )
    with pytest.raises(OperatorError, match="used already"):
        judged(first, again)


def test_a_node_that_runs_the_command_again_is_let_in_again(first: Path, tmp_path: Path) -> None:
    """It signs another request then, with the key that it made the first time."""
    token = made(first, NOW_S, ttl_s=60, engine=False)
    one, other = request(tmp_path, token), request(tmp_path, token)
    assert one.request != other.request
    assert judged(first, one).key == judged(first, other).key
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with pytest.raises(OperatorError, match="used already"):
        judged(first, request(elsewhere, token))


async def test_who_comes_in_is_answered_once_the_engine_knows_its_key(
    first: Path, tmp_path: Path
) -> None:
    now_s, asked = 0.0, make_request(tmp_path, "second")
    key = pin_of_request(asked)

    async def sleep(seconds: float) -> None:
        nonlocal now_s
        now_s += seconds
        if now_s >= 2.0:
            change_node(first, pins=["another", key])

    await until_let_in(first, asked, clock=lambda: now_s, sleep=sleep)
    assert now_s == 0.0, "an engine without pins lets in whom the authority signed for"
    change_node(first, pins=["another"])
    await until_let_in(first, asked, clock=lambda: now_s, sleep=sleep)
    assert key in load_node(first).pins
    # One that never learns it does not keep who asked waiting for ever.
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    third = make_request(elsewhere, "third")
    await until_let_in(first, third, clock=lambda: now_s, sleep=sleep)
    assert now_s >= LET_IN_S_MAX


def test_an_expired_a_revoked_and_a_wrong_token_are_refused(first: Path, tmp_path: Path) -> None:
    asked = request(tmp_path, made(first, NOW_S, ttl_s=60, engine=False))
    with pytest.raises(OperatorError, match="expired"):
        judged(first, asked, NOW_S + 61)
    wrong = JoinRequest(asked.token, bytes(32), "second", asked.request)
    with pytest.raises(OperatorError, match="does not know"):
        judged(first, wrong)
    with pytest.raises(OperatorError, match="does not know"):
        judged(first, JoinRequest("00000000", asked.secret, "second", asked.request))
    membership.revoke_token(first, asked.token)
    with pytest.raises(OperatorError, match="revoked"):
        judged(first, asked)
    assert membership.read(first).members == {}
    with pytest.raises(OperatorError, match="no token nothing"):
        membership.revoke_token(first, "nothing")


def test_two_nodes_cannot_have_one_name(first: Path, tmp_path: Path) -> None:
    judged(first, request(tmp_path, made(first, NOW_S, ttl_s=60, engine=False)))
    with pytest.raises(OperatorError, match="has a node second already"):
        judged(first, request(tmp_path, made(first, NOW_S, ttl_s=60, engine=False)))
    with pytest.raises(OperatorError, match="letters, digits"):
        judged(first, request(tmp_path, made(first, NOW_S, ttl_s=60, engine=False), node="a b"))


def test_only_a_node_with_an_engine_gets_the_administrators_password(
    first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: float(NOW_S))
    node = Node(
        "first",
        engine_url="tls://127.0.0.1:7422",
        zone_address="127.0.0.1",
        zone_port=7422,
        engine_credentials={"admin": "a", "collaboration": "c", "service": "s"},
        settings={"shards": 2, "front_doors": 1},
    )
    plain = admission(first, node, request(tmp_path, made(first, NOW_S, ttl_s=60, engine=False)))
    assert plain.credentials == {"collaboration": "c", "service": "s"}
    assert plain.settings == {"shards": 2}
    assert plain.engine_servers == ["tls://127.0.0.1:7422"]
    token = made(first, NOW_S, ttl_s=60, engine=True)
    with pytest.raises(OperatorError, match="--zone-address"):
        admission(first, node, request(tmp_path, token, node="third", address=""))
    full = admission(first, node, request(tmp_path, token, node="third"))
    assert "admin" in full.credentials
    assert membership.read(first).members["third"].engine


def test_a_certificate_holds_for_the_zones_nodes_and_nobody_else(
    first: Path, tmp_path: Path
) -> None:
    signed = issue(first, make_request(tmp_path, "anything"), "second", "127.0.0.2")
    (tmp_path / "signed.pem").write_bytes(signed)
    context = ssl.create_default_context(cafile=str(tls_paths(first).authority))
    context.load_cert_chain(tmp_path / "signed.pem", tls_paths(tmp_path).key)
    told = ssl._ssl._test_decode_cert(str(tmp_path / "signed.pem"))  # type: ignore[attr-defined]
    assert told["subjectAltName"] == (("DNS", "second"), ("IP Address", "127.0.0.2"))
    with pytest.raises(OperatorError, match="no request"):
        issue(first, b"nonsense", "second", "")
    keys = [tls_paths(first).authority_key, tls_paths(first).key, tls_paths(tmp_path).key]
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}


def test_certificates_are_kept_until_the_address_changes(first: Path) -> None:
    paths = tls_paths(first)
    before = paths.authority.read_bytes(), paths.certificate.read_bytes()
    make_authority(first, "local", "first", "127.0.0.1")
    assert (paths.authority.read_bytes(), paths.certificate.read_bytes()) == before
    make_authority(first, "local", "first", "127.0.0.3")
    assert paths.authority.read_bytes() == before[0]
    assert paths.certificate.read_bytes() != before[1]


@pytest.mark.parametrize("text", ["", "folkmoot1.", "folkmoot1.AAAA", "x" * 3000, "folkmoot1.é"])
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(OperatorError, match="no join token"):
        decode_token(text)


def test_the_list_tells_what_became_of_tokens(first: Path, tmp_path: Path) -> None:
    assert listed(first, NOW_S) == "There are no tokens."
    used = made(first, NOW_S, ttl_s=60, engine=False)
    judged(first, request(tmp_path, used))
    made(first, NOW_S, ttl_s=600, engine=True)
    made(first, NOW_S, ttl_s=1, engine=False)
    membership.revoke_token(first, decode_token(made(first, NOW_S, ttl_s=900, engine=False)).id)
    shown = listed(first, NOW_S + 2).splitlines()
    assert [line.split("  ", 1)[1] for line in shown] == [
        "plain   expired",
        "plain   used by second",
        "engine  can be used for 9 minutes",
        "plain   revoked",
    ]


def test_a_node_that_lets_nobody_in_prints_no_token(tmp_path: Path) -> None:
    write_node(tmp_path, Node("alone"))
    with pytest.raises(OperatorError, match="--zone-address"):
        made(tmp_path, NOW_S, ttl_s=60, engine=False)
    write_node(tmp_path, Node("second", joined=True))
    with pytest.raises(OperatorError, match="first node"):
        made(tmp_path, NOW_S, ttl_s=60, engine=False)


@pytest.mark.parametrize(
    ("text", "told"), [("90s", 90), ("30m", 1800), ("1h", 3600), ("2d", 172800)]
)
def test_times_are_read(text: str, told: int) -> None:
    assert seconds(text) == told


@pytest.mark.parametrize("text", ["", "1", "0h", "-1h", "1w", "31d", "1h30m"])
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(OperatorError, match="--ttl"):
        seconds(text)
