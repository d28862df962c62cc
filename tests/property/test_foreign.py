"""The log's rules for editors that are not ours, against a dumb model of ids and clocks."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from folkmoot.apps.documents.foreign import FOREIGN_ID_MIN
from folkmoot.apps.editors import EditorLink
from folkmoot.conference.batch import ServiceEntry, encode_body
from folkmoot.conference.machine import canonical
from folkmoot.testing.people import Meeting

IDS = st.sampled_from([1, 7, FOREIGN_ID_MIN, FOREIGN_ID_MIN + 1])
PARTS = st.tuples(IDS, st.integers(0, 6), st.integers(0, 4), st.booleans())
OPERATIONS = st.tuples(st.sampled_from(["a", "b"]), st.lists(PARTS, min_size=1, max_size=3))


def _apart(meeting: Meeting) -> dict[str, Any]:
    """The documents and links of a meeting, as plain values."""
    apps = msgspec.msgpack.decode(canonical(meeting.state))["apps"]
    return {name: apps[name] for name in ("documents", "editors") if name in apps}


@settings(deadline=None, max_examples=100)
@given(st.lists(OPERATIONS, max_size=12))
def test_an_id_has_one_link_and_its_clock_has_no_gap(
    operations: list[tuple[str, list[tuple[int, int, int, bool]]]],
) -> None:
    meeting = Meeting()
    meeting.join("ada", "host")
    for link in ("a", "b"):
        meeting.state.apps["editors"].links[link] = EditorLink("pad", link, True, 1 << 50, "ada", 0)
    owners: dict[int, str] = {}
    clocks: dict[int, int] = {}
    for number, (link, parts) in enumerate(operations):
        before = _apart(meeting)
        wanted, code = dict(clocks), ""
        for client, first, length, _ in parts:
            if client < FOREIGN_ID_MIN or owners.get(client, link) != link:
                code = "document_owner"
            elif first > wanted.get(client, 0):
                code = "document_clock"
            if code:
                break
            wanted[client] = max(wanted.get(client, 0), first + length)
        body = {
            "document": "pad",
            "link": link,
            "parts": [[c, first, first + length, d, b"u"] for c, first, length, d in parts],
        }
        entry = ServiceEntry("x", str(number), "documents", "foreign", encode_body(body))
        applied = meeting.add(entry)
        assert applied.services[str(number)] == code
        if code:
            assert _apart(meeting) == before, "a refusal leaves nothing behind"
            continue
        clocks = wanted
        owners |= {client: link for client, *_ in parts}
    document = meeting.state.apps["documents"].documents["pad"]
    assert {int(c): a.clock for c, a in document.foreign.items()} == clocks
    assert {int(c): a.link for c, a in document.foreign.items()} == owners
    reached: dict[int, int] = {}
    for update in document.updates:
        assert update.from_ <= reached.get(update.number, 0)
        reached[update.number] = max(reached.get(update.number, 0), update.to)
