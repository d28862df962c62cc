"""Colours: by which the people of a conference are told apart at a glance. Pure.

A colour is a number from 1 on; what it looks like, in light and dark, is for clients to choose. A
name or initials always stand beside it.
"""

from __future__ import annotations

from typing import Final

from folkmoot.conference.rights import Role
from folkmoot.conference.state import ConferenceState, Person
from folkmoot.protocol.limits import PERSON_COLOURS

STEP: Final = 3
"""From one colour to the next that is tried: neighbours look alike."""


def wanted(person: str) -> int:
    """The colour that an id asks for, by FNV-1a: clients give it to whom they are told none of."""
    value = 0x811C9DC5
    for byte in person.encode():
        value = (value ^ byte) * 0x01000193 % (1 << 32)
    return value % PERSON_COLOURS + 1


def give_colour(conference: ConferenceState, person: Person) -> None:
    """Gives somebody without one, for good, a colour that the fewest of those here have.

    Of these it is the first from the one that their id asks for, so that most who leave and come
    back look the same.
    """
    if person.colour:
        return
    used = [0] * PERSON_COLOURS
    for other in conference.persons.values():
        if other.colour and other.role != Role.WAITING:
            used[other.colour - 1] += 1
    fewest, first = min(used), wanted(person.id) - 1
    tried = ((first + STEP * at) % PERSON_COLOURS for at in range(PERSON_COLOURS))
    person.colour = 1 + next(at for at in tried if used[at] == fewest)


def give_colours(conference: ConferenceState) -> None:
    """The same for all who are in the room, in the order in which they came."""
    for person in sorted(conference.persons.values(), key=lambda p: (p.joined_ms, p.id)):
        if person.role != Role.WAITING:
            give_colour(conference, person)
