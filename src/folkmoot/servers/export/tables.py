"""Polls and questions as CSV and Markdown. Pure; runs in the child."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Final

from folkmoot.servers.export.job import ExportDeck, ExportFile, ExportPoll, ExportQuestion
from folkmoot.servers.export.markdown import escaped, lines_of, time_of

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def _cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _table(rows: Sequence[Sequence[object]]) -> bytes:
    held = io.StringIO()
    csv.writer(held).writerows([_cell(value) for value in row] for row in rows)
    # The mark tells spreadsheets that it is UTF-8.
    return ("\ufeff" + held.getvalue()).encode()


def _said(poll: ExportPoll, answer: dict[str, object]) -> str:
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices:
        return str(answer.get("text", ""))
    return (" > " if poll.kind == "ranked" else ", ").join(poll.options[c] for c in choices)


def files_table(files: Sequence[ExportFile]) -> bytes:
    """One row for each file that was shared; large ones are listed only."""
    rows: list[list[object]] = [["name", "type", "bytes", "shared by", "time", "in this archive"]]
    for file in files:
        inside = "yes" if file.data is not None else "no"
        rows.append(
            [file.name, file.type, file.size_bytes, file.by, time_of(file.shared_ms), inside]
        )
    return _table(rows)


def decks_table(decks: Sequence[ExportDeck]) -> bytes:
    """One row for each deck of slides; large ones are listed only."""
    rows: list[list[object]] = [["title", "pages", "added by", "time", "marks", "in this archive"]]
    for deck in decks:
        inside = "yes" if deck.pdf is not None else "no"
        added = time_of(deck.added_ms)
        rows.append([deck.title, deck.pages, deck.by, added, deck.marks, inside])
    return _table(rows)


def notes_text(deck: ExportDeck) -> str:
    """Speaker notes, page by page."""
    pages = sorted(deck.notes.items(), key=lambda entry: int(entry[0]))
    return "".join(f"Page {page}\n\n{text}\n\n" for page, text in pages)


def polls_table(polls: Sequence[ExportPoll]) -> bytes:
    """One row for each option, and one for each answer that may be listed."""
    rows: list[list[object]] = [["poll", "question", "option", "votes", "name", "answer"]]
    for poll in polls:
        for option, votes in zip(poll.options, poll.counts, strict=False):
            rows.append([poll.id, poll.title, option, votes, "", ""])
        for answer in poll.answers:
            said, times, name = _said(poll, answer), answer.get("votes", ""), answer.get("name", "")
            rows.append([poll.id, poll.title, "", times, name, said])
    return _table(rows)


def questions_table(questions: Sequence[ExportQuestion]) -> bytes:
    rows: list[list[object]] = [["question", "name", "text", "phase", "supports", "answer", "by"]]
    rows += [
        [q.id, q.name, q.text, q.phase, q.supports, q.answer, q.answered_by] for q in questions
    ]
    return _table(rows)


def polls_text(polls: Sequence[ExportPoll]) -> str:
    blocks = ["# Polls"]
    for poll in polls:
        lines = [f"## {escaped(' '.join(poll.title.split()))}", ""]
        lines.append(f"{poll.votes} of {poll.eligible} voted; {poll.phase}.")
        if not poll.counts and not poll.answers:
            lines.append("The results are not published.")
        pairs = zip(poll.options, poll.counts, strict=False)
        lines += ["", *(f"- {escaped(option)}: {votes}" for option, votes in pairs)]
        lines += [f"- {_answer_line(poll, answer)}" for answer in poll.answers]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _answer_line(poll: ExportPoll, answer: dict[str, object]) -> str:
    said = " ".join(lines_of(_said(poll, answer)))
    if poll.secret:
        return f"{said} ({answer.get('votes', 1)})"
    return f"{escaped(str(answer.get('name', '')))}: {said}"


def questions_text(questions: Sequence[ExportQuestion], agenda: Sequence[str]) -> str:
    blocks = ["# Agenda", "\n".join(f"- {escaped(title)}" for title in agenda)] if agenda else []
    if questions:
        blocks.append("# Questions")
    for q in questions:
        asked = escaped(q.name) if q.name else "without a name"
        lines = [f"**{asked}** · {q.supports} want to know this · {q.phase}", ""]
        lines += [f"> {line}" for line in lines_of(q.text)]
        if q.answer:
            lines += ["", f"{escaped(q.answered_by)}:", "", *lines_of(q.answer)]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"
