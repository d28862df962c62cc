"""Slides as a client knows them: what each event changes. Pure."""

from __future__ import annotations

from typing import Any

from folkmoot.client.talk_state import Told

_OF_A_DECK = ("sizes", "marks", "notes")


def new_slides() -> dict[str, Any]:
    return {"decks": []}


def slides_after(slides: dict[str, Any], event: Told) -> None:
    """Changes the view in place."""
    body, decks = event.body, slides["decks"]
    known = next((deck for deck in decks if deck["deck"] == body.get("deck")), None)
    if event.type in ("opened", "changed"):
        if known is None:
            decks.append({"sizes": [], "marks": []} | body)
        else:
            kept = {name: known[name] for name in _OF_A_DECK if name in known}
            known.clear()
            known.update(kept | body)
    elif event.type == "removed":
        slides["decks"] = [deck for deck in decks if deck is not known]
    elif known is not None:
        _deck_after(known, event.type, body)


def _deck_after(deck: dict[str, Any], type_: str, body: dict[str, Any]) -> None:
    if type_ == "turned":
        deck["page"] = body["page"]
    elif type_ == "marked":
        deck["marks"].append({name: value for name, value in body.items() if name != "deck"})
    elif type_ == "unmarked":
        gone, page = body["marks"], body["page"]
        deck["marks"] = [m for m in deck["marks"] if m["page"] != page or m["mark"] not in gone]
    elif type_ == "noted":
        notes = {note["page"]: note["text"] for note in [*deck.get("notes", []), *body["notes"]]}
        deck["notes"] = [{"page": p, "text": t} for p, t in sorted(notes.items()) if t]
