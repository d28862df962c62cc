"""Waiting: connections whose attach is on its way to the log. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from folkmoot.servers.collaboration.member import Member


class Waiting:
    """Members in the order in which their attach entries were queued, by session and generation.

    Two connections may ask for the same generation; the log decides between their entries, and
    since these are alike, the first outcome goes to the first that still waits.
    """

    def __init__(self) -> None:
        self._members: dict[tuple[str, int], list[Member]] = {}

    def __iter__(self) -> Iterator[Member]:
        return (member for members in self._members.values() for member in members)

    def add(self, member: Member) -> None:
        member.waiting = True
        self._members.setdefault((member.session, member.generation), []).append(member)

    def take(self, session: str, generation: int) -> Member | None:
        """The member that an outcome is for."""
        members = self._members.get((session, generation))
        if not members:
            return None
        member = members[0]
        self.remove(member)
        return member

    def remove(self, member: Member) -> None:
        """Caller: also when the connection is gone."""
        if not member.waiting:
            return
        member.waiting = False
        key = (member.session, member.generation)
        members = self._members[key]
        members.remove(member)
        if not members:
            del self._members[key]
