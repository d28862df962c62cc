"""What is in an archive, and that nobody's text can pass for something else in it."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Doc, Text, XmlElement, XmlFragment, XmlText

from folkmoot.servers.export import markdown
from folkmoot.servers.export.archive import make, safe_name
from folkmoot.servers.export.job import (
    ExportDeck,
    ExportDocument,
    ExportFile,
    ExportJob,
    ExportMessage,
    ExportPerson,
)

TIME_MS = 1_700_000_000_000
ADA = ExportPerson("p", "Ada", "host", TIME_MS, True)


def said(text: str, name: str = "Ada") -> ExportMessage:
    return ExportMessage("1.0", "p", name, TIME_MS, text)


def job(*documents: ExportDocument, formats: tuple[str, ...] = ("json", "markdown")) -> ExportJob:
    return ExportJob("c", 5, TIME_MS, list(formats), [said("hi")], [ADA], list(documents))


def files(made: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def rich(*nodes: Any) -> bytes:
    """An update with elements written as (tag, attributes, *children), and texts as str."""
    doc: Doc[Any] = Doc()
    fragment = doc.get("content", type=XmlFragment)

    def add(parent: Any, spec: Any) -> None:
        if isinstance(spec, str):
            parent.children.append(XmlText(spec))
            return
        tag, attributes, *children = spec
        element = XmlElement(tag)
        parent.children.append(element)
        for name, value in attributes.items():
            element.attributes[name] = value
        for child in children:
            add(element, child)

    for node in nodes:
        add(fragment, node)
    return doc.get_update()


def notes(*nodes: Any) -> str:
    document = ExportDocument("notes", "rich", "Notes", [rich(*nodes)])
    return files(make(job(document)).archive)["documents/notes.md"]


def test_formats_decide_which_files_there_are() -> None:
    both = files(make(job()).archive)
    assert sorted(both) == ["README.txt", "chat.json", "chat.md", "people.json", "people.md"]
    assert json.loads(both["chat.json"])[0]["text"] == "hi"
    assert sorted(files(make(job(formats=("json",))).archive)) == [
        "README.txt", "chat.json", "people.json",
    ]  # fmt: skip


def test_slides_are_listed_and_small_ones_are_there_with_their_notes() -> None:
    decks = [
        ExportDeck("Talk: =1+1", 3, "Ada", TIME_MS, 2, {"10": "ten", "2": "two"}, b"%PDF"),
        ExportDeck("Talk: =1+1", 9, "Ada", TIME_MS, 0),
    ]
    told = files(make(msgspec.structs.replace(job(), decks=decks)).archive)
    assert sorted(name for name in told if "slides" in name) == [
        "slides.csv", "slides/1-Talk_ =1+1-notes.txt", "slides/1-Talk_ =1+1.pdf",
    ]  # fmt: skip
    assert told["slides/1-Talk_ =1+1-notes.txt"] == "Page 2\n\ntwo\n\nPage 10\n\nten\n\n"
    rows = told["slides.csv"].splitlines()
    assert [row.rpartition(",")[2] for row in rows] == ["in this archive", "yes", "no"]


def test_the_same_job_gives_the_same_bytes() -> None:
    document = ExportDocument("notes", "rich", "Notes", [rich(("paragraph", {}, "a"))])
    assert make(job(document)) == make(job(document))


def test_a_document_that_cannot_be_read_does_not_keep_the_rest_from_being_exported() -> None:
    made = make(
        job(
            ExportDocument("pad", "text", "Pad", [b"\xff\xff"]),
            ExportDocument("left-out", "rich", "L", [], readable=False),
        )
    )
    assert made.unreadable == ["pad", "left-out"]
    told = files(made.archive)
    assert "could not be read" in told["documents/pad.txt"]
    assert "pad, left-out" in told["README.txt"]


def test_plain_text_stays_as_it_is() -> None:
    doc: Doc[Any] = Doc()
    text = doc.get("content", type=Text)
    text += "# not *escaped*\n"
    document = ExportDocument("pad", "text", "Pad", [doc.get_update()])
    assert files(make(job(document)).archive)["documents/pad.txt"] == "# not *escaped*\n"


def test_rich_text_becomes_markdown() -> None:
    item: Any = ("listItem", {}, ("paragraph", {}, "one"))
    nested: Any = ("listItem", {}, ("paragraph", {}, "two"), ("orderedList", {"start": 3}, item))
    assert notes(
        ("heading", {"level": 2}, "Plan *now*"),
        ("paragraph", {}),
        ("bulletList", {}, item, nested),
        ("codeBlock", {"language": "python"}, "a ``` b"),
        ("blockquote", {}, ("paragraph", {}, "# no heading"), ("paragraph", {}, "1. no list")),
        ("horizontalRule", {}),
        ("paragraph", {}),
    ).splitlines() == [
        "## Plan \\*now\\*", "",
        "- one", "- two", "  3. one", "",
        "````python", "a ``` b", "````", "",
        "> \\# no heading", ">", "> 1\\. no list", "",
        "---",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("marks", "shown"),
    [
        ({"bold": {}, "italic": {}}, "x ***y*** z\n"),
        ({"code": {}}, "x `y` z\n"),
        ({"link": {"href": "https://a.b/c"}}, "x [y](<https://a.b/c>) z\n"),
        ({"link": {"href": "javascript:alert(1)"}}, "x y z\n"),
        ({"link": {"href": "https://a.b/>(x)"}}, "x y z\n"),
    ],
)
def test_marks_hold_around_words_only(marks: dict[str, Any], shown: str) -> None:
    doc: Doc[Any] = Doc()
    fragment = doc.get("content", type=XmlFragment)
    element = XmlElement("paragraph")
    fragment.children.append(element)
    text = XmlText("x y z")
    element.children.append(text)
    text.format(1, 4, marks)
    document = ExportDocument("notes", "rich", "Notes", [doc.get_update()])
    assert files(make(job(document)).archive)["documents/notes.md"] == shown


def test_a_message_cannot_pass_for_another_one_nor_bring_html() -> None:
    told = markdown.chat([said("**Bob** · now\n\n> lie\n<script>x</script>", "A*da")])
    assert told.splitlines()[4:] == [
        "> \\*\\*Bob\\*\\* · now", "> ", "> \\> lie\\", "> \\<script\\>x\\</script\\>",
    ]  # fmt: skip
    assert "**A\\*da** · 2023-11-14 22:13:20 UTC" in told


@given(st.text(max_size=200))
def test_every_line_of_a_message_is_quoted_and_no_tag_is_left(text: str) -> None:
    told = markdown.chat([said(text)]).split("\n")[4:-1]
    assert all(line.startswith("> ") for line in told)
    for line in told:
        bare = line[2:].replace("\\\\", "").replace("\\<", "")
        at = bare.find("<")
        assert at < 0 or bare.startswith(("<http://", "<https://"), at)


@pytest.mark.parametrize(
    ("id_", "name"),
    [
        ("minutes-1", "minutes-1"),
        ("con", "con-document"),
        ("com1", "com1-document"),
        ("../../etc", "------etc"),
        ("", "-document"),
    ],
)
def test_names_are_safe_everywhere(id_: str, name: str) -> None:
    assert safe_name(id_) == name


def test_deep_nesting_is_cut_rather_than_followed_for_ever() -> None:
    inner: Any = ("paragraph", {}, "deep")
    for _ in range(200):
        inner = ("blockquote", {}, inner)
    assert "deep" not in notes(inner, ("paragraph", {}, "after"))
    assert notes(inner, ("paragraph", {}, "after")).endswith("after\n")


def test_a_job_survives_the_way_to_the_child() -> None:
    made = job(ExportDocument("pad", "text", "Pad", [b"\1"]))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(made), type=ExportJob) == made


def test_chat_says_to_whom_it_was_what_it_answers_and_that_it_was_edited() -> None:
    whisper = ExportMessage(
        "2.0", "p", "A*da", TIME_MS, "yes", "b", "B_ob", "1.0", "B_ob", "<b>why?\nnow", 5, {"👍": 2}
    )
    question = ExportMessage("3.0", "p", "Ada", TIME_MS, "help", "hosts", "", "2.0", "Ada", "")
    text = markdown.chat([whisper, question])
    assert "**A\\*da** to **B\\_ob**, privately · " in text and " · edited" in text
    assert "> > B\\_ob: \\<b\\>why? now" in text
    assert "> Reactions: 👍 2" in text
    assert "**Ada** to hosts · " in text and "> > Ada: (deleted)" in text
    plain = json.loads(msgspec.json.encode(said("hi")))
    assert plain == {"id": "1.0", "author": "p", "name": "Ada", "time_ms": TIME_MS, "text": "hi"}


def test_shared_files_are_in_it_or_listed_and_lie_nowhere_else() -> None:
    shared = [
        ExportFile("plan.pdf", "application/pdf", 4, "Ada", TIME_MS, b"%PDF"),
        ExportFile("../=evil.txt", "text/plain", 1, "=Ada", TIME_MS, b"x"),
        ExportFile("film.mp4", "video/mp4", 1 << 30, "Bob", TIME_MS),
    ]
    content = files(make(msgspec.structs.replace(job(), files=shared)).archive)
    assert content["files/plan.pdf"] == "%PDF"
    assert [n for n in content if "/" in n] == ["files/=evil.txt", "files/plan.pdf"]
    rows = content["files.csv"].lstrip("\ufeff").splitlines()
    assert rows[1].startswith("plan.pdf,application/pdf,4,Ada,") and rows[1].endswith(",yes")
    assert "'=Ada" in rows[2] and rows[3].endswith(",no")
