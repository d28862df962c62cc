"""Makes a document what it was, as new edits, where the present differs. In the child.

Nodes, texts and entries that are alike stay the very same, so carets in them stay, and what others
write into them at the same time survives.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import pycrdt

from folkmoot.apps.yjs_update import parse_update
from folkmoot.servers.documents.comparing import list_changes, text_changes
from folkmoot.servers.documents.job import (
    PART_BYTES,
    Failed,
    RestoreJob,
    RestorePart,
    Reworked,
)
from folkmoot.servers.documents.merging import clocks_of
from folkmoot.servers.documents.painting import FIELD, NESTING_MAX
from folkmoot.servers.documents.roots import ARRAY, MAP, TEXT, XML, roots_of

INSERT_CHARACTERS: Final = 8_000
"""Of a text in one edit, so that no update is larger than an operation may be."""

_EMBED: Final = "\ufffc"
_Runs = list[tuple[Any, dict[str, Any]]]


def rework(job: RestoreJob) -> Reworked | Failed:
    """The edits that make `present` what `wanted` is, under the job's own number."""
    present, wanted = _opened(job.number, *_present(job)), _opened(0, *job.wanted)
    clock = clocks_of(present).get(job.number, 0)
    parts: list[bytes] = []
    subscription = present.observe(lambda event: parts.append(event.update))
    kinds = {"rich": {FIELD: XML}, "text": {FIELD: TEXT}}.get(job.kind)
    if kinds is None:
        kinds = roots_of(present.get_update()) | roots_of(wanted.get_update())
    for name in sorted(kinds):
        make = _MAKES[kinds[name]]
        make(
            present.get(name, type=_TYPES[kinds[name]]), wanted.get(name, type=_TYPES[kinds[name]])
        )
    present.unobserve(subscription)
    return Reworked(_joined(parts, job.number, clock))


def _present(job: RestoreJob) -> list[bytes]:
    return [*([job.present] if job.present is not None else ()), *(u.update for u in job.updates)]


def _opened(number: int, *updates: bytes) -> pycrdt.Doc[Any]:
    doc: pycrdt.Doc[Any] = pycrdt.Doc(client_id=number) if number else pycrdt.Doc()
    for update in updates:
        doc.apply_update(update)
    return doc


def _joined(parts: Sequence[bytes], number: int, clock: int) -> list[RestorePart]:
    """The edits, several in one as long as that is no larger than an operation may be."""
    groups: list[list[bytes]] = []
    size_bytes = 0
    for part in parts:
        if not groups or size_bytes + len(part) > PART_BYTES:
            groups.append([])
            size_bytes = 0
        groups[-1].append(part)
        size_bytes += len(part)
    told = []
    for group in groups:
        update = pycrdt.merge_updates(*group) if len(group) > 1 else group[0]
        own = [c for c in parse_update(update, merged=True).clients if c.client == number]
        first, end = (own[0].first, own[0].end) if own else (clock, clock)
        told.append(RestorePart(first, end, update))
        clock = end
    return told


# Texts


def _make_text(present: Any, wanted: Any) -> None:
    _make_runs(present, _runs(present), _runs(wanted))


def _runs(text: Any) -> _Runs:
    """Parts with the same marks as one: where they were parted depends on how they were typed."""
    runs: _Runs = []
    for part, attributes in text.diff():
        marks = dict(attributes or {})
        alike = runs and runs[-1][1] == marks
        if alike and isinstance(part, str) and isinstance(runs[-1][0], str):
            runs[-1] = (runs[-1][0] + part, marks)
        else:
            runs.append((part, marks))
    return runs


def _plain(runs: _Runs) -> str:
    return "".join(run if isinstance(run, str) else _EMBED for run, _ in runs)


