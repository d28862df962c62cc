"""Text of people as Markdown that shows just what they wrote. Pure; runs in the child.

Whatever could be taken for Markdown or HTML is escaped, so a message cannot make itself look like
another one's, nor bring a script into a page that shows the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from folkmoot.servers.export.job import ExportMessage, ExportPerson

NESTING_MAX: Final = 64
_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>~|&])")
_LINE_START: Final = re.compile(r"^(\s*)([#+=-]|\d{1,9}(?=[.)]))", re.ASCII)
_ADDRESS: Final = re.compile(r"https?://[^\s<>\"`\\]+")


def escaped(text: str) -> str:
    """One line of plain text; addresses become links."""
    parts, at = [], 0
    for address in _ADDRESS.finditer(text):
        parts += [escaped_inline(text[at : address.start()]), f"<{address[0]}>"]
        at = address.end()
    parts.append(escaped_inline(text[at:]))
    return escaped_start("".join(parts))


def escaped_inline(text: str) -> str:
    """A part of a line, wherever in it."""
    return _SPECIAL.sub(r"\\\1", text)


def escaped_start(line: str) -> str:
    """A line that is neither a heading nor a list because of how it begins."""
    return _LINE_START.sub(_escape_start, line)


def _escape_start(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2]}\\" if found[2].isdigit() else f"{found[1]}\\{found[2]}"


def lines_of(text: str) -> list[str]:
    """Plain text with its line breaks kept."""
    return broken([escaped(line) for line in text.split("\n")])


def broken(lines: Sequence[str]) -> list[str]:
    """Lines of one paragraph, with a sign at the end of each that another follows."""
    following = zip(lines, [*lines[1:], ""], strict=True)
    return [line + "\\" if line and after else line for line, after in following]


def time_of(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def chat(messages: Sequence[ExportMessage]) -> str:
    blocks = ["# Chat"]
    for message in messages:
        lines = [_head(message), ""]
        if message.reply:
            quoted = message.reply_text.replace("\n", " ") or "(deleted)"
            lines += [f"> > {escaped(message.reply_to)}: {escaped(quoted)}", ">"]
        lines += [f"> {line}" for line in lines_of(message.text)]
        if message.reactions:
            counts = ", ".join(f"{emoji} {n}" for emoji, n in message.reactions.items())
            lines += [">", f"> Reactions: {counts}"]
        blocks.append("\n".join(lines))
    if not messages:
        blocks.append("Nothing was said.")
    return "\n\n".join(blocks) + "\n"


def _head(message: ExportMessage) -> str:
    to = " to hosts" if message.to == "hosts" else f" to **{escaped(message.to_name)}**, privately"
    return (
        f"**{escaped(message.name)}**{to if message.to else ''} · {time_of(message.time_ms)}"
        f"{' · edited' if message.edited_ms else ''}"
    )


def people(persons: Sequence[ExportPerson]) -> str:
    rows = [
        f"- {escaped(person.name)}{' (host)' if person.role == 'host' else ''},"
        f" since {time_of(person.joined_ms)}{'' if person.present else ', away'}"
        for person in persons
    ]
    return "\n".join(["# People", "", *rows]) + "\n"


# Rich text


class Node:
    """A part of a rich text, by whatever library it was read.

    Shape: an element has a `tag`, `attributes` and `children`; a text has `runs` of characters with
    their marks, and the tag "".
    """

    def __init__(
        self,
        tag: str,
        attributes: Mapping[str, Any],
        children: Sequence[Node] = (),
        runs: Sequence[tuple[str, Mapping[str, Any]]] = (),
    ) -> None:
        self.tag = tag
        self.attributes = attributes
        self.children = children
        self.runs = runs
