"""What a client knows of the list of documents: a view, advanced by events. Pure."""

from __future__ import annotations

from typing import Any


def new_documents() -> dict[str, Any]:
    """Shape: `documents` maps an id to kind, title and more, in the order of the list; `removed`
    those that can be brought back.
    """
    return {"documents": {}, "removed": {}}


def documents_after(state: dict[str, Any], type_: str, body: Any) -> None:
    """One event. What is about a document's content changes nothing here."""
    change = _CHANGES.get(type_)
    if change is not None:
        change(state["documents"], state["removed"], body["document"], body)


def _created(listed: dict[str, Any], removed: dict[str, Any], id_: str, body: Any) -> None:
    listed[id_] = {key: value for key, value in body.items() if key != "document"}


def _renamed(listed: dict[str, Any], removed: dict[str, Any], id_: str, body: Any) -> None:
    if id_ in listed:
        listed[id_]["title"] = body["title"]


def _moved(listed: dict[str, Any], removed: dict[str, Any], id_: str, body: Any) -> None:
    order = [other for other in listed if other != id_]
    order.insert(body["place"], id_)
    entries = dict(listed)
    listed.clear()
    listed.update((other, entries[other]) for other in order if other in entries)


def _removed(listed: dict[str, Any], removed: dict[str, Any], id_: str, body: Any) -> None:
    entry = listed.pop(id_, {})
    told = {"by": body["by"], "removed_ms": body["removed_ms"]}
    removed[id_] = {"kind": entry.get("kind", ""), "title": entry.get("title", "")} | told


def _returned(listed: dict[str, Any], removed: dict[str, Any], id_: str, body: Any) -> None:
    removed.pop(id_, None)
    listed[id_] = {"kind": body["kind"], "title": body["title"]}


def _purged(listed: dict[str, Any], removed: dict[str, Any], id_: str, body: Any) -> None:
    removed.pop(id_, None)


_CHANGES = {
    "created": _created,
    "renamed": _renamed,
    "moved": _moved,
    "removed": _removed,
    "returned": _returned,
    "purged": _purged,
}
