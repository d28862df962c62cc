"""How large the built page is, and that nothing is in it that nobody can reach."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

BUILT = Path(__file__).parents[3] / "src" / "folkmoot" / "web_dist"
OWN_BYTES_MAX = 7_000_000
FONT_BYTES_MAX = 14_000_000
"""Nearly all of it draws Chinese by hand: 209 files, of which a page loads those it needs."""

LOCALE = re.compile(r"([a-z]{2,3}(?:-[A-Z]{2,3})?)-[A-Z0-9]{8}-")
"""Excalidraw's names for the files of its languages."""


@pytest.fixture
def sizes() -> dict[str, int]:
    """Bytes of each built file."""
    if not (BUILT / "index.html").is_file():
        pytest.fail("the page is not built; run `make web`", pytrace=False)
    found = (path for path in BUILT.rglob("*") if path.is_file())
    return {path.relative_to(BUILT).as_posix(): path.stat().st_size for path in found}


def test_the_page_is_no_larger_than_it_says(sizes: dict[str, int]) -> None:
    fonts = sum(size for name, size in sizes.items() if "/fonts/" in name)
    own = sum(sizes.values()) - fonts
    print(f"the built page: {own / 1e6:.1f} MB, and {fonts / 1e6:.1f} MB of the board's fonts")
    assert own <= OWN_BYTES_MAX
    assert fonts <= FONT_BYTES_MAX


def test_the_board_comes_in_the_languages_of_the_page_and_in_no_others(
    sizes: dict[str, int],
) -> None:
    names = (LOCALE.match(name.removeprefix("assets/")) for name in sizes)
    assert {name[1] for name in names if name} == {"en", "de-DE", "es-ES", "zh-CN"}