def _make_runs(text: Any, old_runs: _Runs, new_runs: _Runs) -> None:
    old, new = _plain(old_runs), _plain(new_runs)
    if any(not isinstance(run, str) for run, _ in (*old_runs, *new_runs)):
        if _key(old_runs) != _key(new_runs):
            _rewrite(text, len(text), new_runs)
        return
    sizes = _Sizes(old)
    marks = _Marks(new_runs)
    for a, b, c, d in reversed(text_changes(old, new)):
        start, end = sizes.bytes_to(a), sizes.bytes_to(b)
        if end > start:
            del text[start:end]
        for piece, attributes in reversed(marks.pieces(c, d)):
            for at in reversed(range(0, len(piece), INSERT_CHARACTERS)):
                text.insert(start, piece[at : at + INSERT_CHARACTERS], attributes)
    _make_marks(text, new_runs)


def _rewrite(text: Any, length: int, runs: _Runs) -> None:
    """What is embedded has no text to compare it by."""
    if length:
        del text[0:length]
    for run, attributes in runs:
        at = len(text)
        if isinstance(run, str):
            text.insert(at, run, attributes or None)
        else:
            text.insert_embed(at, run, attributes or None)


def _make_marks(text: Any, wanted: _Runs) -> None:
    """Formats what is still formatted otherwise; the characters are alike by now."""
    at = 0
    have = [(len(run.encode()), marks) for run, marks in _runs(text)]
    want = [(len(run.encode()), marks) for run, marks in wanted]
    for size, old, new in _overlaps(have, want):
        if old != new:
            text.format(at, at + size, new | dict.fromkeys(old.keys() - new.keys()))
        at += size


def _overlaps(
    have: list[tuple[int, dict[str, Any]]], want: list[tuple[int, dict[str, Any]]]
) -> list[tuple[int, dict[str, Any], dict[str, Any]]]:
    found, i, j, had, wants = [], 0, 0, 0, 0
    while i < len(have) and j < len(want):
        size = min(have[i][0] - had, want[j][0] - wants)
        found.append((size, have[i][1], want[j][1]))
        had, wants = had + size, wants + size
        if had == have[i][0]:
            i, had = i + 1, 0
        if wants == want[j][0]:
            j, wants = j + 1, 0
    return found


