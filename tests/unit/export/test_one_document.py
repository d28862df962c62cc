"""One document as Markdown, text, HTML, PDF and DOCX: what is in it, and what is kept out."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from html.parser import HTMLParser
from typing import Any

import msgspec
import pycrdt
import pypdfium2
import pytest
from PIL import Image

from folkmoot.apps.documents import Base, Document, DocumentsState, History, Segment, Version
from folkmoot.apps.exports import Export, ExportsState, file_name
from folkmoot.apps.files import File, FilesState
from folkmoot.servers.applications.jobs import Died
from folkmoot.servers.document_files import (
    Edit,
    SegmentContent,
    VersionContent,
    encode_segment,
    encode_version,
)
from folkmoot.servers.export.blocks import cells_of
from folkmoot.servers.export.gathering import Gathered, NotNow, TooLarge
from folkmoot.servers.export.job import DocumentJob, Picture
from folkmoot.servers.export.markdown import Node
from folkmoot.servers.export.one_document import write_document
from folkmoot.servers.export.writing import write
from folkmoot.testing.document_room import DocumentRoom
from folkmoot.testing.fake_engine import FakeZone

ATTACK = "<script>alert(1)</script>\"'&"


def png() -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (40, 20), (200, 80, 40)).save(held, "PNG")
    return held.getvalue()


def rich() -> bytes:
    """Notes with one of everything, and with what people should not get away with."""
    doc: pycrdt.Doc[Any] = pycrdt.Doc()
    fragment = doc.get("content", type=pycrdt.XmlFragment)

    def add(parent: Any, tag: str, **attributes: Any) -> Any:
        parent.children.append(pycrdt.XmlElement(tag, attributes))
        return parent.children[len(parent.children) - 1]

    def write_text(parent: Any, *runs: tuple[str, Any]) -> None:
        parent.children.append(pycrdt.XmlText(""))
        text = parent.children[len(parent.children) - 1]
        for run, marks in runs:
            text.insert(len(text), run, marks)

    write_text(add(fragment, "heading", level=1), (f"Title {ATTACK}", None))
    runs = [("bold", {"bold": {}}), ("good", {"link": {"href": "https://example.org/"}})]
    bad = ("bad", {"link": {"href": "javascript:alert(1)"}})
    write_text(add(fragment, "paragraph"), *runs, bad, (ATTACK, None))
    task = add(add(fragment, "taskList"), "taskItem", checked=True)
    write_text(add(task, "paragraph"), ("done", None))
    item = add(add(fragment, "orderedList", start=3), "listItem")
    write_text(add(item, "paragraph"), ("third", None))
    write_text(add(fragment, "codeBlock", language='"><script>'), ("x < y", None))
    row = add(add(fragment, "table"), "tableRow")
    cell = add(row, "tableCell", colspan=2, align='left"><script>')
    write_text(add(cell, "paragraph"), ("cell", None))
    add(fragment, "image", file="f1", alt=f"Map {ATTACK}", width=50)
    add(fragment, "image", file="gone", alt="Lost")
    add(fragment, "horizontalRule")
    write_text(add(add(fragment, "unheardOf"), "paragraph"), ("still there", None))
    return doc.get_update()


def text_update(text: str) -> bytes:
    doc: pycrdt.Doc[Any] = pycrdt.Doc()
    doc.get("content", type=pycrdt.Text).insert(0, text)
    return doc.get_update()


def written(format_: str, *, kind: str = "rich", updates: list[bytes] | None = None) -> bytes:
    pictures = {"f1": Picture("image/png", png())}
    given = [rich()] if updates is None else updates
    made = write(DocumentJob(kind, "A title", 1_700_000_000_000, format_, given, pictures))
    assert made.readable
    return made.data


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_page_has_everything_and_no_script() -> None:
    page = written("html").decode()
    parsed = Tags()
    parsed.feed(page)
    assert "script" not in parsed.tags
    assert not any(name.startswith("on") for name, _ in parsed.attributes)
    assert [v for n, v in parsed.attributes if n == "href"] == ["https://example.org/"]
    assert all((v or "").startswith("data:image/png;base64,")
               for n, v in parsed.attributes if n == "src")  # fmt: skip
    assert {"h1", "strong", "ol", "input", "table", "img", "hr", "pre"} <= set(parsed.tags)
    assert parsed.text.count("alert(1)") == 2, "as text"
    assert "[Lost]" in parsed.text and "still there" in parsed.text
    assert "default-src 'none'" in page


def test_a_pdf_holds_the_text_in_any_of_the_pages_alphabets() -> None:
    document = pypdfium2.PdfDocument(written("pdf"))
    text = "".join(page.get_textpage().get_text_range() for page in document)
    for part in ("Title", "bold", "good", "done", "3.", "third", "x < y", "cell", "Lost"):
        assert part in text, part
    assert "still there" in text
    document.close()
    signs = "Grüße Ελληνικά Кириллица Łódź \U0001fae0"
    document = pypdfium2.PdfDocument(written("pdf", kind="text", updates=[text_update(signs)]))
    text = "".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    assert "Grüße Ελληνικά Кириллица Łódź" in text
    assert "no font for: 1" in text, "a sign that there is no font for is not just left out"


def test_a_document_for_word_processors_holds_the_text_and_only_good_links() -> None:
    with zipfile.ZipFile(io.BytesIO(written("docx"))) as file:
        body = file.read("word/document.xml").decode()
        links = file.read("word/_rels/document.xml.rels").decode()
        assert any(name.startswith("word/media/") for name in file.namelist())
    text = "".join(re.findall(r"<w:t[^>]*>([^<]*)</w:t>", body))
    for part in ("Title", "bold", "good", "☑", "done", "3.", "third", "cell", "[Lost]"):
        assert part in text, part
    assert "https://example.org/" in links and "javascript" not in links


def test_a_pad_is_its_text_whatever_it_is_written_in() -> None:
    update = [text_update(f"one\ntwo {ATTACK}\x01")]
    assert written("text", kind="text", updates=update).decode() == f"one\ntwo {ATTACK}\x01"
    assert "<script>" not in written("html", kind="text", updates=update).decode()
    with zipfile.ZipFile(io.BytesIO(written("docx", kind="text", updates=update))) as file:
        assert "two &lt;script&gt;" in file.read("word/document.xml").decode()
    assert written("markdown").decode().startswith("# Title")


def test_what_cannot_be_read_says_so() -> None:
    made = write(DocumentJob("rich", "A", 0, "pdf", [b"nonsense"]))
    assert not made.readable and made.data == b""


def test_cells_of_a_table_never_overlap() -> None:
    def cell(**attributes: int) -> Node:
        return Node("tableCell", attributes)

    rows = [
        Node("tableRow", {}, [cell(rowspan=3), cell(colspan=9_999)]),
        Node("tableRow", {}, [cell(), cell(rowspan=-4, colspan=0)]),
    ]
    cells, count, columns = cells_of(Node("table", {}, rows))
    assert (count, columns) == (2, 100)
    taken = [
        (c.row + y, c.column + x) for c in cells for y in range(c.rows) for x in range(c.columns)
    ]
    assert len(taken) == len(set(taken))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"formats": ["pdf"], "document": "notes"}, ""),
        ({"formats": ["text"], "document": "pad"}, ""),
        ({"formats": ["markdown"], "document": "pad"}, "malformed"),
        ({"formats": ["pdf", "html"], "document": "notes"}, "malformed"),
        ({"formats": ["json"], "document": "notes"}, "malformed"),
        ({"formats": ["pdf"], "document": "nowhere"}, "not_found"),
        ({"formats": ["pdf"], "document": "notes", "version": "1.0"}, "not_found"),
        ({"formats": ["markdown"], "version": "1.0"}, "malformed"),
        ({"formats": ["pdf"]}, "malformed"),
    ],
)
def test_asking_for_one_document(body: Any, code: str) -> None:
    room = DocumentRoom()
    assert room.do("request", "s2", "exports", **body) == code
    state: ExportsState = room.replica.state.apps["exports"]
    if not code:
        (export,) = state.exports.values()
        assert export.title in ("Notes", "Pad")
        assert file_name(export) in ("Notes.pdf", "Pad.txt")


class Conference:
    """A conference with one rich document and a picture."""

    def __init__(self, documents: DocumentsState, files: FilesState) -> None:
        self.state = msgspec.defstruct("State", ["apps", "sequence", "time_ms"])(
            {"documents": documents, "files": files}, 9, 1_700_000_000_000
        )


async def test_a_document_is_gathered_with_its_pictures_and_at_any_version() -> None:
    engine = FakeZone().engine()
    update, picture = rich(), png()
    sha256 = hashlib.sha256(update).hexdigest()
    await engine.objects.put("base", update)
    await engine.objects.put("picture", picture)
    version = encode_version(VersionContent("rich", "Old", 3, 5, update, [], {}, []))
    await engine.objects.put("version", version)
    document = Document("rich", "Notes", Base("base", sha256, 4, len(update)))
    hashed = hashlib.sha256(version).hexdigest()
    kept = Version("3.0", 3, 5, "named", "version", hashed, len(version), "Old")
    document.history = History(versions=[kept])
    file = File("p1", "Ada", "image", "map.png", "image/png", len(picture),
                hashlib.sha256(picture).hexdigest(), "picture", "u", 1)  # fmt: skip
    conference: Any = Conference(DocumentsState({"notes": document}), FilesState({"f1": file}))
    asked: list[DocumentJob] = []

    async def write_here(format_: str, payload: bytes) -> bytes | Died:
        job = msgspec.msgpack.decode(payload, type=DocumentJob)
        asked.append(job)
        return msgspec.msgpack.encode(write(job))

    export = Export("p1", ["html"], 0, document="notes", title="Notes")
    data, position = await write_document(engine, conference, export, Gathered(), write_here)
    assert position == 9
    assert b"data:image/png;base64," in data
    assert [job.names_only for job in asked] == [True, False]
    old = msgspec.structs.replace(export, version="3.0", formats=["markdown"])
    _, position = await write_document(engine, conference, old, Gathered(), write_here)
    assert (position, asked[-1].time_ms) == (3, 5)

    point = msgspec.structs.replace(export, point=3, formats=["markdown"])
    with pytest.raises(TooLarge, match="no longer kept"):
        await write_document(engine, conference, point, Gathered(), write_here)
    edits = [Edit(2, 70, 7, b"\0\0"), Edit(4, 90, 7, b"\0\0")]
    segment = encode_segment(SegmentContent("rich", 1, 4, edits, [], {}))
    await engine.objects.put("segment", segment)
    hashes = [hashlib.sha256(data).hexdigest() for data in (segment, version)]
    document.history.segments = [
        Segment(1, 4, 70, 90, 2, 4, "segment", hashes[0], 1, "version", hashes[1], 1)
    ]
    _, position = await write_document(engine, conference, point, Gathered(), write_here)
    assert (position, asked[-1].time_ms) == (3, 70)
    assert asked[-1].updates == [update, b"\0\0"], "what it begins with, and the edits up to it"

    async def dies(format_: str, payload: bytes) -> bytes | Died:
        return Died("it was too much", by_itself=True)

    with pytest.raises(TooLarge, match="too much"):
        await write_document(engine, conference, export, Gathered(), dies)
    await engine.objects.delete("base")
    with pytest.raises(NotNow):
        await write_document(engine, conference, export, Gathered(), write_here)
    document.removed_ms = 1
    with pytest.raises(TooLarge, match="removed"):
        await write_document(engine, conference, export, Gathered(), write_here)
