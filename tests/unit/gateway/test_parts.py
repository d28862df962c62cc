"""Updates taken apart and put together again say the same to a Yjs library."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Doc, Map, Text

from folkmoot.apps.lib0 import Reader, UpdateInvalid, number, sized
from folkmoot.apps.yjs_parts import (
    NOTHING,
    Joiner,
    TooLarge,
    one_update,
    read_vector,
    take_apart,
    whole_piece,
    write_vector,
)
from folkmoot.apps.yjs_ranges import Ranges
from folkmoot.apps.yjs_update import parse_update

FIRST = 1 << 20


def doc(client: int) -> tuple[Doc[Any], Text, list[bytes]]:
    made: Doc[Any] = Doc(client_id=client)
    text = made.get("text", type=Text)
    updates: list[bytes] = []
    made.observe(lambda event: updates.append(event.update))
    return made, text, updates


def text_of(*updates: bytes) -> str:
    made: Doc[Any] = Doc()
    for update in updates:
        made.apply_update(update)
    return str(made.get("text", type=Text))


@given(st.integers(0, (1 << 53) - 1))
def test_a_number_is_read_as_it_was_written(value: int) -> None:
    reader = Reader(number(value))
    assert reader.number() == value and reader.at == len(reader.data)


@given(st.binary(max_size=300))
def test_bytes_are_read_as_they_were_written(data: bytes) -> None:
    assert Reader(sized(data)).block() == data


@given(st.dictionaries(st.integers(0, 1 << 50), st.integers(0, 1 << 30), max_size=20))
def test_a_state_vector_is_read_as_it_was_written(vector: dict[int, int]) -> None:
    assert read_vector(write_vector(vector), 100) == vector


def test_a_state_vector_of_a_library_is_read() -> None:
    made, text, _ = doc(FIRST)
    text += "abc"
    assert read_vector(made.get_state(), 100) == {FIRST: 3}


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 40), st.integers(0, 10))))
def test_ranges_hold_what_a_set_of_clocks_would(added: list[tuple[int, int, int]]) -> None:
    ranges, clocks = Ranges(), set()
    for client, first, length in added:
        lacking = {(client, c) for a, b in ranges.lacking(client, first, first + length)
                   for c in range(a, b)}  # fmt: skip
        new = {(client, c) for c in range(first, first + length)}
        assert lacking == new - clocks
        ranges.add(client, first, first + length)
        clocks |= new
    held = list(ranges)
    assert {(client, c) for client, a, b in held for c in range(a, b)} == clocks
    assert len(held) == ranges.count and all(a < b for _, a, b in held)
    apart = sorted(held)
    assert all(x[0] != y[0] or x[2] < y[1] for x, y in pairwise(apart))


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 1 << 32))
def test_edits_of_several_authors_come_apart_and_together_again(seed: int) -> None:
    chance = random.Random(seed)
    authors = [doc(FIRST + i) for i in range(3)]
    log: list[tuple[int, bytes]] = []
    for _ in range(30):
        made, text, updates = chance.choice(authors)
        for _, update in log:
            made.apply_update(update)
        updates.clear()
        at = chance.randrange(len(text) + 1)
        if len(text) and chance.random() < 0.3:
            del text[min(at, len(text) - 1)]
        else:
            text.insert(at, chance.choice(("a", "b", "word ")))
        log += [(made.client_id, update) for update in updates]
    whole: Doc[Any] = Doc()
    joiner = Joiner()
    for _, update in log:
        whole.apply_update(update)
        piece, deletes = whole_piece(update)
        if piece is not None:
            joiner.add(piece)
        for range_ in deletes:
            joiner.deletes.add(*range_)
    told = str(whole.get("text", type=Text))
    joined = joiner.updates()
    assert len(joined) <= 1
    assert text_of(*joined) == told
    taken = take_apart(whole.get_update())
    parts = [one_update(section.pieces(section.first)) for section in taken.sections]
    ranges = Ranges(taken.deletes)
    chance.shuffle(parts)
    assert text_of(*parts, one_update([], ranges.encoded())) == told


def test_what_is_known_is_left_out_but_for_the_struct_that_spans_it() -> None:
    made, text, _ = doc(FIRST)
    text += "hello "
    text += "world"
    del text[2]
    taken = take_apart(made.get_update())
    (section,) = taken.sections
    (piece,) = section.pieces(7)
    assert piece.first <= 7 < piece.end == 11
    before = made.get_state()
    text += "!"
    (section,) = take_apart(made.get_update(before)).sections
    (piece,) = section.pieces(11)
    assert (piece.first, piece.end) == (11, 12)


@pytest.mark.parametrize("character", ["x", "é", "🌾"])
def test_a_long_text_is_parted_as_the_library_parts_it(character: str) -> None:
    _, text, updates = doc(FIRST)
    text += "start and end"
    before = list(updates)
    text.insert(6, character * 300_000)
    (section,) = take_apart(updates[-1]).sections
    pieces = section.pieces(section.first)
    assert len(pieces) > 5
    assert all(a.end == b.first for a, b in pairwise(pieces))
    parts = [one_update([piece]) for piece in pieces]
    assert max(map(len, parts)) < 64 * 1024
    for part in parts:
        parse_update(part)
    assert text_of(*before, *parts) == str(text)


def test_a_large_thing_that_is_no_text_is_too_large() -> None:
    made: Doc[Any] = Doc(client_id=FIRST)
    kept = made.get("map", type=Map)
    kept["picture"] = b"x" * 200_000
    (section,) = take_apart(made.get_update()).sections
    with pytest.raises(TooLarge):
        section.pieces(0)


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_whatever_comes_is_taken_apart_or_refused(data: bytes) -> None:
    try:
        taken = take_apart(data)
    except UpdateInvalid:
        return
    for section in taken.sections:
        one_update(section.pieces(section.first))


def test_nothing_is_an_update() -> None:
    assert take_apart(NOTHING).sections == ()