class _Sizes:
    """Yrs counts bytes where Python counts characters."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._ascii = text.isascii()

    def bytes_to(self, place: int) -> int:
        return place if self._ascii else len(self._text[:place].encode())


class _Marks:
    """Parts of a text with their marks."""

    def __init__(self, runs: _Runs) -> None:
        self._runs = runs

    def pieces(self, start: int, end: int) -> list[tuple[str, dict[str, Any] | None]]:
        found, at = [], 0
        for run, marks in self._runs:
            piece = run[max(start - at, 0) : max(end - at, 0)]
            if piece:
                found.append((piece, marks or None))
            at += len(run)
        return found


# Trees


def _make_children(present: Any, wanted: Any, level: int = 0) -> None:
    children, targets = list(present.children), list(wanted.children)
    changes = list_changes([_key(c) for c in children], [_key(t) for t in targets])
    for a, b, c, d in reversed(changes):
        _make_span(present, children[a:b], a, targets[c:d], level)


def _make_span(parent: Any, olds: list[Any], at: int, news: list[Any], level: int) -> None:
    """From the end, so that places before stay what they are."""
    pairs = _paired(olds, news)
    i, j = len(olds), len(news)
    for old_at, new_at in reversed([(-1, -1), *pairs]):
        while j > new_at + 1:
            j -= 1
            _insert(parent, at + i, news[j], level)
        while i > old_at + 1:
            i -= 1
            del parent.children[at + i]
        if old_at >= 0:
            i, j = old_at, new_at
            _make_node(olds[old_at], news[new_at], level + 1)


def _paired(olds: Sequence[Any], news: Sequence[Any]) -> list[tuple[int, int]]:
    """Which old node becomes which new one: the next of the same sort."""
    pairs, at = [], 0
    for j, new in enumerate(news):
        match = next((i for i in range(at, len(olds)) if _sort(olds[i]) == _sort(new)), None)
        if match is not None:
            pairs.append((match, j))
            at = match + 1
    return pairs


def _sort(node: Any) -> str:
    return "" if isinstance(node, pycrdt.XmlText) else str(node.tag)


def _make_node(old: Any, new: Any, level: int) -> None:
    if isinstance(new, pycrdt.XmlText):
        _make_text(old, new)
        return
    _make_attributes(old.attributes, dict(new.attributes))
    if level < NESTING_MAX:
        _make_children(old, new, level)


def _make_attributes(present: Any, wanted: Mapping[str, Any]) -> None:
    have = dict(present)
    for name in sorted(have.keys() - wanted.keys()):
        del present[name]
    for name, value in wanted.items():
        if name not in have or have[name] != value:
            present[name] = value


def _insert(parent: Any, at: int, node: Any, level: int) -> None:
    if isinstance(node, pycrdt.XmlText):
        parent.children.insert(at, pycrdt.XmlText(""))
        _make_runs(parent.children[at], [], _runs(node))
        return
    parent.children.insert(at, pycrdt.XmlElement(node.tag, dict(node.attributes)))
    if level < NESTING_MAX:
        inserted = parent.children[at]
        for place, child in enumerate(list(node.children)):
            _insert(inserted, place, child, level + 1)


def _key(node: Any, level: int = 0) -> str:
    """The same text for nodes and values that are alike."""
    if isinstance(node, pycrdt.XmlText):
        return json.dumps(_runs(node), sort_keys=True, default=repr)
    if isinstance(node, pycrdt.XmlElement):
        inside = [_key(child, level + 1) for child in node.children] if level < NESTING_MAX else []
        shown: Any = node.attributes
        return json.dumps([node.tag, dict(shown), inside], sort_keys=True, default=repr)
    plain = node.to_py() if hasattr(node, "to_py") else node
    return json.dumps(_without_version(plain), sort_keys=True, default=repr)


# Maps and lists, as boards have them


def _make_map(present: Any, wanted: Any) -> None:
    have, want = list(present.keys()), sorted(wanted.keys())
    for key in sorted(set(have) - set(want)):
        del present[key]
    for key in want:
        if key not in have or _key(present[key]) != _key(wanted[key]):
            present[key] = _value(wanted[key])


def _make_array(present: Any, wanted: Any) -> None:
    olds, news = list(present), list(wanted)
    versions = {o["id"]: o["version"] for o in map(_element, olds) if o is not None}
    changes = list_changes([_key(o) for o in olds], [_key(n) for n in news])
    for a, b, c, d in reversed(changes):
        if b > a:
            del present[a:b]
        for new in reversed(news[c:d]):
            present.insert(a, _renewed(_value(new), versions))


def _value(value: Any) -> Any:
    return _writable(value.to_py() if hasattr(value, "to_py") else value)


def _writable(value: Any) -> Any:
    """The value as pycrdt takes it: bytes are read as `bytearray`, which it would write as none."""
    if isinstance(value, bytearray):
        return bytes(value)
    if isinstance(value, dict):
        return {key: _writable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_writable(inner) for inner in value]
    return value


def _element(value: Any) -> dict[str, Any] | None:
    """What a drawing program keeps of a shape, if it is one."""
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        return None
    return value if isinstance(value.get("version"), int | float) else None


def _without_version(value: Any) -> Any:
    element = _element(value)
    if element is None:
        return value
    return {k: v for k, v in element.items() if k not in ("version", "versionNonce", "updated")}


def _renewed(value: Any, versions: Mapping[str, float]) -> Any:
    """A shape that comes back is newer than the one it replaces, or editors would not take it."""
    element = _element(value)
    if element is None:
        return value
    newest = max(versions.get(element["id"], 0), element["version"])
    return element | {"version": newest + 1}


_TYPES: Final[Mapping[str, Any]] = {
    TEXT: pycrdt.Text,
    XML: pycrdt.XmlFragment,
    MAP: pycrdt.Map,
    ARRAY: pycrdt.Array,
}
_MAKES: Final[Mapping[str, Callable[[Any, Any], None]]] = {
    TEXT: _make_text,
    XML: _make_children,
    MAP: _make_map,
    ARRAY: _make_array,
}
