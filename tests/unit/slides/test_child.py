"""What the child makes of files: good ones become pages, bad ones a sentence that says why."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from folkmoot.protocol.limits import DECK_PAGES_MAX, NOTE_CHARACTERS_MAX
from folkmoot.servers.applications import fonts
from folkmoot.servers.slides import lettering, office, pictures
from folkmoot.servers.slides.child import replies
from folkmoot.servers.slides.drawing import fitted
from folkmoot.servers.slides.job import (
    HIGH_PIXELS_MAX,
    SMALL_PIXELS,
    WIDE_PIXELS,
    Annotate,
    Draw,
    Drawn,
    Job,
    Looked,
    Made,
    Office,
    Opened,
    Picture,
    Refusal,
    Stroke,
)
from folkmoot.servers.slides.kinds import NotTaken, kind_of
from folkmoot.testing import corpus, decks

FULL = 10_000


@pytest.fixture(scope="module", autouse=True)
def prepared() -> None:
    pictures.prepare()


def pages_of(
    pdf: bytes, *, first: int = 1, step: int = 1, bad: list[int] | None = None
) -> list[Drawn]:
    opened, *drawn = replies(Draw(pdf, first, step, bad or []))
    assert isinstance(opened, Opened)
    return [page for page in drawn if isinstance(page, Drawn)]


def refusal(job: Job) -> str:
    *_, last = replies(job)
    assert isinstance(last, Refusal), last
    return last.reason


def image_of(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def points(*numbers: int) -> bytes:
    return struct.pack(f">{len(numbers)}H", *numbers)


def test_a_pdf_becomes_two_images_and_the_text_of_each_page() -> None:
    first, second, third = pages_of(decks.pdf())
    assert [page.text for page in (first, second, third)] == ["First", "Second", "Third"]
    large, small = image_of(first.large), image_of(first.small)
    assert (large.format, large.size) == ("WEBP", (WIDE_PIXELS, 1_080))
    assert small.size == (SMALL_PIXELS, 180)
    (line,) = first.lines
    assert line.text == "First"
    assert 700 < line.x < 850 and 1_000 < line.y < 2_500 and line.height < 1_500


def test_the_text_lies_where_it_is_seen_on_a_page_that_is_turned() -> None:
    (page,) = pages_of(decks.pdf(["Turned"], turned=90))
    assert image_of(page.large).size == (WIDE_PIXELS, round(WIDE_PIXELS * 960 / 540))
    (line,) = page.lines
    # At the left top of the page as written; turned by a quarter that is at the right top.
    assert line.x > 7_000 and line.y < 1_500 and line.height > line.width


def test_lanes_draw_their_own_pages_and_leave_bad_ones_empty() -> None:
    pdf = decks.pdf([f"Page {n}" for n in range(1, 8)])
    assert [page.page for page in pages_of(pdf, first=2, step=3)] == [2, 5]
    drawn = pages_of(pdf, first=2, step=3, bad=[5])
    assert [page.text for page in drawn] == ["Page 2", "This page could not be drawn."]
    assert image_of(drawn[1].large).size == (WIDE_PIXELS, 1_080)


@pytest.mark.parametrize(
    ("size", "pixels"),
    [
        ((960, 540), (1_920, 1_080)),
        ((30_000, 30_000), (1_920, 1_920)),
        ((10, 10_000), (4, HIGH_PIXELS_MAX)),
        ((1, 9_000_000), (1, HIGH_PIXELS_MAX)),
        ((0, 10), (1_920, 1_080)),
        ((float("nan"), 10), (1_920, 1_080)),
        ((1e9, 1e9), (1_920, 1_080)),
    ],
)
def test_images_are_bounded_whatever_a_page_says_of_itself(
    size: tuple[float, float], pixels: tuple[int, int]
) -> None:
    assert fitted(*size) == pixels


def test_a_page_of_30000_pixels_is_drawn_in_the_usual_size() -> None:
    (page,) = pages_of(decks.pdf(["Huge"], width=30_000, height=30_000))
    assert image_of(page.large).size == (WIDE_PIXELS, WIDE_PIXELS)


@pytest.mark.parametrize(
    ("pdf", "says"),
    [
        (decks.pdf(encrypted=True), "password"),
        (decks.pdf(["x"] * (DECK_PAGES_MAX + 1)), "501 pages; slides have at most 500"),
        (b"%PDF-1.7\nnothing of it\n%%EOF", "damaged"),
        (decks.pdf()[:200], "damaged"),
    ],
)
def test_a_pdf_that_cannot_be_shown_is_refused_with_the_reason(pdf: bytes, says: str) -> None:
    assert says in refusal(Draw(pdf, 1, 1))


def test_ten_thousand_pages_are_refused_before_any_is_drawn() -> None:
    assert "10,000 pages" in refusal(Draw(decks.pdf(["x"] * 10_000), 1, 1))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2_000), st.binary(min_size=1, max_size=8))
def test_a_pdf_with_wrong_bytes_is_drawn_or_refused(at: int, wrong: bytes) -> None:
    whole = decks.pdf(["One"])
    at %= len(whole)
    for reply in replies(Draw(whole[:at] + wrong + whole[at + len(wrong) :], 1, 1)):
        assert isinstance(reply, Refusal | Opened | Drawn)


# Pictures


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_a_picture_becomes_a_page(kind: str) -> None:
    (made,) = replies(Picture(decks.picture(kind=kind)))
    assert isinstance(made, Made)
    (page,) = pages_of(made.pdf)
    assert image_of(page.large).size == (1_920, 1_440)


def test_what_is_transparent_is_on_white() -> None:
    (made,) = replies(Picture(decks.picture(mode="RGBA")))
    assert isinstance(made, Made)
    pixel = image_of(pages_of(made.pdf)[0].large).convert("RGB").getpixel((5, 5))
    assert isinstance(pixel, tuple) and min(pixel) > 250


@pytest.mark.parametrize(
    ("picture", "says"),
    [
        (corpus.flood(30_000, 30_000), "pixels"),
        (corpus.flood(65_535, 10), "pixels"),
        (decks.picture()[:60], "damaged"),
        (b"\xff\xd8\xff" + bytes(300), "damaged"),
        (corpus.PAGE, "damaged"),
    ],
)
def test_a_picture_that_cannot_be_shown_is_refused(picture: bytes, says: str) -> None:
    assert says in refusal(Picture(picture))


# Office files


def test_notes_are_read_in_the_order_of_what_is_shown() -> None:
    (looked,) = replies(Office(decks.zipped(decks.pptx(("One\nTwo", "", "Three"), hidden=[1]))))
    assert looked == Looked("pptx", {2: "Three"})
    (looked,) = replies(Office(decks.zipped(decks.pptx(("One\nTwo", "", "Three")))))
    assert looked == Looked("pptx", {1: "One\nTwo", 3: "Three"})
    (looked,) = replies(Office(decks.odp(["A", "B"])))
    assert looked == Looked("odp", {1: "Notes of A", 2: "Notes of B"})


def test_notes_are_cut_and_cleaned_for_the_log() -> None:
    (looked,) = replies(Office(decks.zipped(decks.pptx(("x" * 9_000, "a&#x85;b")))))
    assert isinstance(looked, Looked)
    assert len(looked.notes[1]) == NOTE_CHARACTERS_MAX and looked.notes[2] == "ab"


def test_notes_that_cannot_be_read_are_left_out() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><p:notes xmlns:p="x">&a;</p:notes>'
    parts = decks.pptx() | {"ppt/notesSlides/n1.xml": bomb}
    assert list(replies(Office(decks.zipped(parts)))) == [Looked("pptx", {})]


def big(parts: dict[str, str | bytes], name: str, size_bytes: int) -> bytes:
    return decks.zipped(parts | {name: bytes(size_bytes)})


def encrypted_entry() -> bytes:
    data = bytearray(decks.zipped(decks.pptx()))
    for mark, at in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        data[data.index(mark) + at] |= 1
    return bytes(data)


def doubled() -> bytes:
    held = io.BytesIO(decks.zipped(decks.pptx()))
    with zipfile.ZipFile(held, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("ppt/presentation.xml", "<another/>")
    return held.getvalue()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (corpus.bomb(), "damaged"),
        (decks.zipped(decks.pptx() | {"../../etc/passwd": "x"}), "leads out"),
        (decks.zipped(decks.pptx() | {"/etc/passwd": "x"}), "leads out"),
        (decks.zipped(decks.pptx() | {"a\\..\\b": "x"}), "leads out"),
        (decks.zipped({f"p{n}": b"" for n in range(office.ENTRIES_MAX + 1)}), "10,000 parts"),
        (decks.zipped({"a.class": "x"}), "Slides can be"),
        (decks.zipped({"mimetype": "text/html", "content.xml": "x"}), "Slides can be"),
        (decks.zipped(decks.pptx())[:-30], "damaged"),
        (b"PK\x03\x04" + bytes(400), "damaged"),
        (encrypted_entry(), "password"),
    ],
)
def test_an_office_file_that_is_none_is_refused(data: bytes, says: str) -> None:
    assert says in refusal(Office(data))


def test_a_part_that_is_two_is_refused() -> None:
    assert "one name" in refusal(Office(doubled()))


def test_what_a_file_says_of_its_size_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "EXPANDED_BYTES_MAX", 1 << 20)
    assert "too large" in refusal(Office(big(decks.pptx(), "ppt/media/a.bin", 2 << 20)))
    monkeypatch.setattr(office, "XML_BYTES_MAX", 1 << 10)
    assert "too large" in refusal(Office(big(decks.pptx(), "ppt/a.XML", 2 << 10)))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 4_000), st.binary(min_size=1, max_size=8))
def test_an_office_file_with_wrong_bytes_is_read_or_refused(at: int, wrong: bytes) -> None:
    whole = decks.zipped(decks.pptx())
    at %= len(whole)
    (reply,) = replies(Office(whole[:at] + wrong + whole[at + len(wrong) :]))
    assert isinstance(reply, Refusal | Looked)


# Kinds


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (decks.pdf(), "pdf"),
        (b"\0" * 100 + decks.pdf(), "pdf"),
        (decks.pdf() + decks.zipped({"a.class": "x"}), "pdf"),
        (decks.odp(), "office"),
        (decks.picture(kind="WEBP"), "picture"),
        (decks.picture(kind="JPEG") + corpus.PAGE, "picture"),
    ],
)
def test_a_file_is_what_its_first_bytes_say(data: bytes, kind: str) -> None:
    assert kind_of(data) == kind


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (corpus.SVG_WITH_SCRIPT, "SVG"),
        (b"\xef\xbb\xbf <?xml version='1.0'?>" + corpus.SVG_WITH_SCRIPT, "SVG"),
        (corpus.PAGE, "web page"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old kind"),
        (b"MZ" + bytes(100), "Slides can be"),
        (b"", "Slides can be"),
    ],
)
def test_what_is_no_deck_is_refused_by_its_content(data: bytes, says: str) -> None:
    with pytest.raises(NotTaken, match=says):
        kind_of(data)


# Marks in the PDF

MARKS = [
    Stroke(1, "pen", points(1_000, 5_000, 9_000, 5_000), "#ff0000", 100),
    Stroke(1, "box", points(2_000, 6_000, 4_000, 9_000), "#0000ff", 100),
    Stroke(1, "ellipse", points(6_000, 6_000, 8_000, 9_000), "#00ff00", 100),
    Stroke(1, "arrow", points(1_000, 500, 1_000, 3_000), "#ff00ff", 50),
    Stroke(1, "highlighter", points(500, 4_000, 9_500, 4_000), "#ffff00", 300),
    Stroke(2, "text", points(1_000, 5_000), "#ff0000", 400, "Größe\nzwei"),
    Stroke(2, "text", points(1_000, 8_000), "#ff0000", 400, "你好"),
    Stroke(2, "pen", points(9_000, 9_000), "#ff0000", 400),
    Stroke(99, "pen", points(9_000, 9_000), "#ff0000", 400),
]


WORDS = ["Größe", "Ελληνικά", "Привет, мир", "你好 Hello", "שלום", "😀"]


def test_what_people_write_in_their_own_letters_is_text_of_the_page() -> None:
    lettering.prepare()
    marks = [
        Stroke(1, "text", points(500, 1_000 * row), "#0000ff", 400, word)
        for row, word in enumerate(WORDS)
    ]
    (made,) = replies(Annotate(decks.pdf(), marks))
    assert isinstance(made, Made)
    text = pages_of(made.pdf)[0].text
    # The fourth's signs are in a font of the machine only.
    here = [word for word in WORDS if word in text]
    assert WORDS[:3] == here[:3] and len(here) <= (4 if fonts.of_system() else 3)
    # Those that no font has, or whose letters are joined from right to left, stay annotations.
    assert made.pdf.count(b"/FreeText") == len(WORDS) - len(here)
    assert len(made.pdf) < len(decks.pdf()) + 100_000


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_marks_lie_where_they_were_drawn_however_the_page_is_turned(turned: int) -> None:
    (made,) = replies(Annotate(decks.pdf(turned=turned), MARKS))
    assert isinstance(made, Made)
    first, second, third = pages_of(made.pdf)
    image = image_of(first.large).convert("RGB")

    def at(x: int, y: int) -> tuple[bool, ...]:
        pixel = image.getpixel((image.width * x // FULL, image.height * y // FULL))
        assert isinstance(pixel, tuple)
        return tuple(part > 200 for part in pixel)

    assert at(5_000, 5_000) == (True, False, False)
    assert at(2_000, 7_500) == (False, False, True) == at(3_000, 9_000)
    assert at(8_000, 7_500) == (False, True, False) == at(7_000, 6_000)
    assert at(1_000, 2_000) == (True, False, True)
    assert at(5_000, 4_000) == (True, True, False)
    assert at(3_000, 7_500) == (True, True, True) == at(5_000, 4_600)
    assert "Größe" in second.text and "Second" in second.text and third.text == "Third"
    lines = {line.text: line for line in second.lines}
    assert abs(lines["Größe"].x - 1_000) < 100 and 5_000 <= lines["Größe"].y < 5_600


def test_marks_of_a_page_that_is_seen_in_part_lie_on_what_is_seen() -> None:
    pdf = decks.pdf(["Cut"]).replace(b"/Rotate 0", b"/Rotate 0 /CropBox [480 0 960 540]")
    (made,) = replies(
        Annotate(pdf, [Stroke(1, "pen", points(0, 5_000, 10_000, 5_000), "#ff0000", 200)])
    )
    assert isinstance(made, Made)
    image = image_of(pages_of(made.pdf)[0].large).convert("RGB")
    assert image.size == (WIDE_PIXELS, 2_160)
    assert image.getpixel((WIDE_PIXELS // 2, 1_080)) == (255, 0, 0)
