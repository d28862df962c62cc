"""A document's history: versions that are kept, who wrote between them, and going back to one.

A version is an object with all of the document at a position. People ask for one (`keep_version`),
one an hour comes by itself while something changes, and one from before each restoring. What is
asked for is a wish until the documents server has made it: until then nothing is compacted beyond
its position, so the version is what the document was at that moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from folkmoot.apps.texts import clean_name
from folkmoot.conference.application import Rejected
from folkmoot.conference.replicated import State
from folkmoot.protocol.limits import VERSION_NAME_CHARACTERS_MAX, VERSIONS_NAMED_MAX

HOUR_MS: Final = 3600 * 1000
DAY_MS: Final = 24 * HOUR_MS

HOURLY_MS: Final = HOUR_MS
HOURLY_KEPT_MS: Final = DAY_MS
DAILY_KEPT_MS: Final = 30 * DAY_MS
"""Versions without a name: all of the last day, the last one of each day for a month."""

UNNAMED_MAX: Final = 80
"""Of one document, however fast they come; the oldest goes first."""

VERSIONS_BYTES_MAX: Final = 64 << 20
"""Of one document. Unnamed ones go first; a name is refused when the named ones alone need more."""

WISHES_MAX: Final = 8
"""Versions of one document that are asked for and not made yet."""

WRITERS_MAX: Final = 100
"""Persons told apart between two versions; what others wrote is added up under nobody's name."""

WRITERS_KEPT_MAX: Final = 8
"""Persons of one version, those first who changed most."""

TIMES_EVERY_MS: Final = 1_000
"""Edits that follow each other within this have the time of the first of them."""

NAMED: Final = "named"
HOURLY: Final = "hourly"
BEFORE_RESTORE: Final = "restore"


class Author(State):
    """Whose Yjs client id a number is."""

    person: str
    name: str


class Written(State):
    """How much somebody added and removed: characters, on a board changes."""

    name: str
    added: int = 0
    removed: int = 0


class Version(State):
    """One version. Shape: `upto` is the position up to which it holds all; `writers` wrote since
    the version before it; an empty `name` is that of one which will go some day.
    """

    id: str
    upto: int
    time_ms: int
    reason: str
    object: str
    sha256: str
    bytes: int
    name: str = ""
    by: str = ""
    writers: dict[str, Written] = msgspec.field(default_factory=dict)


class Wish(State):
    """A version that is to be made, of all through `upto`; `asked` is where the log asks for it."""

    id: str
    upto: int
    time_ms: int
    reason: str
    name: str = ""
    by: str = ""
    asked: int = 0


class Restoring(State):
    """A document is being made what it was, in the name of `by`.

    Shape: what a version holds, or where `version` is empty what it was at `position`; `number` is
    the Yjs client id of what is written for it; `told` whether any of it is in the log.
    """

    id: str
    version: str
    by: str
    number: int
    told: bool = False
    position: int = 0


class Segment(State):
    """Edits that were compacted, kept so that points between versions can be gone back to.

    Shape: it holds those after position `since` through `upto`, and `ground` is the object with all
    of the document at `since`, empty where there was nothing; `from_ms` and `until_ms` are the
    times of the first and the last.
    Units: `edits_bytes` is what they take plainly, `bytes` and `ground_bytes` what is stored.
    """

    since: int
    upto: int
    from_ms: int
    until_ms: int
    edits: int
    edits_bytes: int
    object: str
    sha256: str
    bytes: int
    ground: str = ""
    ground_sha256: str = ""
    ground_bytes: int = 0


class History(State):
    """What belongs to a document's past.

    Shape: `authors` has the numbers whose updates are not compacted yet, `known` the object with
    all others; `written` is since the last version; `changed_ms` is the time of the first edit
    after it, 0 when there is none; `times` has the times of edits that are not compacted, each for
    the edits from a position on; `segments` are oldest first; `marks` are points that were named,
    and whose versions are not made yet.
    """

    authors: dict[str, Author] = msgspec.field(default_factory=dict)
    known: str = ""
    known_sha256: str = ""
    written: dict[str, Written] = msgspec.field(default_factory=dict)
    changed_ms: int = 0
    versions: list[Version] = msgspec.field(default_factory=list)
    wishes: list[Wish] = msgspec.field(default_factory=list)
    restoring: Restoring | None = None
    times: list[tuple[int, int]] = msgspec.field(default_factory=list)
    segments: list[Segment] = msgspec.field(default_factory=list)
    marks: list[Wish] = msgspec.field(default_factory=list)


