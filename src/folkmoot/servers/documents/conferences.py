"""Conferences as the documents server sees them."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from folkmoot.apps.documents import Document, DocumentsState
from folkmoot.conference.application import Applications
from folkmoot.servers.applications import conferences
from folkmoot.servers.applications.conferences import KEPT_S, Trimmed
from folkmoot.servers.replicas import LoadFrom

__all__ = ["KEPT_S", "Conferences", "OpenConference", "Trimmed"]


class OpenConference(conferences.OpenConference):
    """One conference. Caller: `refresh` before looking at its documents."""

    app: ClassVar[str] = "documents"

    @property
    def documents(self) -> DocumentsState:
        state: DocumentsState = self.state.apps["documents"]
        return state

    def document(self, id_: str) -> Document | None:
        return self.documents.documents.get(id_)


class Conferences(conferences.OpenConferences[OpenConference]):
    """Opens conferences for the documents server."""

    def __init__(
        self,
        engine: LoadFrom,
        applications: Applications,
        server: str,
        now_s: Callable[[], float],
    ) -> None:
        super().__init__(OpenConference, engine, applications, server, now_s)
