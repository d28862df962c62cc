"""Polls and quizzes: drafted, started, voted in once by each person, closed, published.

One vote a person is a matter of the state alone: votes are by person, and the log's order decides
which came first, whatever was sent again by whom. Counts go out at most every half second, by a
timer in the log, so a thousand votes are a few frames for each person and not a thousand.

In a secret poll no event names who voted: counts come from the timer, which nobody caused, and a
person's own vote is told to that person only. When it closes, votes and persons are parted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

import msgspec

from folkmoot.apps.common import clean_line, may, those_who_may
from folkmoot.apps.poll_state import (
    BALLOT_BYTES,
    CLOSED,
    DRAFT,
    KINDS,
    MULTIPLE,
    OPEN,
    QUIZ,
    RANKED,
    SINGLE,
    TEXT,
    YES_NO,
    YES_NO_OPTIONS,
    Ballot,
    Poll,
    PollsState,
    Terms,
    own_part,
    seal,
    shown,
    tally_of,
)
from folkmoot.apps.roster import clean_text
from folkmoot.conference.application import Context, Defaults, Rejected
from folkmoot.conference.rights import EVERYONE, PRESENTERS, Right, Rights
from folkmoot.conference.state import ConferenceState
from folkmoot.protocol.limits import (
    POLL_DURATION_S_MAX,
    POLL_OPTION_CHARACTERS_MAX,
    POLL_OPTIONS_MAX,
    POLL_POINTS_MAX,
    POLL_TEXT_CHARACTERS_MAX,
    POLL_TITLE_CHARACTERS_MAX,
    POLLS_MAX,
)

TALLY_AFTER_MS: Final = 500
"""Counts go out no more often than this."""

BYTES_MAX: Final = 16 << 20
"""Of votes kept in one room; beyond it no poll starts until one is removed."""

BYTES_EACH_MAX: Final = 4 << 20
"""Of votes kept of one poll."""

RUN: Final = Right(PRESENTERS)
VOTE: Final = Right(EVERYONE, "polls")

_CLOSE: Final = "polls/close/"
_TALLY: Final = "polls/tally"


class Create(Terms, forbid_unknown_fields=True):
    """Drafts a poll; only those who run polls see it."""


class Edit(Terms, forbid_unknown_fields=True, kw_only=True):
    """Puts other terms in place of a draft's."""

    poll: str


class Start(msgspec.Struct, forbid_unknown_fields=True):
    """Opens a draft; it closes by itself after `seconds`, or by hand when that is 0."""

    poll: str
    seconds: int = 0


class Vote(msgspec.Struct, forbid_unknown_fields=True):
    poll: str
    choices: list[int] = []
    text: str = ""


class Close(msgspec.Struct, forbid_unknown_fields=True):
    poll: str


class Publish(msgspec.Struct, forbid_unknown_fields=True):
    """Shows everyone what came of a closed poll."""

    poll: str


class Remove(msgspec.Struct, forbid_unknown_fields=True):
    """Forgets a poll and its votes."""

    poll: str


