"""Conferences as the converter sees them."""

from __future__ import annotations

import asyncio
from typing import ClassVar

import msgspec

from folkmoot.apps.slides import Deck, SlidesState
from folkmoot.conference.replica import Fenced, Replica
from folkmoot.servers.applications.conferences import NotNow, OpenConference, Trimmed
from folkmoot.servers.replicas import LoadFrom


class SlidesConference(OpenConference):
    """One conference, and its slides. What is said from several tasks is said in turn."""

    app: ClassVar[str] = "slides"

    def __init__(self, engine: LoadFrom, replica: Replica, server: str) -> None:
        super().__init__(engine, replica, server)
        self._speaking = asyncio.Lock()

    @property
    def slides(self) -> SlidesState | None:
        """None in a room of a level that knows no slides."""
        state: SlidesState | None = self.state.apps.get("slides")
        return state

    def deck(self, id_: str) -> Deck | None:
        return None if self.slides is None else self.slides.decks.get(id_)

    async def say(self, id_: str, type_: str, body: msgspec.Struct) -> None:
        """Says it in the log and reads on. Errors: `NotNow`, `LogUnavailable`, `LogFull`."""
        async with self._speaking:
            try:
                await self.publish(id_, type_, body)
            except (Trimmed, Fenced) as error:
                text = f"The room could not be followed: {error}."
                raise NotNow(text, excused=True) from error
