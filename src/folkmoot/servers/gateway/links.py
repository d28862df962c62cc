"""Links: what the links of a conference's editors allow, at its state of now. Sans-IO."""

from __future__ import annotations

from folkmoot.apps.documents.foreign import refusal
from folkmoot.apps.editors import EditorLink, links_of
from folkmoot.conference.state import ConferenceState
from folkmoot.servers.collaboration.host import ConferenceHost
from folkmoot.servers.gateway.ends import End
from folkmoot.servers.gateway.mirrors import document_of


class Links:
    def __init__(self, host: ConferenceHost) -> None:
        self._host = host

    @property
    def _state(self) -> ConferenceState:
        return self._host.replica.state

    def find(self, link: str) -> EditorLink | None:
        return links_of(self._state).get(link)

    def refusal(self, link: str, document: str, origin: str | None, now_ms: int) -> End | None:
        """Why a link may not be used here; None when one may read with it.

        Shape: `origin` is that of the page, None for a page of ours and for what is no page.
        """
        found = self.find(link)
        if found is None or found.expires_ms <= self._time_ms(now_ms):
            return End.UNAUTHORIZED
        if self._ended:
            return End.FORBIDDEN
        if found.document != document or not (origin is None or origin in found.origins):
            return End.FORBIDDEN
        return None if document_of(self._state, document) is not None else End.NOT_FOUND

    def over(self, link: str, document: str, now_ms: int) -> tuple[End, str] | None:
        """Why an editor that was let in has to go, with a sentence where the end's does not do."""
        found = self.find(link)
        if document_of(self._state, document) is None:
            return End.NOT_FOUND, ""
        if found is None or found.expires_ms <= self._time_ms(now_ms):
            return End.UNAUTHORIZED, ""
        return (End.FORBIDDEN, "This room has ended.") if self._ended else None

    def closed(self, link: str, document: str, kind: str, now_ms: int) -> str:
        """The code for which a document takes nothing over this link just now; empty if it does."""
        time_ms = self._time_ms(now_ms)
        return refusal(self._state, self.find(link), document, kind, time_ms)

    @property
    def _ended(self) -> bool:
        doors = self._state.doors
        return doors is not None and bool(doors.ended)

    def _time_ms(self, now_ms: int) -> int:
        """The log's time, as well as it is known."""
        return max(self._state.time_ms, self._host.clock.at(now_ms))
