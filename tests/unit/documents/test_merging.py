"""Merging in this very process: jobs that kill nobody."""

from __future__ import annotations

from typing import Any

import pycrdt
import pytest

from folkmoot.apps.yjs_update import parse_update
from folkmoot.servers.documents.halves import parts_a_character
from folkmoot.servers.documents.job import Bad, CompactionJob, Failed, JobUpdate, Merged, Stuck
from folkmoot.servers.documents.merging import merge

# Written by Yjs 13.6 as client 1: "a😀b", then "X" between the halves of the emoji, then "Z".
HALVED = [
    (0, 4, "01010100040104746578740661f09f98806200"),
    (4, 5, "01010104c401010102015800"),
    (5, 6, "01010105840103015a00"),
]
# Deletes the first half of the emoji alone.
HALF_DELETED = "000101010101"


def typed(number: int, *texts: str) -> list[JobUpdate]:
    """One author's updates, each typing at the end."""
    doc: pycrdt.Doc[Any] = pycrdt.Doc(client_id=number)
    text = doc.get("text", type=pycrdt.Text)
    sent: list[bytes] = []
    subscription = doc.observe(lambda event: sent.append(event.update))
    updates: list[JobUpdate] = []
    clock = 0
    for typed_ in texts:
        text += typed_
        end = clock + len(typed_.encode("utf-16-le")) // 2
        updates.append(JobUpdate(10 * len(updates) + number, 0, number, clock, end, sent.pop()))
        clock = end
    doc.unobserve(subscription)
    return updates


def raw(sequence: int, number: int, from_: int, to: int, data: str) -> JobUpdate:
    return JobUpdate(sequence, 0, number, from_, to, bytes.fromhex(data))


def text_of(update: bytes) -> str:
    doc: pycrdt.Doc[Any] = pycrdt.Doc()
    doc.apply_update(update)
    return str(doc.get("text", type=pycrdt.Text))


def test_updates_become_one_that_says_the_same() -> None:
    updates = typed(1, "Hello", ", ", "world") + typed(2, "!", "?")
    result = merge(CompactionJob(None, updates))
    assert isinstance(result, Merged)
    assert not result.plain
    assert text_of(result.update) == text_of(pycrdt.merge_updates(*(u.update for u in updates)))
    assert len(result.update) < sum(len(u.update) for u in updates)


def test_merging_in_steps_is_merging_at_once() -> None:
    updates = typed(1, *"some longer text")
    first = merge(CompactionJob(None, updates[:7]))
    assert isinstance(first, Merged)
    second = merge(CompactionJob(first.update, updates[7:]))
    assert isinstance(second, Merged)
    assert second.update == merge(CompactionJob(None, updates)).update  # type: ignore[union-attr]


def test_deleted_text_is_gone_from_the_result() -> None:
    doc: pycrdt.Doc[Any] = pycrdt.Doc(client_id=1)
    text = doc.get("text", type=pycrdt.Text)
    text += "a secret "
    first = doc.get_update()
    state = doc.get_state()
    del text[0:9]
    updates = [
        JobUpdate(1, 0, 1, 0, 9, first),
        JobUpdate(2, 0, 1, 9, 9, doc.get_update(state)),
    ]
    result = merge(CompactionJob(None, updates))
    assert isinstance(result, Merged)
    assert b"secret" not in result.update


def test_nothing_at_all_can_be_merged() -> None:
    result = merge(CompactionJob(None, []))
    assert isinstance(result, Merged)
    assert result.update == b"\0\0"


@pytest.mark.parametrize(
    ("forged", "code"),
    [
        (raw(9, 3, 0, 1, "0101040004010174016100"), "document_owner"),
        (raw(9, 3, 0, 2, "0101030004010174016100"), "document_clock"),
        (raw(9, 3, 0, 1, "01010300040101740161"), "document_invalid"),
        (raw(9, 3, 0, 1, "01010300080101740175757575"), "document_invalid"),
    ],
)
def test_what_the_door_would_refuse_is_named(forged: JobUpdate, code: str) -> None:
    updates = [*typed(1, "a", "b"), forged, *typed(2, "c")]
    result = merge(CompactionJob(None, updates))
    assert isinstance(result, Bad)
    assert result.position == 2
    assert code in result.reason


