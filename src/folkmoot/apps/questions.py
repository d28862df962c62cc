"""Questions and answers: asked, supported by others, answered live or in words, or dismissed.

A person supports a question once, whatever is sent again: supporters are by person, and only how
many they are goes out, at most every half second by a timer in the log. A question that is asked
anonymously names nobody in any event, view or export, also not for hosts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

import msgspec

from folkmoot.apps.common import may, those_who_may
from folkmoot.apps.roster import clean_text
from folkmoot.conference.application import Context, Defaults, Preview, Rejected
from folkmoot.conference.replicated import State
from folkmoot.conference.rights import EVERYONE, PRESENTERS, Right, Rights
from folkmoot.conference.state import ConferenceState, Person
from folkmoot.protocol.limits import (
    ANSWER_CHARACTERS_MAX,
    QUESTION_CHARACTERS_MAX,
    QUESTIONS_MAX,
    QUESTIONS_OPEN_EACH_MAX,
)

COUNT_AFTER_MS: Final = 500
SUPPORTS_MAX: Final = 200_000
"""Of all questions of a room together."""

OPEN: Final = "open"
TAKEN: Final = "taken"
ANSWERED: Final = "answered"
DISMISSED: Final = "dismissed"
WAITING: Final = (OPEN, TAKEN)

RUN: Final = Right(PRESENTERS)
TAKE_PART: Final = Right(EVERYONE, "questions")

_COUNT: Final = "questions/count"


class Ask(msgspec.Struct, forbid_unknown_fields=True):
    text: str
    anonymous: bool = False


class Support(msgspec.Struct, forbid_unknown_fields=True):
    """Says that one wants this answered too, or with `up` false no longer does."""

    question: str
    up: bool = True


class Withdraw(msgspec.Struct, forbid_unknown_fields=True):
    """Takes one's own question back while it waits."""

    question: str


class Take(msgspec.Struct, forbid_unknown_fields=True):
    """This one is answered live now; the one before it is answered."""

    question: str


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """Answers in words; without any, says that it was answered live."""

    question: str
    text: str = ""


class Dismiss(msgspec.Struct, forbid_unknown_fields=True):
    """Takes it out of sight for all but those who run the questions."""

    question: str


class Reopen(msgspec.Struct, forbid_unknown_fields=True):
    question: str


class AllowAnonymous(msgspec.Struct, forbid_unknown_fields=True):
    allowed: bool


class Question(State):
    """One question. Shape: `supporters` by person.

    `author` stays here for withdrawing, also when it is anonymous; nothing leaves by it.
    """

    author: str
    name: str
    text: str
    anonymous: bool
    asked_ms: int
    phase: str = OPEN
    supporters: dict[str, bool] = msgspec.field(default_factory=dict)
    answer: str = ""
    answered_by: str = ""
    answered_ms: int = 0


class QuestionsState(State):
    """Questions by id, oldest first; `uncounted` those whose number people were not told yet."""

    questions: dict[str, Question] = msgspec.field(default_factory=dict)
    uncounted: dict[str, bool] = msgspec.field(default_factory=dict)
    anonymous_allowed: bool = True


