"""Writes the tables of `docs/` that tell what the code says: frames, codes, limits, settings.

`python scripts/doc_tables.py` writes them between their marks, `--check` only says whether they are
current; `tests/unit/test_docs.py` fails until they are.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import re
import sys
import types
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from folkmoot import settings
from folkmoot.apps import all_applications
from folkmoot.conference.rights import LOCKABLE, SETTINGS, STAFF, Right, Role
from folkmoot.protocol import codes, frames, limits
from folkmoot.protocol.position import Position
from folkmoot.servers.doors import tickets

DOCS = Path(__file__).resolve().parent.parent / "docs"
NAMES = {int: "integer", str: "text", bool: "boolean", msgspec.Raw: "any", Any: "any"}
PLAIN = {
    "Ping": "Says that the client lives; answered by `pong`.",
    "Pong": "Answers `ping`.",
    "Got": "Answers `get`.",
}
"""Frames whose name says it all have no docstring."""


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join([_row(head), _row(["---"] * len(head)), *map(_row, rows)])


def _first_sentence(struct: type[msgspec.Struct]) -> str:
    # Not `inspect.getdoc`: it would take the base class's.
    own = inspect.cleandoc(struct.__dict__.get("__doc__") or "")
    return " ".join(own.split("\n\n")[0].split()) or PLAIN.get(struct.__name__, "")


def _type(annotation: Any) -> str:
    if annotation in NAMES:
        return NAMES[annotation]
    arguments = typing.get_args(annotation)
    if typing.get_origin(annotation) is list:
        return f"list of {_type(arguments[0])}"
    if typing.get_origin(annotation) is dict:
        return f"map of {_type(arguments[0])} to {_type(arguments[1])}"
    return str(annotation.__name__)


def _fields(struct: type[msgspec.Struct]) -> str:
    hints = typing.get_type_hints(struct)
    shown = []
    for field in msgspec.structs.fields(struct):
        text = f"`{field.name}` {_type(hints[field.name])}"
        default = field.default
        if isinstance(default, Position):
            text += f' = ["{default.epoch}", {default.sequence}]'
        elif default is not msgspec.NODEFAULT:
            text += f" = {default!r}".lower() if isinstance(default, bool) else f" = {default!r}"
        elif field.required is False:
            text += ", may be missing"
        shown.append(text)
    return ", ".join(shown) or "none"


def _frames(union: types.UnionType) -> str:
    rows = []
    for frame in typing.get_args(union):
        tag = str(frame.__struct_config__.tag)
        rows.append([f"`{tag}`", _fields(frame), _first_sentence(frame)])
    return _table(["first element", "further elements", "says"], rows)


def _parts() -> str:
    parts = (Position, frames.Rejection, frames.Event, frames.Batch)
    rows = [[part.__name__, _fields(part), _first_sentence(part)] for part in parts]
    return _table(["array", "elements", "is"], rows)


def _codes(kind: codes.Kind) -> str:
    rows = [
        [f"`{code.name}`", code.message, code.issued_when, code.client_should]
        for code in codes.CODES
        if code.kind is kind
    ]
    return _table(["code", "sentence", "issued when", "client should"], rows)


def _closes() -> str:
    rows = [
        [
            str(code.close),
            f"`{code.name}`",
            "yes" if code.reconnect else "no",
            code.message,
            code.issued_when,
            code.client_should,
        ]
        for code in codes.CODES
        if code.kind is codes.Kind.CLOSE
    ]
    head = ["number", "code", "come back", "sentence", "issued when", "client should"]
    return _table(head, rows)


def _documented(module: types.ModuleType) -> Iterator[tuple[str, object, str]]:
    """Upper-case constants of a module with the sentence written under them."""
    body = ast.parse(inspect.getsource(module)).body
    for node, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            text = ""
            if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                text = " ".join(str(after.value.value).split())
            yield node.target.id, getattr(module, node.target.id), text


def _limits() -> str:
    rows = [[f"`{name}`", str(value), text] for name, value, text in _documented(limits)]
    return _table(["limit", "value", "meaning"], rows)


def _settings() -> str:
    rows = [
        [f"`{field.name}`", str(field.default)]
        for field in msgspec.structs.fields(settings.Settings)
    ]
    return _table(["setting", "default"], rows)


def _may(right: Right, role: Role) -> str:
    if role not in right.roles:
        return ""
    return "open" if right.setting and role not in STAFF else "yes"


def _rights() -> str:
    rows = [
        [
            f"`{name}` `{operation}`",
            *(_may(right, role) for role in Role),
            f"`{right.setting}`" if right.setting else "",
        ]
        for name, application in all_applications().items()
        for operation, right in application.rights.items()
    ]
    return _table(["operation", *(role.value for role in Role), "setting"], rows)


def _room_settings() -> str:
    named = {Role.PARTICIPANT: "participants", Role.VIEWER: "viewers"}
    rows = [
        [
            f"`{name}`",
            setting.says,
            " and ".join(named[role] for role in LOCKABLE if role in setting.open_to) or "nobody",
            "yes" if setting.activity else "",
        ]
        for name, setting in SETTINGS.items()
    ]
    return _table(["setting", "lets people", "open to", "suspended"], rows)


def _lasts(ms: int) -> str:
    for unit, unit_ms in (("day", 86_400_000), ("minute", 60_000), ("second", 1_000)):
        if ms >= unit_ms and ms % unit_ms == 0:
            count = ms // unit_ms
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "told by who makes it"


def _tokens() -> str:
    rows = [
        [f"`{kind.mark}`", _first_sentence(kind), _lasts(kind.lifetime_ms), kind.audience]
        for kind in tickets.KINDS
    ]
    return _table(["begins with", "says", "lives", "is taken by"], rows)


def tables() -> dict[str, str]:
    """Mark to the current table."""
    return {
        "client-frames": _frames(frames.ClientFrame),
        "server-frames": _frames(frames.ServerFrame),
        "parts": _parts(),
        "rejections": _codes(codes.Kind.REJECTION),
        "faults": _codes(codes.Kind.FAULT),
        "closes": _closes(),
        "endings": _codes(codes.Kind.ENDING),
        "limits": _limits(),
        "settings": _settings(),
        "rights": _rights(),
        "room-settings": _room_settings(),
        "tokens": _tokens(),
    }


def renewed(text: str) -> str:
    """The page with its tables as they should be. Errors: KeyError for an unknown mark."""
    current = tables()

    def put(match: re.Match[str]) -> str:
        mark = match[1]
        return f"<!-- table: {mark} -->\n{current[mark]}\n<!-- end -->"

    return re.sub(r"<!-- table: ([a-z-]+) -->.*?<!-- end -->", put, text, flags=re.DOTALL)


def stale() -> list[Path]:
    """Pages whose tables are not current."""
    pages = sorted(DOCS.rglob("*.md"))
    return [p for p in pages if renewed(p.read_text("utf-8")) != p.read_text("utf-8")]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python scripts/doc_tables.py")
    parser.add_argument("--check", action="store_true", help="write nothing, fail when stale")
    options = parser.parse_args(arguments)
    pages = stale()
    for page in pages:
        if options.check:
            print(f"{page}: tables are not current; run `make docs`", file=sys.stderr)
        else:
            page.write_text(renewed(page.read_text("utf-8")), "utf-8")
    return 1 if pages and options.check else 0


if __name__ == "__main__":
    raise SystemExit(main())
