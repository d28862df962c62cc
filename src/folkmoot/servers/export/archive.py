"""The archive: which files there are, what is in them, and what they may be called.

Runs in the child only: reading a document with pycrdt may crash the process. The same job always
gives the same bytes.
"""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Sequence
from typing import Final

import msgspec

from folkmoot.servers.export import markdown, rich_markdown, tables
from folkmoot.servers.export.job import ExportDeck, ExportDocument, ExportJob, Made
from folkmoot.servers.export.reading import read_rich, read_text
from folkmoot.servers.files import names

_RESERVED: Final = ("con", "prn", "aux", "nul")
_UNREADABLE: Final = "The content of this document could not be read just now. Export it again.\n"


def make(job: ExportJob) -> Made:
    """The whole archive. Errors: none; the process may die instead, which is an answer too."""
    files: dict[str, bytes] = {}
    if "markdown" in job.formats:
        files["chat.md"] = markdown.chat(job.messages).encode()
        files["people.md"] = markdown.people(job.people).encode()
    if "json" in job.formats:
        files["chat.json"] = _json(job.messages)
        files["people.json"] = _json(job.people)
    files |= _talk(job)
    unreadable = []
    for document in job.documents:
        if document.kind == "board":
            continue  # drawn, and exported, by the page
        text = _text(document)
        if text is None:
            unreadable.append(document.id)
        ending = "md" if document.kind == "rich" else "txt"
        name = f"documents/{safe_name(document.id)}.{ending}"
        files[name] = (_UNREADABLE if text is None else text).encode()
    if job.files:
        files["files.csv"] = tables.files_table(job.files)
        for file in job.files:
            if file.data is not None:
                files[f"files/{names.clean(file.name)}"] = file.data
    files |= _slides(job.decks)
    files["README.txt"] = _readme(job, sorted(files), unreadable).encode()
    return Made(_zip(files, job.time_ms), unreadable)


def _talk(job: ExportJob) -> dict[str, bytes]:
    """Polls, questions and agenda, if the room has any."""
    files: dict[str, bytes] = {}
    if job.polls:
        files["polls.csv"] = tables.polls_table(job.polls)
    if job.questions:
        files["questions.csv"] = tables.questions_table(job.questions)
    if "markdown" in job.formats and job.polls:
        files["polls.md"] = tables.polls_text(job.polls).encode()
    if "markdown" in job.formats and (job.questions or job.agenda):
        files["questions.md"] = tables.questions_text(job.questions, job.agenda).encode()
    if "json" in job.formats:
        files |= {"polls.json": _json(job.polls)} if job.polls else {}
        files |= {"questions.json": _json(job.questions)} if job.questions else {}
    return files


def _slides(decks: Sequence[ExportDeck]) -> dict[str, bytes]:
    """A list, the PDFs that are small, and the notes of those who present. Two decks of one title
    are told apart by a number."""
    files: dict[str, bytes] = {"slides.csv": tables.decks_table(decks)} if decks else {}
    for number, deck in enumerate(decks, 1):
        name = f"slides/{number}-{names.clean(deck.title)}"
        if deck.pdf is not None:
            files[f"{name}.pdf"] = deck.pdf
        if deck.notes:
            files[f"{name}-notes.txt"] = tables.notes_text(deck).encode()
    return files


def safe_name(id_: str) -> str:
    """A file's name that every system takes, from a document's id."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c == "-") else "-" for c in id_)[:40]
    numbered = len(kept) == 4 and kept[:3] in ("com", "lpt") and kept[3].isdigit()
    return f"{kept}-document" if not kept or kept in _RESERVED or numbered else kept


def _json(values: Sequence[msgspec.Struct]) -> bytes:
    return b"[\n" + b",\n".join(msgspec.json.encode(value) for value in values) + b"\n]\n"


def _readme(job: ExportJob, names: Sequence[str], unreadable: Sequence[str]) -> str:
    lines = [
        "An export of a Folkmoot room.",
        "",
        f"Everything is as it was at {markdown.time_of(job.time_ms)}.",
        f"Position in the room's log: {job.position}.",
        f"Messages: {len(job.messages)}. People: {len(job.people)}.",
        "Times are in UTC; time_ms counts milliseconds since 1970.",
        "",
        *names,
    ]
    if unreadable:
        lines += ["", f"Could not be read just now: {', '.join(unreadable)}."]
    return "\n".join(lines) + "\n"


def _zip(files: dict[str, bytes], time_ms: int) -> bytes:
    held = io.BytesIO()
    at = time.gmtime(max(time_ms // 1000, 315_532_800))[:6]
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, at)
            # What people shared is mostly compressed, and may not take the time that is left.
            shared = name.startswith(("files/", "slides/"))
            entry.compress_type = zipfile.ZIP_STORED if shared else zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return held.getvalue()


# Documents


def _text(document: ExportDocument) -> str | None:
    """The content, or None when it cannot be read."""
    if not document.readable:
        return None
    if document.kind == "rich":
        nodes = read_rich(document.updates)
        return None if nodes is None else rich_markdown.rich_text(nodes)
    return read_text(document.updates)
