"""The query `deck`: the way to a deck's pages, and to its PDF for those who may export.

Pure. Who asks gets a signed ticket for the web servers, which know nothing of roles and rooms.
"""

from __future__ import annotations

from typing import Final

import msgspec

from folkmoot.apps.common import may
from folkmoot.apps.slides import SlidesState
from folkmoot.apps.slides.state import REMOVING
from folkmoot.conference.rights import EVERYONE, Right
from folkmoot.conference.state import ConferenceState
from folkmoot.protocol.codes import message_of
from folkmoot.protocol.frames import Fault, Get
from folkmoot.servers.collaboration.effects import AnswerDeck
from folkmoot.servers.collaboration.member import Member

QUERY: Final = "deck"
EXPORT: Final = Right(EVERYONE, "export")


class _Deck(msgspec.Struct):
    deck: str


def deck_query(state: ConferenceState, member: Member, frame: Get) -> AnswerDeck | Fault:
    """The answer. Errors: `msgspec.DecodeError`."""
    slides: SlidesState | None = state.apps.get("slides")
    if slides is None:
        return _fault(frame, message_of("unknown_application"))
    id_ = msgspec.msgpack.decode(frame.arguments, type=_Deck).deck
    deck = slides.decks.get(id_)
    if deck is None or deck.phase == REMOVING:
        return _fault(frame, "These slides are not there any more.")
    if not deck.ready:
        return _fault(frame, "No page of these slides is ready yet.")
    return AnswerDeck(
        member.connection, frame.request, member.person, id_, deck.folder, deck.title,
        may(state, member.person, EXPORT),
    )  # fmt: skip


def _fault(frame: Get, message: str) -> Fault:
    return Fault("request_failed", message, request=frame.request)
