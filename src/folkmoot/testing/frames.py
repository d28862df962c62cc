"""Examples of every frame with their bytes, so that other languages can be held to them.

`python -m folkmoot.testing.frames` writes them for the TypeScript client; a test fails until then.
"""

from __future__ import annotations

import json
import typing
from pathlib import Path
from typing import Any, Final

import msgspec

from folkmoot.protocol import frames

GOLDEN: Final = (
    Path(__file__).resolve().parents[3]
    / "web"
    / "packages"
    / "client"
    / "tests"
    / "golden"
    / "frames.json"
)
LARGE: Final = 2**53 - 1
"""The largest number that a browser's numbers hold exactly."""

BODIES: Final[tuple[Any, ...]] = (
    None,
    {"text": "Grüße, 世界 🌾", "n": [0, -1, 127, 128, -33, 65_536, LARGE, 1.5], "yes": True},
    {"update": b"\x00\x01\xff", "empty": {}, "none": []},
)
TEXTS: Final = ("", "abc", "é世🌾" * 20)
NUMBERS: Final = (0, 7, LARGE)


def _value(annotation: Any, which: int) -> Any:
    """An example of a field's type; `which` chooses an empty, a usual or a large one."""
    if annotation is msgspec.Raw:
        return msgspec.Raw(msgspec.msgpack.encode(BODIES[which]))
    if annotation is str:
        return TEXTS[which]
    if annotation is bool:
        return which == 1
    if annotation is int:
        return NUMBERS[which]
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is list:
        return [_value(arguments[0], at) for at in range(which + 1)] if which else []
    if origin is dict:
        return {"chat": BODIES[1], "notes": BODIES[2]} if which else {}
    hints = typing.get_type_hints(annotation)
    fields = msgspec.structs.fields(annotation)
    return annotation(*(_value(hints[field.name], which) for field in fields))


def _plain(value: Any) -> Any:
    """As the TypeScript client holds it, in JSON: bytes are `{"$bytes": hex}`."""
    if isinstance(value, msgspec.Raw):
        return _plain(msgspec.msgpack.decode(value))
    if isinstance(value, msgspec.Struct):
        tag = value.__struct_config__.tag
        named = {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
        return {"frame": tag, **named} if tag else named
    if isinstance(value, bytes):
        return {"$bytes": value.hex()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _examples(struct: type[msgspec.Struct]) -> list[dict[str, Any]]:
    """Shape: `exact` says that encoding `value` gives `hex`; others can only be read."""
    found = []
    for which, kind in enumerate(("empty", "usual", "large")):
        frame = _value(struct, which)
        data = frames.encode(frame)
        found.append({"kind": kind, "exact": True, "hex": data.hex(), "value": _plain(frame)})
    fields = msgspec.structs.fields(struct)
    given = [_value(typing.get_type_hints(struct)[f.name], 1) for f in fields if f.required]
    oldest = struct(*given)
    items = msgspec.msgpack.decode(frames.encode(oldest))
    short = msgspec.msgpack.encode(items[: 1 + len(given)])
    longer = msgspec.msgpack.encode([*items, "of tomorrow", {"more": 1}])
    for kind, data in (("of an older peer", short), ("of a newer peer", longer)):
        found.append({"kind": kind, "exact": False, "hex": data.hex(), "value": _plain(oldest)})
    return found


def golden() -> str:
    """The examples as JSON."""
    sides = {"client": frames.ClientFrame, "server": frames.ServerFrame}
    examples = [
        {"side": side, "name": struct.__name__, **example}
        for side, union in sides.items()
        for struct in typing.get_args(union)
        for example in _examples(struct)
    ]
    return json.dumps(examples, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    GOLDEN.parent.mkdir(parents=True, exist_ok=True)
    GOLDEN.write_text(golden(), encoding="utf-8")