class Polls(Defaults):
    """Keeps polls and their votes."""

    name: ClassVar[str] = "polls"
    since: ClassVar[int] = 2
    state_type: ClassVar[type[Any]] = PollsState
    operations: ClassVar[Mapping[str, type[msgspec.Struct]]] = {
        "create": Create,
        "edit": Edit,
        "start": Start,
        "vote": Vote,
        "close": Close,
        "publish": Publish,
        "remove": Remove,
    }
    rights: ClassVar[Rights] = {
        "create": RUN,
        "edit": RUN,
        "start": RUN,
        "close": RUN,
        "publish": RUN,
        "remove": RUN,
        "vote": VOTE,
    }

    def initial(self) -> PollsState:
        return PollsState()

    def reduce(self, state: PollsState, body: Any, context: Context) -> None:
        if isinstance(body, Create):
            self._create(state, body, context)
            return
        poll = state.polls.get(body.poll)
        if poll is None:
            raise Rejected("not_found")
        if isinstance(body, Vote):
            self._vote(state, body, poll, context)
        elif isinstance(body, Edit):
            _expect(poll, DRAFT)
            poll.terms = checked(body)
            _tell_managers("changed", body.poll, poll, context)
        elif isinstance(body, Start):
            self._start(state, body, poll, context)
        elif isinstance(body, Close):
            if poll.phase != OPEN:
                raise Rejected("poll_not_open")
            self._close(state, body.poll, poll, context)
        elif isinstance(body, Publish):
            _expect(poll, CLOSED)
            poll.published = True
            _tell(body.poll, poll, context)
        else:
            self._remove(state, body, poll, context)

    def _create(self, state: PollsState, body: Create, context: Context) -> None:
        terms = checked(body)
        if len(state.polls) >= POLLS_MAX:
            raise Rejected("limit_reached", f"A room holds {POLLS_MAX} polls. Remove one first.")
        id_ = context.event_id
        poll = Poll(terms, context.time_ms)
        state.polls[id_] = poll
        _tell_managers("changed", id_, poll, context)

    def _start(self, state: PollsState, body: Start, poll: Poll, context: Context) -> None:
        _expect(poll, DRAFT)
        if not 0 <= body.seconds <= POLL_DURATION_S_MAX:
            raise Rejected("malformed", "A poll lasts at most a week.")
        if sum(other.bytes for other in state.polls.values()) > BYTES_MAX - BYTES_EACH_MAX:
            raise Rejected("limit_reached", "The votes of this room are full. Remove a poll first.")
        poll.phase = OPEN
        poll.started_ms = context.time_ms
        poll.eligible = _eligible(context.conference)
        if body.seconds:
            poll.deadline_ms = context.time_ms + body.seconds * 1_000
            context.set_timer(_CLOSE + body.poll, poll.deadline_ms)
        _tell(body.poll, poll, context)

    def _vote(self, state: PollsState, body: Vote, poll: Poll, context: Context) -> None:
        # By the log's own time, so that a late timer lets nobody vote late.
        over = poll.deadline_ms and context.time_ms >= poll.deadline_ms
        if poll.phase != OPEN or over:
            raise Rejected("poll_not_open")
        person = context.author
        before = poll.ballots.get(person.id)
        if before is not None and not poll.terms.changeable:
            raise Rejected("voted_already")
        choices, text = checked_vote(poll.terms, body)
        cost = BALLOT_BYTES + len(text) * 4
        size_bytes = poll.bytes + cost - (BALLOT_BYTES + len(before.text) * 4 if before else 0)
        if size_bytes > BYTES_EACH_MAX:
            raise Rejected("limit_reached")
        name = "" if poll.terms.secret else person.name
        poll.ballots[person.id] = Ballot(choices, text, name)
        poll.bytes = size_bytes
        if not state.uncounted:
            context.set_timer(_TALLY, context.time_ms + TALLY_AFTER_MS)
        state.uncounted[body.poll] = True
        told = {"poll": body.poll, "choices": choices, "text": text}
        context.emit("voted", told, (person.id,))

    def _close(self, state: PollsState, id_: str, poll: Poll, context: Context) -> None:
        poll.phase = CLOSED
        poll.closed_ms = context.time_ms
        poll.eligible = _eligible(context.conference)
        seal(poll)
        context.cancel_timer(_CLOSE + id_)
        state.uncounted.pop(id_, None)
        _tell(id_, poll, context)

    def _remove(self, state: PollsState, body: Remove, poll: Poll, context: Context) -> None:
        del state.polls[body.poll]
        context.cancel_timer(_CLOSE + body.poll)
        state.uncounted.pop(body.poll, None)
        audience = _managers(context) if poll.phase == DRAFT else None
        context.emit("removed", {"poll": body.poll}, audience)

    def on_timer(self, state: PollsState, id_: str, context: Context) -> None:
        if id_ == _TALLY:
            counted = list(state.uncounted)
            state.uncounted = {}
            for poll_id in counted:
                self._tally(poll_id, state.polls[poll_id], context)
            return
        poll_id = id_.removeprefix(_CLOSE)
        poll = state.polls.get(poll_id)
        if poll is not None and poll.phase == OPEN:
            self._close(state, poll_id, poll, context)

    def _tally(self, id_: str, poll: Poll, context: Context) -> None:
        poll.eligible = _eligible(context.conference)
        context.emit("counted", tally_of(id_, poll, counts=poll.terms.live))
        if not poll.terms.live:
            context.emit("counted", tally_of(id_, poll, counts=True), _managers(context))

    def view(self, state: PollsState, conference: ConferenceState, person: str) -> Any:
        manager = may(conference, person, RUN)
        return {
            "polls": [
                shown(id_, poll, manager=manager) | own_part(poll, person)
                for id_, poll in state.polls.items()
                if manager or poll.phase != DRAFT
            ]
        }