class Questions(Defaults):
    """Keeps questions, who wants them answered, and the answers."""

    name: ClassVar[str] = "questions"
    since: ClassVar[int] = 2
    state_type: ClassVar[type[Any]] = QuestionsState
    operations: ClassVar[Mapping[str, type[msgspec.Struct]]] = {
        "ask": Ask,
        "support": Support,
        "withdraw": Withdraw,
        "take": Take,
        "answer": Answer,
        "dismiss": Dismiss,
        "reopen": Reopen,
        "allow_anonymous": AllowAnonymous,
    }
    rights: ClassVar[Rights] = {
        "ask": TAKE_PART,
        "support": TAKE_PART,
        "withdraw": Right(EVERYONE),
        "take": RUN,
        "answer": RUN,
        "dismiss": RUN,
        "reopen": RUN,
        "allow_anonymous": RUN,
    }

    def initial(self) -> QuestionsState:
        return QuestionsState()

    def reduce(self, state: QuestionsState, body: Any, context: Context) -> None:
        if isinstance(body, Ask):
            self._ask(state, body, context)
            return
        if isinstance(body, AllowAnonymous):
            state.anonymous_allowed = body.allowed
            context.emit("anonymous_allowed", {"allowed": body.allowed})
            return
        question = state.questions.get(body.question)
        if question is None:
            raise Rejected("not_found")
        if isinstance(body, Support):
            self._support(state, body, question, context)
        elif isinstance(body, Withdraw):
            self._withdraw(state, body.question, question, context)
        elif isinstance(body, Take):
            self._take(state, body.question, question, context)
        elif isinstance(body, Answer):
            self._answer(state, body, question, context)
        elif isinstance(body, Dismiss):
            self._dismiss(state, body.question, question, context)
        else:
            self._reopen(body.question, question, context)

    def _ask(self, state: QuestionsState, body: Ask, context: Context) -> None:
        text = clean_text(body.text, QUESTION_CHARACTERS_MAX)
        author = context.author
        if body.anonymous and not state.anonymous_allowed:
            raise Rejected("not_allowed", "Questions without a name are not allowed here just now.")
        if len(state.questions) >= QUESTIONS_MAX:
            raise Rejected("limit_reached", "This room has too many questions already.")
        waiting = [q for q in state.questions.values() if q.phase in WAITING]
        if sum(q.author == author.id for q in waiting) >= QUESTIONS_OPEN_EACH_MAX:
            raise Rejected("limit_reached", "Wait until some of your questions are answered.")
        name = "" if body.anonymous else author.name
        id_ = context.event_id
        question = Question(author.id, name, text, body.anonymous, context.time_ms)
        state.questions[id_] = question
        context.emit("asked", shown(id_, question), signed=not body.anonymous)
        if body.anonymous:
            context.emit("own", {"question": id_}, (author.id,))

    def _support(
        self, state: QuestionsState, body: Support, question: Question, context: Context
    ) -> None:
        person = context.author.id
        if question.phase not in WAITING:
            raise Rejected("not_found", "This question does not wait for an answer any more.")
        if person == question.author:
            raise Rejected("not_allowed", "This is your own question.")
        if body.up == (person in question.supporters):
            return
        if body.up:
            if sum(len(q.supporters) for q in state.questions.values()) >= SUPPORTS_MAX:
                raise Rejected("limit_reached")
            question.supporters[person] = True
        else:
            del question.supporters[person]
        if not state.uncounted:
            context.set_timer(_COUNT, context.time_ms + COUNT_AFTER_MS)
        state.uncounted[body.question] = True
        context.emit("supported", {"question": body.question, "up": body.up}, (person,))

    def _withdraw(
        self, state: QuestionsState, id_: str, question: Question, context: Context
    ) -> None:
        if question.author != context.author.id:
            raise Rejected("not_allowed", "Only who asked can take a question back.")
        if question.phase not in WAITING:
            raise Rejected("changed_meanwhile", "This question is answered already.")
        del state.questions[id_]
        state.uncounted.pop(id_, None)
        context.emit("removed", {"question": id_}, signed=not question.anonymous)

    def _take(self, state: QuestionsState, id_: str, question: Question, context: Context) -> None:
        if question.phase != OPEN:
            raise Rejected("changed_meanwhile", "This question does not wait any more.")
        for other_id, other in state.questions.items():
            if other.phase == TAKEN:
                _settle(other, ANSWERED, context)
                _tell(other_id, other, context)
        question.phase = TAKEN
        _tell(id_, question, context)

    def _answer(
        self, state: QuestionsState, body: Answer, question: Question, context: Context
    ) -> None:
        text = clean_text(body.text, ANSWER_CHARACTERS_MAX) if body.text else ""
        if question.phase == DISMISSED:
            raise Rejected("changed_meanwhile", "This question was dismissed. Open it again first.")
        _settle(question, ANSWERED, context)
        question.answer = text
        state.uncounted.pop(body.question, None)
        _tell(body.question, question, context)

    def _dismiss(
        self, state: QuestionsState, id_: str, question: Question, context: Context
    ) -> None:
        if question.phase not in WAITING:
            raise Rejected("changed_meanwhile", "This question does not wait any more.")
        _settle(question, DISMISSED, context)
        state.uncounted.pop(id_, None)
        seers = _seers(question, context)
        others = tuple(p for p in context.conference.persons if p not in seers)
        context.emit("removed", {"question": id_}, others)
        _tell(id_, question, context)

    def _reopen(self, id_: str, question: Question, context: Context) -> None:
        if question.phase in WAITING:
            raise Rejected("changed_meanwhile", "This question is open already.")
        was_hidden = question.phase == DISMISSED
        question.phase, question.answer, question.answered_by = OPEN, "", ""
        question.answered_ms = 0
        _tell(id_, question, context)
        if was_hidden and question.supporters:
            told = {"question": id_, "up": True}
            context.emit("supported", told, tuple(question.supporters), signed=False)

    def on_timer(self, state: QuestionsState, id_: str, context: Context) -> None:
        counted = list(state.uncounted)
        state.uncounted = {}
        told = {question: len(state.questions[question].supporters) for question in counted}
        if told:
            context.emit("counted", {"supports": told})

    def preview(
        self, state: QuestionsState, body: Any, author: Person, conference: ConferenceState
    ) -> Preview | None:
        """A named question only: a preview says whose it is."""
        if not isinstance(body, Ask) or body.anonymous:
            return None
        text = clean_text(body.text, QUESTION_CHARACTERS_MAX)
        return Preview("asked", {"text": text, "name": author.name})

    def view(self, state: QuestionsState, conference: ConferenceState, person: str) -> Any:
        manager = may(conference, person, RUN)
        return {
            "questions": [
                shown(id_, q)
                | ({"own": True} if q.anonymous and q.author == person else {})
                | ({"supported": True} if person in q.supporters else {})
                for id_, q in state.questions.items()
                if manager or q.phase != DISMISSED or q.author == person
            ],
            "anonymous_allowed": state.anonymous_allowed,
        }


def shown(id_: str, question: Question) -> dict[str, Any]:
    """A question as others see it."""
    return {
        "question": id_,
        "author": "" if question.anonymous else question.author,
        "name": question.name,
        "text": question.text,
        "anonymous": question.anonymous,
        "asked_ms": question.asked_ms,
        "phase": question.phase,
        "supports": len(question.supporters),
        "answer": question.answer,
        "answered_by": question.answered_by,
        "answered_ms": question.answered_ms,
    }


def _settle(question: Question, phase: str, context: Context) -> None:
    question.phase = phase
    question.answered_by = context.author.name
    question.answered_ms = context.time_ms


def _tell(id_: str, question: Question, context: Context) -> None:
    """Everyone, but of a dismissed one only its author and those who run the questions."""
    if question.phase != DISMISSED:
        context.emit("changed", shown(id_, question))
        return
    context.emit("changed", shown(id_, question), _seers(question, context))


def _seers(question: Question, context: Context) -> tuple[str, ...]:
    """Who sees it also when it is dismissed."""
    managers = those_who_may(context.conference, RUN)
    return tuple(dict.fromkeys((*managers, question.author)))
