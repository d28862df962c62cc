"""Queries about polls: who voted what in an open one, what was said in words, who has most points.

Pure. What is long and seldom wanted is asked for, and does not stand in everybody's view.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from folkmoot.apps.common import may
from folkmoot.apps.poll_state import OPEN, PollsState, answers, standings
from folkmoot.apps.polls import RUN
from folkmoot.conference.state import ConferenceState
from folkmoot.protocol.frames import Fault, Get, Got

ANSWERS_PAGE: Final = 500
STANDINGS_MAX: Final = 100


class _Arguments(msgspec.Struct):
    poll: str
    after: int = 0


def poll_query(state: ConferenceState, frame: Get, person: str) -> Got | Fault | None:
    """The answer; None when it is no query about polls. Errors: `msgspec.DecodeError`."""
    polls: PollsState | None = state.apps.get("polls")
    if polls is None:
        return None
    if frame.query == "quiz_standings":
        return _got(frame, {"standings": standings(polls, STANDINGS_MAX)})
    if frame.query != "poll_answers":
        return None
    arguments = msgspec.msgpack.decode(frame.arguments, type=_Arguments)
    poll = polls.polls.get(arguments.poll)
    manager = may(state, person, RUN)
    if poll is None or not (poll.published or (manager and poll.phase != OPEN)):
        message = "The answers of this poll are not to be seen."
        return Fault("request_failed", message, frame.request)
    told = answers(poll)
    after = max(0, arguments.after)
    page = told[after : after + ANSWERS_PAGE]
    return _got(frame, {"answers": page, "more": after + len(page) < len(told)})


def _got(frame: Get, answer: dict[str, Any]) -> Got:
    return Got(frame.request, msgspec.Raw(msgspec.msgpack.encode(answer)))
