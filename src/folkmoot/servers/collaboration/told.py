"""Tells who asks which conferences are open on this server, and how many people are in them."""

from __future__ import annotations

import msgspec

from folkmoot.servers.collaboration.server import CollaborationServer

SUBJECT = "zone.rooms."
ROOMS_TOLD_MAX = 500


def rooms_told(server: CollaborationServer) -> list[tuple[str, int, int]]:
    """(conference, people present in it anywhere, connections attached here), the fullest first."""
    told = []
    for conference, room in server.rooms.items():
        if room.fenced is None:
            sessions = room.host.replica.state.sessions.values()
            people = len({session.person for session in sessions if session.attached})
            attached = sum(member.attached for member in room.host.members.values())
            told.append((conference, people, attached))
    return sorted(told, key=lambda line: -line[1])[:ROOMS_TOLD_MAX]


async def answer(server: CollaborationServer) -> bytes:
    return msgspec.msgpack.encode(rooms_told(server))
