"""Writes the browser's frames, codes and limits from the Python ones.

`python -m folkmoot.protocol.typescript` writes the files, `--check` only says whether they are
current. Run it after every change of `frames`, `codes` or `limits`; a test fails until then.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import json
import sys
import types
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from folkmoot.protocol import codes, frames, limits
from folkmoot.protocol.position import Position

DIRECTORY: Final = (
    Path(__file__).resolve().parents[3] / "web" / "packages" / "client" / "src" / "generated"
)
HEADER: Final = "// Generated from src/folkmoot/protocol by `make web-types`. Do not edit.\n"
PARTS: Final[tuple[type[msgspec.Struct], ...]] = (
    Position,
    frames.Rejection,
    frames.Event,
    frames.Batch,
    frames.PendingEvent,
)
"""Structs that frames are made of; each only uses those before it."""

SCALARS: Final[dict[object, tuple[str, str]]] = {
    int: ("number", "readNumber"),
    str: ("string", "readString"),
    bool: ("boolean", "readBoolean"),
    msgspec.Raw: ("unknown", "readAny"),
}


def _members(union: types.UnionType) -> tuple[type[msgspec.Struct], ...]:
    return typing.get_args(union)


def _summary(documented: object) -> str:
    """First sentence of a docstring, on one line; empty for the ones msgspec makes up."""
    text = inspect.getdoc(documented) or ""
    return " ".join(text.split("\n\n")[0].split())


def _comment(documented: object) -> str:
    summary = _summary(documented)
    return f"/** {summary} */\n" if summary else ""


class Shape(msgspec.Struct, frozen=True):
    """How one field looks in TypeScript: its type, and how it is read from and written to."""

    type: str
    read: Callable[[str], str]
    write: Callable[[str], str]


def shape_of(annotation: Any) -> Shape:
    """Errors: TypeError for a type that no frame uses yet; teach it here."""
    if annotation in SCALARS:
        name, reader = SCALARS[annotation]
        return Shape(name, lambda at: f"{reader}({at})", lambda value: value)
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        name = annotation.__name__
        return Shape(name, lambda at: f"read{name}({at})", lambda value: f"write{name}({value})")
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is list:
        item = shape_of(arguments[0])
        if arguments[0] in SCALARS:
            reader = SCALARS[arguments[0]][1]
            return Shape(
                f"readonly {item.type}[]",
                lambda at: f"readList({at}, {reader})",
                lambda value: value,
            )
        return Shape(
            f"readonly {item.type}[]",
            lambda at: f"readList({at}, read{item.type})",
            lambda value: f"{value}.map(write{item.type})",
        )
    if origin is dict and arguments == (str, Any):
        return Shape(
            "Readonly<Record<string, unknown>>", lambda at: f"readMap({at})", lambda value: value
        )
    raise TypeError(f"no TypeScript shape for {annotation!r}")


def _literal(value: object) -> str:
    if isinstance(value, Position):
        return f"{{ epoch: {json.dumps(value.epoch)}, sequence: {value.sequence} }}"
    return json.dumps(value)


def _fields(struct: type[msgspec.Struct]) -> Iterator[tuple[str, Shape, str | None]]:
    hints = typing.get_type_hints(struct)
    for field in msgspec.structs.fields(struct):
        default = None if field.required else _literal(_default(field))
        yield field.name, shape_of(hints[field.name]), default


def _default(field: msgspec.structs.FieldInfo) -> object:
    factory = field.default_factory
    return field.default if factory is msgspec.NODEFAULT else factory()


def _struct(struct: type[msgspec.Struct], tag: str | None) -> str:
    """Interface, reader and writer of one struct; a frame's own fields start after its tag."""
    name = struct.__name__
    tag_line = f'  readonly frame: "{tag}";\n' if tag else ""
    lines = [f"{_comment(struct)}export interface {name} {{\n{tag_line}"]
    reads = [f'    frame: "{tag}",\n'] if tag else []
    writes = [f'"{tag}"'] if tag else []
    first = 1 if tag else 0
    for index, (field, shape, default) in enumerate(_fields(struct), first):
        lines.append(f"  readonly {field}: {shape.type};\n")
        read = shape.read(f"items[{index}]")
        if default is not None:
            read = f"items.length > {index} ? {read} : {default}"
        reads.append(f"    {field}: {read},\n")
        writes.append(shape.write(f"value.{field}"))
    lines.append("}\n\n")
    lines.append(
        f"export function read{name}(raw: unknown): {name} {{\n"
        f"  {'const items = ' if len(reads) > first else ''}readItems(raw);\n"
        f"  return {{\n{''.join(reads)}  }};\n}}\n\n"
    )
    lines.append(
        f"export function write{name}(value: {name}): unknown[] {{\n"
        f"  return [\n    {(',' + chr(10) + '    ').join(writes)},\n  ];\n}}\n\n"
    )
    return "".join(lines)


