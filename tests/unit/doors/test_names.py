"""Names of people and rooms: what is kept, what is taken away, what is refused."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.protocol.limits import NAME_CHARACTERS_MAX, TITLE_CHARACTERS_MAX
from folkmoot.servers.doors.names import NameRefused, display_name, title


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("Ada", "Ada"),
        ("  Ada \t\n Lovelace ", "Ada Lovelace"),
        ("Ame\u0301lie", "Am\u00e9lie"),
        ("Ada\u202e", "Ada"),
        ("\u2066Ada\u2069", "Ada"),
        ("A\u200bda", "Ada"),
        ("Ada\u200d", "Ada"),
        ("\ufeffAda", "Ada"),
        ("Ada\ue000", "Ada"),
        ("\u0645\u06cc\u200c\u062e\u0648", "\u0645\u06cc\u200c\u062e\u0648"),
        ("\U0001f469\u200d\U0001f4bb", "\U0001f469\u200d\U0001f4bb"),
        ("\U0001f469\U0001f3fd\u200d\U0001f4bb", "\U0001f469\U0001f3fd\u200d\U0001f4bb"),
        ("<b>Ada</b>", "<b>Ada</b>"),
        ("\u5c71\u7530 \u592a\u90ce", "\u5c71\u7530 \u592a\u90ce"),
        ("Ada\u00a0Lovelace", "Ada Lovelace"),
        ("Ada\u2028Lovelace", "Ada Lovelace"),
    ],
)  # fmt: skip
def test_a_name_is_kept_without_what_deceives(given_name: str, kept: str) -> None:
    assert display_name(given_name) == kept


@pytest.mark.parametrize("name", ["", "   ", "\u200b\u202e", "\u0301", "\ufeff"])
def test_a_name_of_nothing_visible_is_refused(name: str) -> None:
    with pytest.raises(NameRefused, match="at least one letter"):
        display_name(name)


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x9b", "\ud800"])
def test_control_characters_are_refused(character: str) -> None:
    with pytest.raises(NameRefused, match="cannot be shown"):
        display_name(f"Ada{character}")


@pytest.mark.parametrize("length", [NAME_CHARACTERS_MAX + 1, 10_000, 1_000_000])
def test_a_name_that_is_too_long_is_refused(length: int) -> None:
    with pytest.raises(NameRefused, match="at most 64 characters"):
        display_name("a" * length)


def test_the_longest_name_is_taken() -> None:
    assert len(display_name("\U0001f600" * NAME_CHARACTERS_MAX)) == NAME_CHARACTERS_MAX


def test_a_title_may_be_longer_than_a_name() -> None:
    assert title("a" * TITLE_CHARACTERS_MAX) == "a" * TITLE_CHARACTERS_MAX
    with pytest.raises(NameRefused, match="title is too long"):
        title("a" * (TITLE_CHARACTERS_MAX + 1))


def test_heaps_of_accents_are_refused() -> None:
    with pytest.raises(NameRefused, match="accents"):
        display_name("Z" + "\u0335" * 20)


@given(st.text(max_size=80))
def test_a_normalised_name_is_its_own_normal_form(text: str) -> None:
    try:
        once = display_name(text)
    except NameRefused:
        return
    assert display_name(once) == once
    assert unicodedata.normalize("NFC", once) == once
    assert 0 < len(once) <= NAME_CHARACTERS_MAX
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp") for c in once)
    assert not any(unicodedata.category(c) == "Cf" and c not in "\u200c\u200d" for c in once)
