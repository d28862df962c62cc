"""What an application is to the conference: a pure reducer with its operations and views."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any, ClassVar, Final, Protocol

import msgspec

from folkmoot.conference.batch import encode_body
from folkmoot.conference.presence import Presence
from folkmoot.conference.rights import Rights, Roles, is_open
from folkmoot.conference.state import (
    LEVEL_FIRST,
    ConferenceState,
    Doors,
    Person,
    Session,
    Timer,
)
from folkmoot.protocol.codes import message_of

Later = Mapping[int, Mapping[str, type[msgspec.Struct]]]
"""By level: the operations that are new with it, or whose bodies have another shape."""

EVERYONE: Final[tuple[str, ...] | None] = None
"""Audience of an event that all persons of the conference may see, later ones too.

An event whose audience is empty goes to nobody, and is kept in the history segments alone.
"""


class Rejected(Exception):
    """The operation has no effect. Raised before the state is touched, and by nothing else."""

    def __init__(self, code: str, message: str = "") -> None:
        self.code = code
        self.message = message
        super().__init__(code, message or message_of(code))


class SessionChange(enum.Enum):
    JOINED = "joined"
    ATTACHED = "attached"
    AWAY = "away"
    CLOSED = "closed"


class Preview(msgspec.Struct, frozen=True):
    """What to show of an operation that the log has not confirmed, and to whom alone."""

    type: str
    body: Any
    audience: tuple[str, ...] | None = EVERYONE


class Emitted(msgspec.Struct, frozen=True):
    """An event with its audience: persons' ids, or None for everyone."""

    index: int
    app: str
    type: str
    author: str
    number: int
    counter: int
    body: msgspec.Raw
    audience: tuple[str, ...] | None = EVERYONE


class Context:
    """One entry being applied: who, where in the log, and what comes of it."""

    __slots__ = (
        "_app",
        "_presence",
        "closing",
        "conference",
        "counter",
        "events",
        "index",
        "renewed",
        "session",
    )

    def __init__(self, conference: ConferenceState, presence: Presence) -> None:
        self.conference = conference
        self._presence = presence
        self.renewed: list[Person] = []
        self.events: list[Emitted] = []
        self.closing: list[tuple[str, str]] = []
        self.index = 0
        self.session: Session | None = None
        self.counter = 0
        self._app = ""

    def within(self, app: str, session: Session | None, counter: int = 0) -> None:
        """Sets on whose behalf the next reducer runs."""
        self._app, self.session, self.counter = app, session, counter

    @property
    def sequence(self) -> int:
        return self.conference.sequence

    @property
    def time_ms(self) -> int:
        """The engine's time of this batch, never below that of an earlier one."""
        return self.conference.time_ms

    @property
    def level(self) -> int:
        """The conference's level: what behaves otherwise since a level asks for it here."""
        return self.conference.level

    @property
    def author(self) -> Person:
        """The person who acts. Caller: only in reducers of a participant's operation."""
        if self.session is None:
            raise LookupError("no participant acts here")
        return self.conference.persons[self.session.person]

    @property
    def event_id(self) -> str:
        """Id of the next event: unique in the conference's epoch."""
        return f"{self.conference.sequence}.{self.index}"

    def emit(
        self,
        type_: str,
        body: object,
        audience: tuple[str, ...] | None = EVERYONE,
        *,
        signed: bool = True,
    ) -> None:
        """Adds an event; one that is not signed tells nobody whose operation caused it."""
        session = self.session if signed else None
        self.events.append(
            Emitted(
                self.index,
                self._app,
                type_,
                session.person if session else "",
                session.number if session else 0,
                self.counter if signed else 0,
                encode_body(body),
                audience,
            )
        )
        self.index += 1

    def is_open(self, setting: str) -> bool:
        """Whether the author has a setting: for what an operation's row cannot tell by itself."""
        return is_open(self.conference.locks, setting, self.author.role)

    def persons_with(self, roles: Roles) -> tuple[str, ...]:
        """Ids of the persons who have one of these roles here: an audience."""
        return tuple(p.id for p in self.conference.persons.values() if p.role in roles)

    def doors(self) -> Doors:
        """The conference's doors, to be read and changed."""
        if self.conference.doors is None:
            self.conference.doors = Doors()
        return self.conference.doors

    def sessions_of(self, person: str) -> list[Session]:
        """The person's sessions, oldest first."""
        return self._presence.sessions_of(person)

    def present(self, person: str) -> bool:
        """Whether any session of the person is attached."""
        return self._presence.present(person)

    @property
    def anybody_present(self) -> bool:
        """Whether somebody is here who does not wait."""
        return self._presence.anybody

    def renew(self, person: Person) -> None:
        """The person's clients get whole views at this position, in place of events.

        For what changes all that somebody may see: being let in, being sent to the lobby.
        """
        person.view_from = self.conference.sequence
        self.renewed.append(person)

    def new_number(self) -> int:
        """A number like that of a session, given to nobody else: a Yjs client id."""
        self.conference.numbers += 1
        return self.conference.numbers

    def set_timer(self, id_: str, deadline_ms: int) -> None:
        self.conference.timers[id_] = Timer(deadline_ms, self._app)

    def cancel_timer(self, id_: str) -> None:
        self.conference.timers.pop(id_, None)

    def close_session(self, session: str, reason: str) -> None:
        """Asks the conference to close a session after this entry."""
        self.closing.append((session, reason))


