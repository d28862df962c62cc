"""Polls, questions and hands in their simplest form: what the judge holds against the servers.

Shares no code with the applications. Votes are by person in a dict, so one person can only have
one; whatever the servers count otherwise is a violation.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from folkmoot.simulation.world import Violation, World

APPLICATIONS = ("polls", "questions", "hands")
TERMS = {"kind": "single", "options": ["a", "b", "c"], "live": True}


class Seer(Protocol):
    """What is looked at of a client."""

    name: str
    gone: bool

    @property
    def view(self) -> Any: ...


class TalkModel:
    """Every person here is a host, and polls have no deadline."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.phases: dict[str, str] = {}
        self.votes: dict[str, dict[str, int]] = {}
        self.supporters: dict[str, set[str]] = {}
        self.hands: list[str] = []
        self._made: set[str] = set()

    def decide(
        self, app: str, type_: str, body: dict[str, Any], person: str, sequence: int
    ) -> tuple[str, str]:
        """The code of an operation that the log decided, and its argument."""
        if app == "hands":
            if type_ == "raise" and person not in self.hands:
                self.hands.append(person)
            elif type_ == "lower" and person in self.hands:
                self.hands.remove(person)
            return "saved", ""
        if type_ == "ask":
            self._made.add(f"{sequence}")
            return "saved", body["text"]
        if type_ == "support":
            if not self._exists(body["question"]):
                return "not_found", body["question"]
            self.supporters.setdefault(body["question"], set()).add(person)
            self._world.mark("supported")
            return "saved", body["question"]
        if type_ == "create":
            self._made.add(f"{sequence}")
            return "saved", body["title"]
        return self._poll(type_, body, person)

    def _exists(self, id_: str) -> bool:
        """Ids begin with a position. What somebody saw may be gone with what a backup lacks."""
        return id_.partition(".")[0] in self._made

    def _poll(self, type_: str, body: dict[str, Any], person: str) -> tuple[str, str]:
        poll = body["poll"]
        phase = self.phases.get(poll, "draft")
        if type_ == "start":
            if not self._exists(poll):
                return "not_found", poll
            if phase != "draft":
                return "changed_meanwhile", poll
            self.phases[poll] = "open"
            return "saved", poll
        argument = poll if type_ == "close" else f"{poll}:{body['choices'][0]}"
        if not self._exists(poll):
            return "not_found", argument
        if phase != "open":
            self._world.mark("vote_refused" if type_ == "vote" else "closed_twice")
            return "poll_not_open", argument
        if type_ == "close":
            self.phases[poll] = "closed"
        else:
            votes = self.votes.setdefault(poll, {})
            self._world.mark("vote_changed" if person in votes else "voted")
            votes[person] = body["choices"][0]
        return "saved", argument

    def left(self, person: str) -> None:
        """The person's last session closed."""
        if person in self.hands:
            self.hands.remove(person)

    def check(self, clients: Iterable[Seer]) -> None:
        """One vote and one support a person, one hand: as counted by servers, seen by clients."""
        for client in clients:
            if client.gone:
                continue
            for poll in client.view.polls["polls"]:
                votes = list(self.votes.get(poll["poll"], {}).values())
                expected = (len(votes), [votes.count(n) for n in range(3)])
                if (poll["votes"], poll["counts"]) != expected:
                    raise Violation(f"I3: {client.name} sees {poll}, the log has {expected}")
            for question in client.view.questions["questions"]:
                count = len(self.supporters.get(question["question"], ()))
                if question["supports"] != count:
                    raise Violation(f"I3: {client.name} sees {question}, {count} support it")
            line = [hand["person"] for hand in client.view.hands["raised"]]
            if line != self.hands:
                raise Violation(f"I2: {client.name} sees hands {line}, the log has {self.hands}")


def body_of_talk(app: str, type_: str, argument: str) -> dict[str, Any]:
    """What a wish for one of these sends."""
    if app == "polls" and type_ == "create":
        return TERMS | {"title": argument}
    if type_ == "vote":
        poll, _, choice = argument.partition(":")
        return {"poll": poll, "choices": [int(choice)]}
    if app == "polls":
        return {"poll": argument}
    if type_ == "support":
        return {"question": argument}
    return {"text": argument} if type_ == "ask" else {}


def talk_wish(world: World, client: Seer, number: int) -> tuple[str, str, str]:
    """App, type and argument of something that this client could do now."""
    polls = client.view.polls["polls"]
    questions = [q for q in client.view.questions["questions"] if q["author"] != client.name]
    kind = world.between(0, 9)
    if kind <= 1:
        return "hands", "raise" if kind == 0 else "lower", ""
    if kind == 2 or (kind == 3 and not questions):
        return "questions", "ask", f"{client.name} {number}?"
    if kind == 3:
        return "questions", "support", questions[world.between(0, len(questions) - 1)]["question"]
    if kind == 4 or not polls:
        return "polls", "create", f"{client.name} {number}"
    chosen = polls[world.between(0, len(polls) - 1)]
    poll = chosen["poll"]
    if kind == 5 and chosen["phase"] == "open":
        return "polls", "close", poll
    if kind <= 6 or (chosen["phase"] == "draft" and kind == 7):
        return "polls", "start", poll
    return "polls", "vote", f"{poll}:{world.between(0, 2)}"
