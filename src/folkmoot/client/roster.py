"""What a participant of the Python client can do with people, doors and settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from folkmoot.client.names import normal_passcode

if TYPE_CHECKING:
    from folkmoot.client.conference import Conference
    from folkmoot.client.receipt import Receipt


class RosterApi:
    """Operations on people and doors; each returns once it is committed.

    Errors: `OperationRejected` with `not_allowed` where the role does not suffice.
    """

    def __init__(self, conference: Conference) -> None:
        self._conference = conference

    @property
    def persons(self) -> dict[str, dict[str, Any]]:
        """Who is in the room, by id: name, role, present, joined_ms, colour (from level 2 on)."""
        persons: dict[str, dict[str, Any]] = self._conference.state.roster.get("persons", {})
        return persons

    @property
    def role(self) -> str:
        """One's own role; `waiting` in the lobby."""
        if self.lobby is not None:
            return "waiting"
        return str(self.persons.get(self._conference.session.person, {}).get("role", ""))

    @property
    def lobby(self) -> dict[str, Any] | None:
        """While one waits: `since_ms` and the hosts' `message`; None inside the room."""
        told: dict[str, Any] | None = self._conference.state.roster.get("lobby")
        return told

    @property
    def waiting(self) -> dict[str, dict[str, Any]]:
        """For hosts and co-hosts: who waits, by id, with name and since_ms."""
        told: dict[str, dict[str, Any]] = self._conference.state.roster.get("waiting", {})
        return told

    @property
    def doors(self) -> dict[str, Any]:
        """Whether there is a lobby and a lock; for hosts and co-hosts all of the doors."""
        told: dict[str, Any] = self._conference.state.roster.get("doors", {})
        return told

    async def _do(self, type_: str, **body: object) -> Receipt:
        return await self._conference.submit("roster", type_, body)

    async def rename(self, name: str) -> Receipt:
        return await self._do("rename", name=name)

    async def rename_person(self, person: str, name: str) -> Receipt:
        return await self._do("rename_person", person=person, name=name)

    async def set_role(self, person: str, role: str) -> Receipt:
        """Gives a role: host, co-host, presenter, participant or viewer."""
        return await self._do("set_role", person=person, role=role)

    async def hand_over(self, person: str) -> Receipt:
        """Makes somebody else host, and oneself co-host."""
        return await self._do("hand_over", person=person)

    async def remove(self, person: str, *, ban: bool = True) -> Receipt:
        return await self._do("remove", person=person, ban=ban)

    async def unban(self, person: str) -> Receipt:
        return await self._do("unban", person=person)

    async def admit(self, persons: Sequence[str]) -> Receipt:
        return await self._do("admit", persons=list(persons))

    async def admit_all(self) -> Receipt:
        return await self._do("admit_all")

    async def deny(self, person: str, *, ban: bool = False) -> Receipt:
        return await self._do("deny", person=person, ban=ban)

    async def to_lobby(self, person: str) -> Receipt:
        return await self._do("to_lobby", person=person)

    async def tell_waiting(self, text: str) -> Receipt:
        return await self._do("tell_waiting", text=text)

    async def configure(self, **doors: bool | int | str) -> Receipt:
        """Changes the doors: lobby, locked, passcode, participants_max, close_when_empty_ms,
        host_grace_ms, muted_on_entry; what is not given stays."""
        passcode = doors.get("passcode")
        if isinstance(passcode, str):
            doors["passcode"] = normal_passcode(passcode)
        return await self._do("configure", **doors)

    async def allow(self, setting: str, roles: Sequence[str]) -> Receipt:
        """Says to whom a setting is open, of participant and viewer."""
        return await self._do("allow", setting=setting, roles=list(roles))

    async def suspend(self, on: bool = True) -> Receipt:
        """Stops all activities of everyone but hosts and co-hosts, or lets them go on."""
        return await self._do("suspend", on=on)

    async def end(self) -> None:
        """Ends the room for everyone, oneself too."""
        await self._do("end")

    async def attendance(self) -> dict[str, Any]:
        """For hosts and co-hosts: `rows`, and the same as `csv`."""
        told: dict[str, Any] = await self._conference.get("attendance", {})
        return told

    async def link(self, kind: str, *, name: str = "", role: str = "participant") -> dict[str, str]:
        """For a link's fragment: `key` (kind `viewer`) or `person` (kinds `own`, `personal`)."""
        told: dict[str, str] = await self._conference.get(
            "link", {"kind": kind, "name": name, "role": role}
        )
        return told