def checked(terms: Terms) -> Terms:
    """The terms as they are kept. Errors: `Rejected`."""
    kind = terms.kind
    if kind not in KINDS:
        raise Rejected("malformed", "There is no such kind of poll.")
    title = clean_text(terms.title, POLL_TITLE_CHARACTERS_MAX)
    options = _options(kind, terms.options)
    right = sorted(terms.right) if kind == QUIZ else []
    if kind == QUIZ and (not right or not _distinct(right, len(options))):
        raise Rejected("malformed", "A quiz needs at least one right answer.")
    if not 0 <= terms.quorum_percent <= 100 or not 1 <= terms.points <= POLL_POINTS_MAX:
        raise Rejected("malformed")
    many = kind in (MULTIPLE, RANKED, QUIZ)
    return Terms(
        kind,
        title,
        options,
        right,
        terms.points,
        terms.secret,
        terms.live,
        terms.changeable,
        min(max(terms.choices_max, 1), len(options)) if many else min(len(options), 1),
        terms.quorum_percent,
    )


def _options(kind: str, options: list[str]) -> list[str]:
    if kind == YES_NO:
        return list(YES_NO_OPTIONS)
    if kind == TEXT:
        return []
    if not 2 <= len(options) <= POLL_OPTIONS_MAX:
        raise Rejected("malformed", f"A poll has 2 to {POLL_OPTIONS_MAX} options.")
    cleaned = [clean_line(option, POLL_OPTION_CHARACTERS_MAX) for option in options]
    if len(dict.fromkeys(cleaned)) < len(cleaned):
        raise Rejected("exists", "Two options are the same.")
    return cleaned


def checked_vote(terms: Terms, vote: Vote) -> tuple[list[int], str]:
    """A vote as it is kept. Errors: `Rejected`."""
    if terms.kind == TEXT:
        if vote.choices:
            raise Rejected("malformed")
        return [], clean_text(vote.text, POLL_TEXT_CHARACTERS_MAX)
    if vote.text:
        raise Rejected("malformed")
    if not vote.choices:
        raise Rejected("empty", "Choose something first.")
    choices = vote.choices
    most = 1 if terms.kind in (SINGLE, YES_NO) else terms.choices_max
    if len(choices) > most or not _distinct(choices, len(terms.options)):
        raise Rejected("malformed", f"Choose at most {most}, each once.")
    return (choices if terms.kind == RANKED else sorted(choices)), ""


def _distinct(choices: list[int], options: int) -> bool:
    return len(dict.fromkeys(choices)) == len(choices) and all(0 <= c < options for c in choices)


def _expect(poll: Poll, phase: str) -> None:
    if poll.phase != phase:
        raise Rejected("changed_meanwhile", f"This poll is not a {phase} one any more.")


def _managers(context: Context) -> tuple[str, ...]:
    return those_who_may(context.conference, RUN)


def _eligible(conference: ConferenceState) -> int:
    return len(those_who_may(conference, VOTE))


def _tell_managers(type_: str, id_: str, poll: Poll, context: Context) -> None:
    context.emit(type_, shown(id_, poll, manager=True), _managers(context))


def _tell(id_: str, poll: Poll, context: Context) -> None:
    """Everyone sees the poll as it is now, and who runs it what everyone does not see yet."""
    context.emit("changed", shown(id_, poll, manager=False))
    if not poll.published:
        _tell_managers("changed", id_, poll, context)
