"""The zone's table and the heads that go with heartbeats."""

from __future__ import annotations

import msgspec

from folkmoot.zone import heads, upkeep
from folkmoot.zone.clock import agreed_offset_ms
from folkmoot.zone.heads import HeadsOutbox
from folkmoot.zone.table import Heartbeat, Table


def table() -> Table:
    return Table("web-1.me", suspect_after_ms=1_000, drop_after_ms=30_000)


def beat(
    id: str,
    incarnation: str = "a",
    *,
    state: str = "ready",
    connections: int = 0,
    role: str = "collaboration",
    node: str = "node",
    url: str = "",
    qos: int = -1,
    draining: bool = False,
    level: int = 1,
    zone_level: int = 1,
) -> Heartbeat:
    return Heartbeat(
        id,
        role,
        node,
        incarnation,
        7,
        state,
        connections=connections,
        url=url,
        qos=qos,
        draining=draining,
        level=level,
        zone_level=zone_level,
    )


ME = beat("web-1", "me", role="web")


def live(made: Table, now_ms: int, *beats: Heartbeat) -> None:
    made.hear(now_ms, ME)
    for one in beats:
        made.hear(now_ms, one)
    made.tick(now_ms)


def test_a_process_is_alive_from_its_first_heartbeat() -> None:
    made = table()
    assert made.hear(0, ME)
    assert made.hear(1, beat("collaboration-1"))
    assert not made.hear(2, beat("collaboration-1"))
    assert made.alive("collaboration-1.a")
    assert not made.alive("collaboration-1.b")
    assert not made.alive("nobody.a")
    assert not made.alive("")
    assert [entry.id for entry in made.processes()] == ["collaboration-1", "web-1"]
    assert [entry.server for entry in made.processes("web")] == ["web-1.me"]


def test_one_that_is_silent_is_suspect_and_later_dropped() -> None:
    made = table()
    live(made, 0, beat("collaboration-1"))
    for now_ms in range(250, 1_001, 250):
        made.hear(now_ms, ME)
        assert not made.tick(now_ms)
    made.hear(1_250, ME)
    assert made.tick(1_250)
    assert not made.alive("collaboration-1.a")
    assert made.processes("collaboration")[0].suspect
    assert made.hear(1_300, beat("collaboration-1"))
    assert made.alive("collaboration-1.a")
    for now_ms in range(1_500, 31_600, 250):
        made.hear(now_ms, ME)
        made.tick(now_ms)
    assert made.processes("collaboration") == []


def test_while_we_hear_not_even_ourselves_silence_means_nothing() -> None:
    made = table()
    live(made, 0, beat("collaboration-1"))
    assert not made.deaf
    for now_ms in range(250, 120_000, 250):
        assert not made.tick(now_ms)
    assert made.deaf
    assert made.alive("collaboration-1.a")
    # The engine is back: everybody has the time anew to be heard.
    made.hear(120_000, ME)
    assert not made.tick(120_000)
    made.hear(120_900, ME)
    assert not made.tick(120_900)
    made.hear(121_250, ME)
    assert made.tick(121_250)
    assert not made.alive("collaboration-1.a")


def test_a_reported_death_counts_at_once_and_late_heartbeats_do_not_revive() -> None:
    made = table()
    live(made, 0, beat("collaboration-1", "a"))
    assert made.gone(10, "collaboration-1", "a")
    assert not made.gone(10, "collaboration-1", "a")
    assert not made.hear(11, beat("collaboration-1", "a"))
    assert not made.alive("collaboration-1.a")
    assert made.hear(12, beat("collaboration-1", "b"))
    # A death that is told late does not hit the successor.
    assert not made.gone(13, "collaboration-1", "a")
    assert made.alive("collaboration-1.b")


def test_servers_are_ranked_ready_and_sure_ones_with_fewest_connections_first() -> None:
    made = table()
    live(
        made,
        0,
        beat("collaboration-1", connections=9),
        beat("collaboration-2", connections=3),
        beat("collaboration-3", state="starting"),
        beat("collaboration-4"),
        beat("front-1", role="front"),
    )
    late = (beat("collaboration-1", connections=9), beat("collaboration-2", connections=3))
    for now_ms in range(250, 1_501, 250):
        live(made, now_ms, *late)
    assert made.ranked_servers("", "node") == [
        "/s/collaboration-2",
        "/s/collaboration-1",
        "/s/collaboration-4",
    ]


def test_two_nodes_may_have_processes_of_the_same_id() -> None:
    made = table()
    live(made, 0, beat("collaboration-1", "a"), beat("collaboration-1", "b", node="other"))
    assert made.alive("collaboration-1.a") and made.alive("collaboration-1.b")
    assert [entry.node for entry in made.processes("collaboration")] == ["node", "other"]
    assert made.gone(1, "collaboration-1", "b")
    assert made.alive("collaboration-1.a") and not made.alive("collaboration-1.b")
    assert [entry.node for entry in made.processes("collaboration")] == ["node"]
    # A successor takes the place of the one before on the same node only.
    made.hear(2, beat("collaboration-1", "c"))
    assert made.alive("collaboration-1.c") and not made.alive("collaboration-1.a")


def test_servers_of_other_nodes_are_named_by_their_whole_address() -> None:
    made = table()
    live(
        made,
        0,
        beat("collaboration-1"),
        beat("collaboration-1", "b", node="other", url="http://10.0.0.2:8080", connections=5),
        beat("collaboration-1", "c", node="unreachable"),
    )
    assert made.ranked_servers("", "node") == [
        "/s/collaboration-1",
        "http://10.0.0.2:8080/s/collaboration-1",
    ]


