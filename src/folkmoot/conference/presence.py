"""Presence: which sessions a person has, and how many of them are attached.

Derived from the state, kept beside it for speed, and never part of what is hashed or stored.
"""

from __future__ import annotations

from folkmoot.conference.rights import Role
from folkmoot.conference.state import ConferenceState, Session


class Presence:
    """An index over `state.sessions`. Caller: tells of each change, right after it was made."""

    def __init__(self, state: ConferenceState) -> None:
        self._state = state
        self._sessions: dict[str, dict[str, Session]] = {}
        self._attached: dict[str, int] = {}
        for session in state.sessions.values():
            self.opened(session)

    def opened(self, session: Session) -> None:
        self._sessions.setdefault(session.person, {})[session.id] = session
        if session.attached:
            self.attached(session)

    def attached(self, session: Session) -> None:
        self._attached[session.person] = self._attached.get(session.person, 0) + 1

    def away(self, session: Session) -> None:
        left = self._attached.pop(session.person, 0) - 1
        if left > 0:
            self._attached[session.person] = left

    def closed(self, session: Session) -> None:
        sessions = self._sessions[session.person]
        del sessions[session.id]
        if not sessions:
            del self._sessions[session.person]
        if session.attached:
            self.away(session)

    def sessions_of(self, person: str) -> list[Session]:
        """The person's sessions, oldest first."""
        return list(self._sessions.get(person, {}).values())

    def present(self, person: str) -> bool:
        return person in self._attached

    @property
    def count(self) -> int:
        """Persons who are here; those who wait are not."""
        persons = self._state.persons
        return sum(persons[id_].role != Role.WAITING for id_ in self._attached)

    @property
    def anybody(self) -> bool:
        """Whether somebody is here who does not wait."""
        persons = self._state.persons
        return any(persons[id_].role != Role.WAITING for id_ in self._attached)