def test_an_update_whose_predecessor_is_missing_is_stuck() -> None:
    updates = typed(1, "a", "b", "c")
    assert merge(CompactionJob(None, [updates[0], updates[2], *typed(2, "x")])) == Stuck([1])


def test_a_deletion_of_what_is_not_there_is_stuck() -> None:
    future = raw(9, 2, 0, 0, "00010101640a")
    assert merge(CompactionJob(None, [*typed(1, "abc"), future])) == Stuck([1])


def test_a_broken_base_is_told() -> None:
    result = merge(CompactionJob(b"\x01\x02", typed(1, "a")))
    assert isinstance(result, Failed)
    assert "last compaction" in result.reason


def test_nesting_that_grew_over_many_updates_is_measured() -> None:
    updates = [raw(1, 1, 0, 1, "01010100" + "0701017400" + "00")]
    for level in range(1, 100):
        parent = f"{level - 1:02x}"
        updates.append(raw(1 + level, 1, level, level + 1, f"010101{level:02x}070001{parent}0000"))
    assert isinstance(merge(CompactionJob(None, updates[:64])), Merged)
    result = merge(CompactionJob(None, updates))
    assert isinstance(result, Failed)
    assert "nested too deep" in result.reason


# Halves of characters -----------------------------------------------------------------------------


def halved() -> list[JobUpdate]:
    return [raw(n, 1, from_, to, data) for n, (from_, to, data) in enumerate(HALVED, 1)]


def test_yrs_alone_would_write_another_document_than_yjs_has() -> None:
    """Why halves.py exists; once Yrs does better, this fails and the file can go."""
    doc: pycrdt.Doc[Any] = pycrdt.Doc()
    for update in halved():
        doc.apply_update(update.update)
    lengths = parse_update(doc.get_update(), merged=True).clients[0]
    assert bytes.fromhex("efbfbd") not in doc.get_update()
    assert lengths.end == 6


def test_a_document_with_a_halved_character_is_merged_struct_by_struct() -> None:
    updates = halved()
    result = merge(CompactionJob(None, updates))
    assert isinstance(result, Merged)
    assert result.plain
    assert result.update == pycrdt.merge_updates(*(u.update for u in updates))
    again = merge(CompactionJob(result.update, typed(2, "more")))
    assert isinstance(again, Merged)
    assert again.plain


def test_a_wrong_result_of_yrs_is_blamed_on_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("folkmoot.servers.documents.merging.parts_a_character", lambda _: False)
    updates = [
        raw(1, 1, 0, 3, "01010100040104746578740561f09f988000"),
        raw(2, 1, 3, 4, "01010103c401010102015800"),
    ]
    result = merge(CompactionJob(None, updates))
    assert isinstance(result, Merged)
    assert result.plain


@pytest.mark.parametrize(
    ("parts", "halves"),
    [
        (HALVED[:1], False),
        (HALVED[:2], True),
        ([HALVED[0], (4, 4, HALF_DELETED)], True),
        ([HALVED[0], (4, 4, "000101010102")], False),
        ([HALVED[0], (4, 5, "010101048401020158" + "00")], False),
        ([HALVED[0], (4, 5, "010101044401010158" + "00")], False),
        ([HALVED[0], (4, 5, "010101044401020158" + "00")], True),
    ],
)
def test_only_edits_between_the_halves_count(
    parts: list[tuple[int, int, str]], halves: bool
) -> None:
    assert parts_a_character([bytes.fromhex(data) for _, _, data in parts]) is halves


def test_emoji_that_stay_whole_are_merged_as_ever() -> None:
    result = merge(CompactionJob(None, typed(1, "a😀b", "😀😀", "x")))
    assert isinstance(result, Merged)
    assert not result.plain
    assert text_of(result.update) == "a😀b😀😀x"