def test_who_starts_to_drain_is_a_change_and_comes_last() -> None:
    made = table()
    live(made, 0, beat("collaboration-1"), beat("collaboration-2", connections=9))
    assert made.hear(1, beat("collaboration-1", draining=True, qos=0))
    assert made.ranked_servers("", "node") == ["/s/collaboration-2", "/s/collaboration-1"]


def test_a_ranking_follows_every_change_that_it_stands_on() -> None:
    made = table()
    both = [beat(f"collaboration-{number}") for number in (1, 2)]
    live(made, 0, *both)
    first, second = made.ranked_servers("room", "node")
    id = first.rpartition("/")[2]
    changes = [
        beat(id, qos=3),
        beat(id, qos=80),
        beat(id, state="stopping"),
        beat(id, "b"),
        beat(id, "b", draining=True),
        beat(id, "b"),
    ]
    expected = [
        [second],
        [first, second],
        [second],
        [first, second],
        [second, first],
        [first, second],
    ]
    for change, ranking in zip(changes, expected, strict=True):
        made.hear(1, change)
        assert made.ranked_servers("room", "node") == ranking
    made.gone(2, id, "b")
    assert made.ranked_servers("room", "node") == [second]


def test_heads_are_told_at_once_and_again_after_one_five_and_thirty_seconds() -> None:
    outbox = HeadsOutbox()
    head = ("room", "e", 5, "d5")
    outbox.add(0, [head])
    told = [now_ms for now_ms in range(0, 60_000, 250) if outbox.take(now_ms)]
    assert told == [0, 1_000, 5_000, 30_000]


def test_a_newer_head_takes_the_place_of_the_older() -> None:
    outbox = HeadsOutbox()
    outbox.add(0, [("room", "e", 5, "d5"), ("other", "e", 1, "d1")])
    outbox.add(10, [("room", "e", 6, "d6")])
    assert outbox.take(10) == [("other", "e", 1, "d1"), ("room", "e", 6, "d6")]
    outbox.add(20, [("room", "e", 7, "d7")])
    assert outbox.take(20) == [("room", "e", 7, "d7")]


def test_heads_are_bounded_per_heartbeat_and_in_all() -> None:
    outbox = HeadsOutbox()
    count = heads.CONFERENCES_MAX + 10
    outbox.add(0, [(f"room-{number}", "e", 1, "d") for number in range(count)])
    first = outbox.take(0)
    assert len(first) == heads.HEADS_PER_HEARTBEAT_MAX
    # The oldest were forgotten, the others follow with the next heartbeats.
    assert first[0][0] == "room-10"
    rest = [head for _ in range(20) for head in outbox.take(0)]
    assert len(first) + len(rest) == heads.CONFERENCES_MAX


def test_servers_that_do_not_know_the_zones_level_come_last() -> None:
    made = table()
    new = beat("collaboration-1", level=3)
    old = beat("collaboration-2", level=2)
    live(made, 0, new, old)
    before = [made.ranked_servers(f"c{number}", "node")[0] for number in range(20)]
    assert set(before) == {"/s/collaboration-1", "/s/collaboration-2"}
    live(made, 1, beat("collaboration-1", level=3, zone_level=3), old)
    after = [made.ranked_servers(f"c{number}", "node") for number in range(20)]
    assert all(ranked == ["/s/collaboration-1", "/s/collaboration-2"] for ranked in after)


def test_a_node_that_went_without_a_word_stays_in_the_table() -> None:
    """One whose process manager said goodbye does not."""
    made = table()
    lost = beat("process-manager", role="process-manager", node="lost")
    ended = beat("process-manager", role="process-manager", node="ended", state="stopping")
    live(made, 0, lost, ended, beat("collaboration-1", node="lost"))
    for now_ms in range(250, 60_000, 250):
        live(made, now_ms)
    assert [(e.node, e.suspect) for e in made.processes("process-manager")] == [("lost", True)]
    assert made.processes("collaboration") == []
    live(made, 60_000, beat("process-manager", "b", role="process-manager", node="lost"))
    assert [e.suspect for e in made.processes("process-manager")] == [False]


def test_one_wrong_clock_of_three_does_not_move_the_zone_s_time() -> None:
    zone = table()
    assert zone.wall_ms(1_000, own_ms=77) == 77, "nobody is heard: by our own clock"
    day_ms = 86_400_000
    for node, wall_ms in (("a", day_ms), ("b", day_ms + 30), ("c", day_ms + 3_600_000)):
        told = msgspec.structs.replace(beat(f"process-manager-{node}", node=node), wall_ms=wall_ms)
        zone.hear(1_000, told)
    zone.hear(1_000, beat("web-1", "me"))  # it tells no time
    assert zone.wall_ms(1_200, own_ms=77) == day_ms + 30 + 200
    wrong = beat("process-manager-b", node="b")
    zone.hear(1_300, msgspec.structs.replace(wrong, wall_ms=day_ms - 3_600_000))
    assert zone.wall_ms(1_300, own_ms=77) == day_ms + 300


def test_of_two_clocks_both_machines_take_the_earlier_one() -> None:
    assert agreed_offset_ms([500, 9_000]) == agreed_offset_ms([9_000, 500]) == 500
    assert agreed_offset_ms([-40]) == -40
    assert agreed_offset_ms([]) is None


def test_a_clock_that_is_far_from_the_others_is_told_to_the_operator() -> None:
    assert upkeep.warnings(-1, -1, -1, clock_off_s=10) == []
    for off_s in (11, -3_600):
        assert upkeep.warnings(-1, -1, -1, clock_off_s=off_s) == [upkeep.CLOCK_OFF]
