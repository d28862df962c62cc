"""What removing and replacing a node plan, and what they refuse."""

from __future__ import annotations

import pytest

from folkmoot.data_folder import Node
from folkmoot.engine import peers
from folkmoot.errors import OperatorError
from folkmoot.servers.manager import directory
from folkmoot.servers.manager.directory import Listed, Place, Trust
from folkmoot.servers.manager.membership import Member
from folkmoot.servers.manager.replacing import Replacement, plan

ENGINES = ["10.0.0.1:7422", "10.0.0.2:7422", "10.0.0.3:7422"]
PASSWORD = "admin-password-0123"


def member(number: int, *, engine: bool = True, removed_s: int = 0) -> Member:
    address = f"10.0.0.{number}" if engine else ""
    return Member(address, 7422, engine, 1, key=f"k{number}", removed_s=removed_s)


def known(first: str = "one", **members: Member) -> Trust:
    given = members or {"two": member(2), "three": member(3)}
    listed = Listed(4, first, {first: Place(ENGINES[0], True)})
    return Trust(listed, given, member(1), ["k1", "k2"], "a key")


def node(name: str = "one", cluster: list[str] | None = None, *, joined: bool = False) -> Node:
    return Node(name, cluster=ENGINES if cluster is None else cluster, joined=joined)


def planned(
    gone: str,
    by: str = "",
    *,
    fill: bool = False,
    trust: Trust | None = None,
    me: Node | None = None,
) -> Replacement:
    return plan(me or node(), trust or known(), gone, by, fill=fill)


def test_an_engine_node_is_removed_from_those_that_stay() -> None:
    made = planned("three")
    assert (made.step, made.gone, made.by, made.others) == ("planned", "three", "", ["two"])
    assert made.addresses == ENGINES[:2]


def test_the_machine_that_waits_takes_the_place() -> None:
    trust = known(two=member(2), three=member(3), four=member(4), web=member(5, engine=False))
    made = planned("three", fill=True, trust=trust)
    assert (made.by, made.others) == ("four", ["two"])
    assert made.addresses == [*ENGINES[:2], "10.0.0.4:7422"]


def test_a_place_that_was_left_is_taken_later() -> None:
    trust = known(two=member(2), three=member(3, removed_s=9), four=member(4))
    made = planned("three", fill=True, trust=trust, me=node(cluster=ENGINES[:2]))
    assert (made.by, made.others, len(made.addresses)) == ("four", ["two"], 3)


def test_a_node_without_an_engine_is_only_forgotten() -> None:
    made = planned("web", trust=known(web=member(5, engine=False)))
    assert (made.others, made.by) == ([], "")


def test_another_engine_node_takes_out_the_first_one() -> None:
    made = planned("one", me=node("two", joined=True))
    assert (made.gone, made.others, made.addresses) == ("one", ["three"], ENGINES[1:])


@pytest.mark.parametrize(
    ("gone", "by", "fill", "sentence"),
    [
        ("one", "", False, "is this node itself"),
        ("nobody", "", False, "it has one, three, two"),
        ("three", "", True, "No machine waits"),
        ("three", "two", True, "does not wait"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    gone: str, by: str, fill: bool, sentence: str
) -> None:
    with pytest.raises(OperatorError, match=sentence):
        planned(gone, by, fill=fill)


def test_only_the_first_node_takes_out_others() -> None:
    with pytest.raises(OperatorError, match="done on the zone's first node, one"):
        planned("three", me=node("two", joined=True))


def test_the_last_but_one_engine_is_not_taken_out() -> None:
    trust = known(two=member(2))
    with pytest.raises(OperatorError, match="cannot decide alone"):
        planned("two", trust=trust, me=node(cluster=ENGINES[:2]))


def test_where_several_machines_wait_one_is_named() -> None:
    trust = known(two=member(2), three=member(3), four=member(4), five=member(5))
    with pytest.raises(OperatorError, match="Several machines wait: five, four"):
        planned("three", fill=True, trust=trust)
    assert planned("three", "five", fill=True, trust=trust).by == "five"


def test_who_kept_no_data_has_no_place_to_take() -> None:
    trust = known(two=member(2), three=member(3), web=member(5, engine=False), four=member(4))
    with pytest.raises(OperatorError, match="kept no copy"):
        planned("web", fill=True, trust=trust)


def stream(leader: str, **replicas: dict[str, object]) -> dict[str, object]:
    copies = [{"name": name, **told} for name, told in replicas.items()]
    return {"cluster": {"leader": leader, "replicas": copies}}


def test_a_stream_is_in_danger_unless_the_others_are_whole() -> None:
    whole, behind = {"current": True}, {"current": False, "lag": 7}
    assert peers.lacking(stream("a", b=whole, c=behind), "c") == ""
    assert "copy on b" in peers.lacking(stream("a", b=behind, c=whole), "c")
    assert "no leader" in peers.lacking(stream("", b=whole, c=whole), "c")
    assert "alive" in peers.lacking(stream("c", a=whole, b=whole), "c")
    assert "one copy only" in peers.lacking(stream("a", c=behind), "c")


def test_how_far_the_new_copies_are() -> None:
    whole, behind = {"current": True}, {"current": False, "lag": 7}
    infos = [stream("a", b=whole, c=behind), stream("b", a=whole, c=whole), stream("a", b=whole)]
    assert peers.progress(infos, 3) == peers.Progress(streams=3, whole=1, lag=7)


def test_only_who_knows_the_administrators_password_opens_the_seal() -> None:
    trust = known()
    value = directory.seal(trust, PASSWORD)
    assert directory.opened(value, PASSWORD) == trust
    assert directory.listed_of(value) == trust.listed
    with pytest.raises(directory.Unreadable):
        directory.opened(value, "another-password")
    with pytest.raises(directory.Unreadable):
        directory.opened(value[:-1] + bytes([value[-1] ^ 1]), PASSWORD)
    with pytest.raises(directory.Unreadable):
        directory.listed_of(b"\xc1")


def test_a_node_follows_only_a_newer_list_that_has_it() -> None:
    me = Node("two", joined=True, engine_url="tls://10.0.0.2:7422", directory=4)
    nodes = {name: Place(f"10.0.0.{n}:7422", True) for n, name in enumerate(("one", "two"), 1)}
    newer = Listed(5, "one", nodes)
    assert directory.changes_by(newer, ["k"], me) == {
        "directory": 5,
        "engine_servers": ["tls://10.0.0.1:7422"],
        "pins": ["k"],
    }
    assert directory.changes_by(Listed(4, "one", nodes), ["k"], me) == {}
    assert directory.changes_by(Listed(5, "one", {}), ["k"], me) == {}
