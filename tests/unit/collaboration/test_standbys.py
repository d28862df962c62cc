"""What those are told who stand by: how far the conference is, and when to look after their own."""

from __future__ import annotations

from folkmoot.conference.state import Session
from folkmoot.protocol.frames import Head, ServerFrame, decode_server
from folkmoot.protocol.position import Position
from folkmoot.servers.collaboration.standby import HEADS_APART_MS, LOOKS_APART_MS, Standbys

OWN, OTHER, THIRD = "one.1", "two.1", "three.1"


class Connection:
    """Keeps what it was sent."""

    def __init__(self) -> None:
        self.frames: list[ServerFrame] = []

    def send(self, data: bytes) -> None:
        self.frames += decode_server(data)

    def close(self, code: int, reason: str = "") -> None:
        pass

    def heads(self) -> list[int]:
        frames, self.frames = self.frames, []
        return [frame.position.sequence for frame in frames if isinstance(frame, Head)]


def session(id_: str, server: str) -> Session:
    return Session(id_, 1, f"person of {id_}", 1, server, True, "proof")


def at(sequence: int) -> Position:
    return Position("e1", sequence)


def waiting() -> tuple[Standbys, Connection, Connection]:
    standbys, ada, ben = Standbys(), Connection(), Connection()
    standbys.add(1, ada, "ada")
    standbys.add(2, ben, "ben")
    standbys.tick(1_000, at(5), [])
    assert (ada.heads(), ben.heads()) == ([5], [5])
    return standbys, ada, ben


def test_who_comes_later_is_told_the_head_at_once() -> None:
    standbys, _, _ = waiting()
    carol = Connection()
    standbys.add(3, carol, "carol")
    assert carol.heads() == [5]


def test_a_head_is_told_again_when_something_happened_that_moves_no_head() -> None:
    standbys, ada, _ = waiting()
    assert not standbys.tick(1_000 + HEADS_APART_MS - 1, at(5), [], look=True)
    assert standbys.tick(1_000 + HEADS_APART_MS, at(5), [], look=True)
    assert ada.heads() == [5]
    assert standbys.tick(1_000 + 2 * HEADS_APART_MS, at(6), [], look=True)
    assert ada.heads() == [5, 6]
    assert not standbys.tick(1_000 + 3 * HEADS_APART_MS, at(6), [])
    assert ada.heads() == []


def test_those_on_a_server_that_the_zone_takes_for_dead_are_told_to_look() -> None:
    standbys, ada, ben = waiting()
    sessions = {"ada": session("ada", OTHER), "ben": session("ben", THIRD)}
    standbys.look_after(2_000, OWN, {OWN, OTHER, THIRD}, sessions)
    assert (ada.heads(), ben.heads()) == ([], [])
    standbys.look_after(2_010, OWN, {OWN, THIRD}, sessions)
    assert (ada.heads(), ben.heads()) == ([5], [])
    standbys.look_after(2_060, OWN, {OWN, THIRD}, sessions)
    assert ada.heads() == []
    standbys.look_after(2_010 + LOOKS_APART_MS, OWN, {OWN, THIRD}, sessions)
    assert ada.heads() == [5]


def test_a_server_that_cannot_see_the_zone_calls_nobody_dead() -> None:
    standbys, ada, ben = waiting()
    standbys.look_after(2_000, OWN, set(), {"ada": session("ada", OTHER)})
    assert (ada.heads(), ben.heads()) == ([], [])
