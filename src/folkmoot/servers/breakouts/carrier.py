"""Carries orders from a room's log into those of its breakouts, and their results back.

Nothing here has to survive, and two may do it at once: orders are numbered in the main room's log,
each side takes one once, and the work is asked for again until both logs show that it is done.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import ClassVar, Final

from folkmoot.apps.breakouts import (
    BELONG,
    END,
    RESULT_CHARACTERS_MAX,
    Belong,
    BreakoutsState,
    Collected,
    End,
    Room,
    Told,
    to_carry,
)
from folkmoot.apps.chat_state import ChatState
from folkmoot.conference.replica import Fenced
from folkmoot.ports import Damaged, LogFull, LogUnavailable
from folkmoot.servers.applications.conferences import (
    NotNow,
    OpenConference,
    OpenConferences,
    Trimmed,
)
from folkmoot.servers.applications.work import Work
from folkmoot.servers.replicas import Unloadable

log = logging.getLogger(__name__)

SHORTENED: Final = "\n\n…\n"

Write = Callable[[str], Awaitable[str]]
"""The results of a breakout's conference as Markdown, empty when there are none.

Errors: `LogUnavailable`, `Damaged`, `NotNow`.
"""


class BreakoutConference(OpenConference):
    """A room that has breakouts, or one of them."""

    app: ClassVar[str] = "breakouts"

    @property
    def breakouts(self) -> BreakoutsState:
        state: BreakoutsState | None = self.state.apps.get("breakouts")
        return state or BreakoutsState()

    @property
    def messages(self) -> int:
        chat: ChatState = self.state.apps["chat"]
        return chat.total


class Carrier:
    """Does what is due in one room, one breakout after the other.

    Caller: `work` for each request; it may be cancelled at any point.
    """

    def __init__(self, conferences: OpenConferences[BreakoutConference], write: Write) -> None:
        self._conferences = conferences
        self._write = write

    async def work(self, work: Work) -> None:
        """Carries what waits. What fails is asked for again."""
        touched = [work.conference]
        try:
            main = await self._conferences.open(work.conference)
            for room in to_carry(main.breakouts):
                touched.append(room.conference)
                await self._carry(main, room)
        except (LogUnavailable, LogFull, Unloadable, Fenced, Trimmed, Damaged, NotNow) as error:
            log.warning("breakouts of %s: %s", work.conference, error)
        finally:
            for conference in touched:
                self._conferences.forget(conference)

    async def _carry(self, main: BreakoutConference, room: Room) -> None:
        breakout = await self._conferences.open(room.conference)
        if not breakout.breakouts.main:
            belong = Belong(main.conference, room.name)
            await breakout.publish("belong", "belong", belong, level=main.state.level)
        if room.ordered == END and not breakout.breakouts.ended:
            await breakout.publish("end", "end", End())
        through = END if breakout.breakouts.ended else BELONG
        if through > room.told:
            told = Told(room.conference, through)
            await main.publish(f"{room.conference}/{through}", "told", told)
        if breakout.breakouts.ended and not room.collected:
            await self._collect(main, breakout)

    async def _collect(self, main: BreakoutConference, breakout: BreakoutConference) -> None:
        text = await self._write(breakout.conference)
        shortened = len(text) > RESULT_CHARACTERS_MAX
        if shortened:
            text = text[: RESULT_CHARACTERS_MAX - len(SHORTENED)] + SHORTENED
        body = Collected(breakout.conference, text, shortened, breakout.messages)
        await main.publish(f"{breakout.conference}/collected", "collected", body)
        log.info("breakout %s of %s came back", breakout.conference, main.conference)