class Application(Protocol):
    """One sub-function of a conference.

    Shape: `operations` and `service_operations` map a type to the Struct its body is decoded into,
    flat and with `forbid_unknown_fields`: skipping an unknown field may recurse, and how deep that
    may go differs between processes. `rights` has a row for each of them, those of `later` too: who
    may do it. `state_type` is a `replicated.State`, so that snapshots need no code here. `since` is
    the level from which on the application exists, `later` holds what came with a higher one:
    operations that are new, or whose bodies have another shape from there on (see `levels` and
    docs/levels.md).
    Errors: methods raise `Rejected` before they touch the state; anything else fences the replica.
    """

    name: ClassVar[str]
    since: ClassVar[int]
    state_type: ClassVar[type[Any]]
    operations: ClassVar[Mapping[str, type[msgspec.Struct]]]
    service_operations: ClassVar[Mapping[str, type[msgspec.Struct]]]
    later: ClassVar[Later]
    service_later: ClassVar[Later]
    rights: ClassVar[Rights]

    def initial(self) -> Any: ...

    def reduce(self, state: Any, body: Any, context: Context) -> None:
        """Applies one operation of a participant, or of a service, by the type of its body."""
        ...

    def on_level(self, state: Any, context: Context) -> None:
        """The conference has just come to `context.level`; a new application hears of it, too."""
        ...

    def on_session(
        self, state: Any, change: SessionChange, session: Session, reason: str, context: Context
    ) -> None: ...

    def on_timer(self, state: Any, id_: str, context: Context) -> None: ...

    def view(self, state: Any, conference: ConferenceState, person: str) -> Any:
        """What this person sees: plain values for a client's welcome."""
        ...

    def preview(
        self, state: Any, body: Any, author: Person, conference: ConferenceState
    ) -> Preview | None:
        """What to show while the log has not confirmed it; None shows nothing.

        Only for what needs no order; the state stays as it is. Errors: `Rejected`: shows nothing.
        """
        ...

    def check(self, body: Any, number: int) -> None:
        """Refuses at the door what every server would refuse for ever: raises `Rejected`."""
        ...


Applications = Mapping[str, Application]


class Defaults:
    """Bodies of what most applications do not need."""

    since: ClassVar[int] = LEVEL_FIRST
    service_operations: ClassVar[Mapping[str, type[msgspec.Struct]]] = {}
    later: ClassVar[Later] = {}
    service_later: ClassVar[Later] = {}

    def on_level(self, state: Any, context: Context) -> None:
        return None

    def on_session(
        self, state: Any, change: SessionChange, session: Session, reason: str, context: Context
    ) -> None:
        return None

    def on_timer(self, state: Any, id_: str, context: Context) -> None:
        return None

    def check(self, body: Any, number: int) -> None:
        return None

    def preview(
        self, state: Any, body: Any, author: Person, conference: ConferenceState
    ) -> Preview | None:
        return None
