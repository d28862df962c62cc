"""What a file is, judged by its bytes, and what becomes of the bad ones."""

from __future__ import annotations

import io

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from folkmoot.servers.applications.child_process import ConfinedChild
from folkmoot.servers.applications.jobs import ChildLimits, Died
from folkmoot.servers.files.examiner import examining_child
from folkmoot.servers.files.job import (
    HEAD_BYTES,
    TAIL_BYTES,
    ExamineJob,
    NotTaken,
    Taken,
    Verdict,
)
from folkmoot.servers.files.verdict import PREVIEW_PIXELS, judge
from folkmoot.testing import corpus


def job(name: str, data: bytes, purpose: str = "file") -> ExamineJob:
    return ExamineJob(name, purpose, len(data), data, b"")


@pytest.mark.parametrize("what", corpus.bad())
def test_bad_files_are_refused_with_a_code_and_a_sentence(what: str) -> None:
    name, data, code = corpus.bad()[what]
    verdict = judge(job(name, data))
    assert isinstance(verdict, NotTaken), verdict
    assert verdict.code == code and verdict.message.endswith(".")


@pytest.mark.parametrize("name", corpus.good())
def test_good_files_are_what_their_bytes_say(name: str) -> None:
    data, type_ = corpus.good()[name]
    verdict = judge(job(name, data))
    assert isinstance(verdict, Taken) and verdict.type == type_
    assert bool(verdict.preview) == (verdict.width > 0) == name.lower().startswith("cat")


def test_a_picture_gets_a_small_one_the_right_way_up() -> None:
    held = io.BytesIO()
    image = Image.new("RGBA", (1_000, 400), "#12345600")
    exif = image.getexif()
    exif[274] = 6  # turned by 90 degrees
    image.save(held, "PNG", exif=exif)
    verdict = judge(job("cat.png", held.getvalue(), "image"))
    assert isinstance(verdict, Taken) and (verdict.width, verdict.height) == (1_000, 400)
    small = Image.open(io.BytesIO(verdict.preview))
    assert small.format == "WEBP" and small.height > small.width
    assert small.width <= PREVIEW_PIXELS[0] and small.height <= PREVIEW_PIXELS[1]


def test_what_is_brought_for_a_purpose_must_fit_it() -> None:
    assert judge(job("a.pdf", corpus.PDF, "image")).code == "no_picture"  # type: ignore[union-attr]
    assert judge(job("a.csv", b"a;b\n", "deck")).code == "no_deck"  # type: ignore[union-attr]
    assert isinstance(judge(job("a.pdf", corpus.PDF, "deck")), Taken)
    assert isinstance(judge(job("a.png", corpus.picture(), "deck")), Taken)


def test_a_large_archive_is_known_by_its_ends() -> None:
    data = corpus.packed("[Content_Types].xml", "word/document.xml")
    held = io.BytesIO()
    held.write(b"PK\x03\x04" + data[4:200] + bytes(HEAD_BYTES + TAIL_BYTES))
    whole = held.getvalue() + data
    large = ExamineJob("a.bin", "file", len(whole), whole[:HEAD_BYTES], whole[-TAIL_BYTES:])
    verdict = judge(large)
    assert isinstance(verdict, Taken) and verdict.type.endswith("wordprocessingml.document")


@pytest.mark.parametrize(
    "name", ["cat.png", "cat.JPG", "cat.gif", "cat.webp", "plan.docx", "plan.odp", "all.zip"]
)
async def test_the_child_needs_nothing_that_it_gave_up(name: str) -> None:
    data, type_ = corpus.good()[name]
    reply = await examining_child().run(msgspec.msgpack.encode(job(name, data)))
    assert isinstance(reply, bytes), reply
    verdict: Taken = msgspec.msgpack.decode(reply, type=Verdict)
    assert (verdict.type, bool(verdict.preview)) == (type_, name.startswith("cat"))


async def test_what_ends_the_child_is_known_by_its_death() -> None:
    child = ConfinedChild("folkmoot.servers.files.child", "examining", ChildLimits(cpu_s=10))
    reply = await child.run(b"no job at all")
    assert isinstance(reply, Died) and reply.by_itself


@given(
    st.sampled_from([data for data, _ in corpus.good().values()]),
    st.integers(0, 400),
    st.binary(min_size=1, max_size=8),
    st.sampled_from(["a.png", "a.docx", "a.odp", "a", "a.svg"]),
)
@settings(max_examples=150, deadline=None)
def test_whatever_the_bytes_are_there_is_a_verdict(
    data: bytes, at: int, other: bytes, name: str
) -> None:
    changed = data[:at] + other + data[at + len(other) :]
    assert isinstance(judge(job(name, changed)), Taken | NotTaken)