def _tag(struct: type[msgspec.Struct]) -> str:
    tag = struct.__struct_config__.tag
    if not isinstance(tag, str):
        raise TypeError(f"{struct.__name__} has no tag")
    return tag


def _union(name: str, members: tuple[type[msgspec.Struct], ...]) -> str:
    reads = "".join(
        f'    case "{_tag(m)}":\n      return read{m.__name__}(raw);\n' for m in members
    )
    writes = "".join(
        f'    case "{_tag(m)}":\n      return write{m.__name__}(value);\n' for m in members
    )
    return (
        f"export type {name} =\n  | {(chr(10) + '  | ').join(m.__name__ for m in members)};\n\n"
        f"/** The frame, or null for one of a type that this version does not know. */\n"
        f"export function read{name}(raw: unknown): {name} | null {{\n"
        f"  switch (readItems(raw)[0]) {{\n{reads}    default:\n      return null;\n  }}\n}}\n\n"
        f"export function write{name}(value: {name}): unknown[] {{\n"
        f"  switch (value.frame) {{\n{writes}  }}\n}}\n"
    )


def frames_source() -> str:
    client, server = _members(frames.ClientFrame), _members(frames.ServerFrame)
    body = "".join(
        [
            *(_struct(part, None) for part in PARTS),
            *(_struct(frame, _tag(frame)) for frame in (*client, *server)),
            _union("ClientFrame", client),
            "\n",
            _union("ServerFrame", server),
        ]
    )
    readers = sorted(
        name
        for name in (
            "readAny",
            "readBoolean",
            "readItems",
            "readList",
            "readMap",
            "readNumber",
            "readString",
        )
        if f"{name}(" in body or f", {name})" in body
    )
    return f'{HEADER}import {{ {", ".join(readers)} }} from "../wire";\n\n{body}'


def codes_source() -> str:
    names = " | ".join(json.dumps(kind.value) for kind in codes.Kind)
    rows = "".join(
        f"  {code.name}: {{\n"
        f'    kind: "{code.kind.value}",\n'
        f"    message: {json.dumps(code.message)},\n"
        f"    close: {code.close},\n"
        f"    reconnect: {json.dumps(code.reconnect)},\n"
        "  },\n"
        for code in codes.CODES
    )
    return (
        f"{HEADER}export interface CodeEntry {{\n  readonly kind: {names};\n"
        "  readonly message: string;\n"
        "  /** WebSocket close code, or 0. */\n  readonly close: number;\n"
        "  /** Whether a client comes back by itself. */\n  readonly reconnect: boolean;\n}\n\n"
        f"export const CODES = {{\n{rows}}} as const satisfies Record<string, CodeEntry>;\n\n"
        "export type CodeName = keyof typeof CODES;\n"
    )


def _constants(module: types.ModuleType) -> Iterator[tuple[str, str, str]]:
    """Name, value and docstring of a module's upper-case constants, in their order."""
    body = ast.parse(inspect.getsource(module)).body
    for node, after in zip(body, [*body[1:], None], strict=True):
        if not (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)):
            continue
        text = ""
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            text = " ".join(str(after.value.value).split())
        yield node.target.id, _json(getattr(module, node.target.id)), text


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def limits_source() -> str:
    lines = [
        (f"/** {text} */\n" if text else "") + f"export const {name} = {value};\n"
        for name, value, text in _constants(limits)
    ]
    return HEADER + "".join(lines)


def sources() -> dict[str, str]:
    """File name to its current content."""
    return {
        "frames.gen.ts": frames_source(),
        "codes.gen.ts": codes_source(),
        "limits.gen.ts": limits_source(),
    }


def stale(directory: Path = DIRECTORY) -> list[str]:
    """Names of the files that differ from what they should be, or are missing."""
    return [
        name
        for name, source in sources().items()
        if not (directory / name).is_file()
        or (directory / name).read_text(encoding="utf-8") != source
    ]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m folkmoot.protocol.typescript")
    parser.add_argument("--check", action="store_true", help="write nothing, fail when stale")
    parser.add_argument("--directory", type=Path, default=DIRECTORY)
    options = parser.parse_args(arguments)
    if options.check:
        names = stale(options.directory)
        if names:
            print(f"Not current: {', '.join(names)}. Run `make web-types`.", file=sys.stderr)
        return 1 if names else 0
    options.directory.mkdir(parents=True, exist_ok=True)
    for name, source in sources().items():
        (options.directory / name).write_text(source, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
