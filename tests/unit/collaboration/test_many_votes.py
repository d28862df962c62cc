"""A poll of many people costs each of them a few frames, not one for each vote."""

from __future__ import annotations

from folkmoot.testing.meetings import Meeting

VOTERS = 300


def test_three_hundred_votes_within_a_second_are_two_counts_for_everyone() -> None:
    room = Meeting({"ada": "host", **{f"p{n}": "participant" for n in range(VOTERS)}})
    room.do("ada", "polls", "create", kind="yesno", title="Agreed?", live=True)
    poll = room.newest("ada", "polls", "poll")
    room.do("ada", "polls", "start", poll=poll)
    for frames in room.frames.values():
        frames.clear()
    for n in range(VOTERS):
        room.do(f"p{n}", "polls", "vote", poll=poll, choices=[n % 3])
        if n == VOTERS // 2:
            room.run_timers("polls/tally")
    room.run_timers("polls/tally")
    assert len(room.frames["ada"]) == 2
    assert {len(room.frames[f"p{n}"]) for n in range(VOTERS)} == {3}, "and one's own vote"
    assert room.views["ada"].polls["polls"][0]["counts"] == [VOTERS // 3] * 3