def version_of(history: History, id_: str) -> Version:
    """Errors: `Rejected`."""
    for version in history.versions:
        if version.id == id_:
            return version
    raise Rejected("not_found", "This version is no longer kept.")


def clean_version_name(name: str) -> str:
    """Errors: `Rejected`."""
    return clean_name(name, VERSION_NAME_CHARACTERS_MAX)


def check_room_for_name(history: History) -> None:
    """Errors: `Rejected` when the named versions take up what there is."""
    named = [v for v in history.versions if v.name]
    wishes = [*history.wishes, *history.marks]
    wished = sum(bool(wish.name) for wish in wishes)
    if (
        len(named) + wished >= VERSIONS_NAMED_MAX
        or sum(v.bytes for v in named) >= VERSIONS_BYTES_MAX
        or len(wishes) >= WISHES_MAX
    ):
        raise Rejected(
            "limit_reached", "This document has as many named versions as it can. Unname one first."
        )


def note_written(history: History, written: Mapping[str, tuple[int, int]]) -> None:
    """Adds what the documents server counted in a compaction, by the authors' numbers."""
    for number, (added, removed) in written.items():
        author = history.authors.get(number)
        person = author.person if author else ""
        if person not in history.written and len(history.written) >= WRITERS_MAX:
            person = ""
        entry = history.written.setdefault(person, Written(""))
        if author is not None and person:
            entry.name = author.name
        entry.added += added
        entry.removed += removed


def note_time(history: History, sequence: int, time_ms: int) -> None:
    """An edit stands at this position."""
    times = history.times
    if not times or time_ms - times[-1][1] >= TIMES_EVERY_MS:
        times.append((sequence, time_ms))


def take_writers(history: History) -> dict[str, Written]:
    """Who wrote since the last version, those first who changed most; counting begins anew."""
    written, history.written = history.written, {}
    order = sorted(written.items(), key=lambda item: -(item[1].added + item[1].removed))
    writers = dict(order[:WRITERS_KEPT_MAX])
    for _, rest in order[WRITERS_KEPT_MAX:]:
        others = writers.setdefault("", Written(""))
        others.added += rest.added
        others.removed += rest.removed
    return writers


def thinned(versions: list[Version], now_ms: int) -> list[Version]:
    """The versions that stay, oldest first. Pure.

    All with a name; of the others all of the last day, then the last of each day for a month, and
    no more than fit. The newest one always stays.
    """
    kept: list[Version] = []
    days: set[int] = set()
    unnamed = 0
    bytes_left = VERSIONS_BYTES_MAX - sum(v.bytes for v in versions if v.name)
    for version in reversed(versions):
        age_ms, day = now_ms - version.time_ms, version.time_ms // DAY_MS
        stays = bool(version.name) or version is versions[-1]
        if not stays and unnamed < UNNAMED_MAX and version.bytes <= bytes_left:
            stays = age_ms <= HOURLY_KEPT_MS or (age_ms <= DAILY_KEPT_MS and day not in days)
        if not stays:
            continue
        if not version.name:
            unnamed += 1
            bytes_left -= version.bytes
        days.add(day)
        kept.append(version)
    kept.reverse()
    return kept


def told_version(version: Version | Wish) -> dict[str, Any]:
    """A version, or one that is being made, as clients see it."""
    told: dict[str, Any] = {
        "version": version.id,
        "position": version.upto,
        "time_ms": version.time_ms,
        "reason": version.reason,
        "name": version.name,
        "by": version.by,
    }
    if isinstance(version, Version):
        told["bytes"] = version.bytes
        told["writers"] = [
            {"person": person, "name": w.name, "added": w.added, "removed": w.removed}
            for person, w in version.writers.items()
        ]
    return told


def told_restoring(restoring: Restoring) -> dict[str, Any]:
    """What is being restored, as clients see it; `position` is there for a point alone."""
    told: dict[str, Any] = {"version": restoring.version, "by": restoring.by}
    return told | ({"position": restoring.position} if restoring.position else {})
