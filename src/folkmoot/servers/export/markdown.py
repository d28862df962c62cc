"""Text of people as Markdown that shows just what they wrote. Pure; runs in the child.

Whatever could be taken for Markdown or HTML is escaped, so a message cannot make itself look like
another one's, nor bring a script into a page that shows the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from folkmoot.servers.export.job import ExportMessage, ExportPerson

NESTING_MAX: Final = 64
_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>~|&])")
_LINE_START: Final = re.compile(r"^(\s*)([#+=-]|\d{1,9}(?=[.)]))", re.ASCII)
_ADDRESS: Final = re.compile(r"https?://[^\s<>\"`\\]+")
_LINKED: Final = re.compile(r"(?:https?://|mailto:)[^\s<>]+", re.IGNORECASE)
_MARKS: Final = (("strike", "~~"), ("italic", "*"), ("bold", "**"))


def escaped(text: str) -> str:
    """One line of plain text; addresses become links."""
    parts, at = [], 0
    for address in _ADDRESS.finditer(text):
        parts += [_escaped(text[at : address.start()]), f"<{address[0]}>"]
        at = address.end()
    parts.append(_escaped(text[at:]))
    return _LINE_START.sub(_escape_start, "".join(parts))


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def _escape_start(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2]}\\" if found[2].isdigit() else f"{found[1]}\\{found[2]}"


def lines_of(text: str) -> list[str]:
    """Plain text with its line breaks kept."""
    lines = [escaped(line) for line in text.split("\n")]
    return [line + "\\" if line and after else line for line, after in _with_next(lines)]


def _with_next(lines: Sequence[str]) -> Iterable[tuple[str, str]]:
    return zip(lines, [*lines[1:], ""], strict=True)


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


def rich_text(nodes: Sequence[Node]) -> str:
    return "\n".join(_blocks(nodes, 0)) + "\n"


def _blocks(nodes: Sequence[Node], level: int, *, tight: bool = False) -> list[str]:
    lines: list[str] = []
    for node in nodes:
        block = _block(node, level)
        if not any(block):
            continue  # an empty paragraph says nothing in Markdown
        if lines and not tight:
            lines.append("")
        lines += block
    return lines


def _block(node: Node, level: int) -> list[str]:
    if level > NESTING_MAX:
        return []
    if node.tag == "heading":
        marks = "#" * min(max(_whole(node.attributes.get("level"), 1), 1), 6)
        return [f"{marks} {_inline(node.children).replace(chr(10), ' ')}"]
    if node.tag in ("bulletList", "orderedList"):
        return _list(node, level)
    if node.tag == "blockquote":
        return [f"> {line}".rstrip() for line in _blocks(node.children, level + 1)]
    if node.tag == "codeBlock":
        return _code_block(node)
    if node.tag == "horizontalRule":
        return ["---"]
    if node.tag in ("", "paragraph", "hardBreak"):
        children = node.children if node.tag == "paragraph" else (node,)
        return _paragraph(children)
    return _blocks(node.children, level + 1)


def _paragraph(children: Sequence[Node]) -> list[str]:
    lines = [_LINE_START.sub(_escape_start, line) for line in _inline(children).split("\n")]
    return [line + "\\" if line and after else line for line, after in _with_next(lines)]


def _list(node: Node, level: int) -> list[str]:
    lines: list[str] = []
    first = _whole(node.attributes.get("start"), 1)
    for number, item in enumerate(node.children, first):
        mark = f"{number}. " if node.tag == "orderedList" else "- "
        parts = _blocks(item.children, level + 1, tight=True) or [""]
        indented = [" " * len(mark) + line if line else "" for line in parts[1:]]
        lines += [(mark + parts[0]).rstrip(), *indented]
    return lines


def _code_block(node: Node) -> list[str]:
    text = "".join(run for child in node.children for run, _ in child.runs)
    language = str(node.attributes.get("language") or "")
    fence = _fence(text, 3)
    named = language if re.fullmatch(r"[\w+#.-]{1,40}", language, re.ASCII) else ""
    return [fence + named, *text.split("\n"), fence]


def _inline(children: Sequence[Node]) -> str:
    parts = []
    for child in children:
        if child.tag == "hardBreak":
            parts.append("\n")
        parts += [_run(text, marks) for text, marks in child.runs]
    return "".join(parts)


def _run(text: str, marks: Mapping[str, Any]) -> str:
    """Marks do not hold when they begin or end with a space, so spaces stay outside."""
    inner = text.strip()
    if not inner:
        return text
    before, after = text[: text.index(inner[0])], text[len(text.rstrip()) :]
    if "code" in marks:
        fence = _fence(inner, 1)
        padded = f" {inner} " if inner[0] == "`" or inner[-1] == "`" else inner
        shown = fence + padded.replace("\n", " ") + fence
    else:
        shown = _escaped(inner)
        for mark, sign in _MARKS:
            if mark in marks:
                shown = sign + shown + sign
    link = marks.get("link")
    address = str(link.get("href") or "") if isinstance(link, Mapping) else ""
    if _LINKED.fullmatch(address):
        shown = f"[{shown}](<{address}>)"
    return before + shown + after


def _fence(text: str, least: int) -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    return "`" * max(least, longest + 1)


def _whole(value: object, otherwise: int) -> int:
    try:
        return min(int(float(str(value))), 999_999)
    except (ValueError, OverflowError):
        return otherwise
