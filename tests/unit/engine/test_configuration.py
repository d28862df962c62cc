from __future__ import annotations

import pytest

from folkmoot.engine.configuration import (
    PUBLISH_ALLOWED,
    USERS,
    EngineConfiguration,
    render,
    store_bytes_max_of,
    user_of_role,
)
from folkmoot.errors import InvariantViolated, OperatorError


def rendered(**changes) -> str:
    given = {
        "name": "n1",
        "port": 4222,
        "monitor_port": 8222,
        "store_folder": "/tmp/a folder/store",
        "store_bytes_max": 1 << 30,
        "credentials": {user: f"{user}-0123456789abcdef" for user in USERS},
    }
    return render(EngineConfiguration(**(given | changes)))


def test_every_acknowledged_message_is_on_disk():
    assert "  sync_interval: always" in rendered().splitlines()


def test_the_engine_listens_on_loopback_only():
    text = rendered()
    assert 'listen: "127.0.0.1:4222"' in text
    assert 'http: "127.0.0.1:8222"' in text
    assert "0.0.0.0" not in text
    assert "cluster" not in text


def test_what_the_engine_takes_is_bounded():
    lines = rendered().splitlines()
    assert "max_payload: 1048576" in lines
    assert "  max_mem: 67108864" in lines
    assert f"  max_file: {1 << 30}" in lines
    assert 'write_deadline: "5s"' in lines


def test_every_user_is_denied_the_republished_subjects():
    users = [line for line in rendered().splitlines() if "{ user:" in line]
    assert len(users) == len(USERS)
    assert all('deny: ["log.>"]' in line for line in users)
    assert "conf.>" in PUBLISH_ALLOWED["collaboration"]
    assert "conf.>" not in PUBLISH_ALLOWED["service"]


def test_a_folder_with_blanks_and_quotes_stays_one_word():
    assert 'store_dir: "/tmp/a folder/store"' in rendered()
    assert 'store_dir: "/tmp/\\"q\\"/ü"' in rendered(store_folder='/tmp/"q"/ü')


@pytest.mark.parametrize(
    "password", ["", "short", "with blank 0123456789", 'quote"0123456789abcdef']
)
def test_a_password_that_could_break_the_file_is_refused(password):
    credentials = dict.fromkeys(USERS, "0123456789abcdef") | {"admin": password}
    with pytest.raises(OperatorError, match="password of admin"):
        rendered(credentials=credentials)


@pytest.mark.parametrize(
    ("free", "used", "expected"),
    [(100 << 30, 0, 75 << 30), (0, 100 << 30, 75 << 30), (0, 0, 16 << 20)],
)
def test_the_store_stays_below_the_free_space(free, used, expected):
    assert store_bytes_max_of(free, used) == expected


@pytest.mark.parametrize(
    ("role", "user"),
    [
        ("process-manager", "admin"),
        ("collaboration", "collaboration"),
        ("documents", "collaboration"),
        ("web", "service"),
        ("meeting-manager", "service"),
    ],
)
def test_each_role_has_the_least_user_that_it_needs(role, user):
    assert user_of_role(role) == user


def test_other_nodes_reach_it_only_with_certificates():
    with pytest.raises(InvariantViolated, match="loopback only"):
        rendered(address="10.0.0.1")
    text = rendered(address="10.0.0.1", tls_folder="/data/tls")
    assert 'listen: "10.0.0.1:4222"' in text
    assert 'http: "127.0.0.1:8222"' in text
    assert "  verify: true" in text
    assert "  handshake_first: true" in text
    assert "cluster" not in text


def test_engines_of_a_cluster_know_each_other_by_mutual_tls():
    cluster = ("10.0.0.1:4222", "10.0.0.2:4222", "[fd00::3]:4222")
    text = rendered(address="10.0.0.1", tls_folder="/data/tls", cluster=cluster)
    assert 'listen: "10.0.0.1:4223"' in text
    assert "tls://10.0.0.2:4223" in text
    assert "tls://[fd00::3]:4223" in text
    assert text.count("verify: true") == 2
    assert text.count("handshake_first") == 1
    # A route that is dead without a word is found by the engines' own pings.
    assert '  ping_interval: "1s"\n  ping_max: 3' in text
    with pytest.raises(InvariantViolated, match="have certificates"):
        rendered(cluster=cluster)


def test_a_fenced_engine_takes_writes_of_nobody():
    lines = [line for line in rendered(fenced=True).splitlines() if "{ user:" in line]
    assert ["conf.>" in line.split("deny: ")[1] for line in lines] == [True, True, True]
