"""What a participant of the Python client does with polls, questions, hands and the agenda.

Each method returns once its operation is committed. Errors: `OperationRejected`, `ConferenceEnded`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from folkmoot.client.conference import Conference
    from folkmoot.client.receipt import Receipt


class _Api:
    def __init__(self, conference: Conference) -> None:
        self._conference = conference


class PollsApi(_Api):
    """Polls and quizzes; `conference.state.polls["polls"]` lists them, oldest first."""

    async def create(
        self, title: str, options: Sequence[str] = (), *, kind: str = "single", **terms: Any
    ) -> Receipt:
        """Drafts a poll. Shape: `kind` and `terms` are those of docs/polls.md."""
        body = {"kind": kind, "title": title, "options": list(options), **terms}
        return await self._conference.submit("polls", "create", body)

    async def edit(
        self,
        poll: str,
        title: str,
        options: Sequence[str] = (),
        *,
        kind: str = "single",
        **terms: Any,
    ) -> Receipt:
        """Writes a draft anew; what is not given is as in `create`, not as it was."""
        body = {"poll": poll, "kind": kind, "title": title, "options": list(options), **terms}
        return await self._conference.submit("polls", "edit", body)

    async def start(self, poll: str, *, seconds: int = 0) -> Receipt:
        """Opens a draft, until it is closed by hand or for so many seconds."""
        body = {"poll": poll, "seconds": seconds}
        return await self._conference.submit("polls", "start", body)

    async def vote(self, poll: str, choices: Sequence[int] = (), *, text: str = "") -> Receipt:
        """Votes, or changes the vote where the poll allows it; options are counted from 0."""
        body = {"poll": poll, "choices": list(choices), "text": text}
        return await self._conference.submit("polls", "vote", body)

    async def close(self, poll: str) -> Receipt:
        return await self._conference.submit("polls", "close", {"poll": poll})

    async def publish(self, poll: str) -> Receipt:
        return await self._conference.submit("polls", "publish", {"poll": poll})

    async def remove(self, poll: str) -> Receipt:
        return await self._conference.submit("polls", "remove", {"poll": poll})

    async def answers(self, poll: str) -> list[dict[str, Any]]:
        """Every vote of an open poll, and what was said in words in a secret one.

        Errors: `ClientError` when the results are not this person's to see.
        """
        answers: list[dict[str, Any]] = []
        more = True
        while more:
            asked = {"poll": poll, "after": len(answers)}
            answer = await self._conference.get("poll_answers", asked)
            answers += answer["answers"]
            more = answer["more"] and bool(answer["answers"])
        return answers

    async def standings(self) -> list[dict[str, Any]]:
        """Who has how many points in the open quizzes, best first."""
        answer = await self._conference.get("quiz_standings", {})
        return list(answer["standings"])


class QuestionsApi(_Api):
    """Questions and answers; `conference.state.questions["questions"]` lists them."""

    async def ask(self, text: str, *, anonymous: bool = False) -> Receipt:
        body = {"text": text, "anonymous": anonymous}
        return await self._conference.submit("questions", "ask", body)

    async def support(self, question: str, *, up: bool = True) -> Receipt:
        body = {"question": question, "up": up}
        return await self._conference.submit("questions", "support", body)

    async def withdraw(self, question: str) -> Receipt:
        return await self._conference.submit("questions", "withdraw", {"question": question})

    async def take(self, question: str) -> Receipt:
        """Says that this one is answered live now."""
        return await self._conference.submit("questions", "take", {"question": question})

    async def answer(self, question: str, text: str = "") -> Receipt:
        body = {"question": question, "text": text}
        return await self._conference.submit("questions", "answer", body)

    async def dismiss(self, question: str) -> Receipt:
        return await self._conference.submit("questions", "dismiss", {"question": question})

    async def reopen(self, question: str) -> Receipt:
        """Lets one that was answered or dismissed wait again."""
        return await self._conference.submit("questions", "reopen", {"question": question})

    async def allow_anonymous(self, allowed: bool = True) -> Receipt:
        """Says whether people may ask without their name."""
        return await self._conference.submit("questions", "allow_anonymous", {"allowed": allowed})


class HandsApi(_Api):
    """The line of those who want to speak; `conference.state.hands`."""

    async def up(self) -> Receipt:
        return await self._conference.submit("hands", "raise", {})

    async def down(self) -> Receipt:
        return await self._conference.submit("hands", "lower", {})

    async def next(self) -> Receipt:
        """Gives the turn to the first in line."""
        return await self._conference.submit("hands", "next", {})

    async def lower(self, person: str) -> Receipt:
        return await self._conference.submit("hands", "lower_person", {"person": person})

    async def lower_all(self) -> Receipt:
        return await self._conference.submit("hands", "lower_all", {})


class AgendaApi(_Api):
    """The agenda and the shared timer; `conference.state.agenda`."""

    async def add(self, title: str, *, duration_ms: int = 0) -> Receipt:
        body = {"title": title, "duration_ms": duration_ms}
        return await self._conference.submit("agenda", "add", body)

    async def edit(self, item: str, title: str, *, duration_ms: int = 0) -> Receipt:
        body = {"item": item, "title": title, "duration_ms": duration_ms}
        return await self._conference.submit("agenda", "edit", body)

    async def remove(self, item: str) -> Receipt:
        return await self._conference.submit("agenda", "remove", {"item": item})

    async def move(self, item: str, place: int) -> Receipt:
        """Puts an item at this place; places are counted from 0."""
        return await self._conference.submit("agenda", "move", {"item": item, "place": place})

    async def next(self, item: str) -> Receipt:
        """Goes on from the item that is on; who is second gets `changed_meanwhile`."""
        return await self._conference.submit("agenda", "next", {"item": item})

    async def go(self, item: str) -> Receipt:
        """Goes to an item; an empty id ends the agenda."""
        return await self._conference.submit("agenda", "go", {"item": item})

    async def start_timer(self, duration_ms: int, label: str = "") -> Receipt:
        body = {"duration_ms": duration_ms, "label": label}
        return await self._conference.submit("agenda", "start", body)

    async def pause_timer(self) -> Receipt:
        return await self._conference.submit("agenda", "pause", {})

    async def resume_timer(self) -> Receipt:
        return await self._conference.submit("agenda", "resume", {})

    async def extend_timer(self, add_ms: int) -> Receipt:
        return await self._conference.submit("agenda", "extend", {"add_ms": add_ms})

    async def stop_timer(self) -> Receipt:
        return await self._conference.submit("agenda", "stop", {})
