"""What applications share: one-line texts, and who is told what only some may see."""

from __future__ import annotations

from folkmoot.apps.roster import clean_text
from folkmoot.conference.application import Rejected
from folkmoot.conference.rights import Right, allowed
from folkmoot.conference.state import ConferenceState


def clean_line(text: str, characters_max: int) -> str:
    """As `clean_text`, and on one line. Errors: `Rejected`."""
    clean_text(text, characters_max)
    if "\n" in text or "\t" in text:
        raise Rejected("malformed", "This must be one line.")
    return text


def may(conference: ConferenceState, person: str, right: Right) -> bool:
    """Whether a person's role at this position allows it."""
    known = conference.persons.get(person)
    return known is not None and allowed(right, known.role, conference.locks)


def those_who_may(conference: ConferenceState, right: Right) -> tuple[str, ...]:
    """The persons whose role allows it, in the order in which they came."""
    locks = conference.locks
    return tuple(p.id for p in conference.persons.values() if allowed(right, p.role, locks))
