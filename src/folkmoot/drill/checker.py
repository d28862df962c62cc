"""The checker: reads a history and says which promises were broken.

Pure, and shares no code with servers and clients: it knows lines only (`history.py`), among them
what a newcomer read at the end. Every promise has the number that it has in docs/architecture.md;
tests/unit/drill/test_checker.py shows that it finds a break of each.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Final

import msgspec

from folkmoot.drill.history import Line

PROGRESS_S: Final = 15.0
HEALED: Final = "healed"
FAULT: Final = "fault"
AFTER_CLOSE: Final = "after_close"
OUTCOMES: Final = ("ok", "fail", "unknown")
TOLD_MAX: Final = 20


class Violation(msgspec.Struct, frozen=True):
    """A broken promise: its number, and what shows it."""

    promise: str
    what: str


class Report(msgspec.Struct):
    """Shape: operations sent, by outcome; `recovered` had no known outcome and took effect."""

    sent: int = 0
    ok: int = 0
    fail: int = 0
    unknown: int = 0
    recovered: int = 0
    lost: int = 0
    doubled: int = 0
    delivered: int = 0
    violations: list[Violation] = []

    def text(self) -> str:
        """For people."""
        counts = (
            f"sent {self.sent}, ok {self.ok}, rejected {self.fail}, unknown {self.unknown}"
            f" (of these took effect {self.recovered}), acknowledged and lost {self.lost},"
            f" doubled {self.doubled}, delivered {self.delivered}"
        )
        told = [f"  {one.promise}: {one.what}" for one in self.violations[:TOLD_MAX]]
        more = len(self.violations) - len(told)
        return "\n".join([counts, *told, *([f"  and {more} more"] if more > 0 else [])])


def check(lines: Iterable[Line], *, progress_s: float = PROGRESS_S) -> Report:
    """Judges a whole history.

    Shape: of several final readings of a room the last counts. Units: `progress_s` is how long
    after each mark `healed` everybody may take to get on.
    """
    rooms: dict[str, list[Line]] = defaultdict(list)
    marks = []
    for line in lines:
        if line.kind == "mark":
            marks.append(line)
        elif line.room:
            rooms[line.room].append(line)
    report = Report()
    for room, told in rooms.items():
        _Room(room, told, report).check(marks, progress_s)
    return report


class _Room:
    """The lines of one room."""

    def __init__(self, room: str, lines: list[Line], report: Report) -> None:
        self._room = room
        self._lines = lines
        self._report = report
        finals = [line for line in lines if line.kind == "final"]
        self._final = finals[-1] if finals else None
        self._keys: list[str] = list(self._final.more["keys"]) if self._final else []
        self._present = set(self._keys)
        self._sends = [line for line in lines if line.kind == "send"]
        self._outcomes: dict[str, list[Line]] = defaultdict(list)
        for line in lines:
            if line.kind in OUTCOMES:
                self._outcomes[line.key].append(line)

    def check(self, marks: list[Line], progress_s: float) -> None:
        if self._final is None:
            self._broken("I1", "nobody read the room at the end")
        self._count()
        self._durable_and_once()
        self._one_order()
        self._authors_order()
        self._decided()
        self._equal_at_the_end()
        self._progress(marks, progress_s)
        self._authority()
        self._lines_of_the_pad()
        self._registers()

    def _broken(self, promise: str, what: str) -> None:
        self._report.violations.append(Violation(promise, f"{self._room}: {what}"))

    def _posts(self) -> list[Line]:
        return [
            s
            for s in self._sends
            if s.app == "chat" and s.type in ("", "post") and s.code != AFTER_CLOSE
        ]

    def _count(self) -> None:
        report = self._report
        report.sent += len(self._sends)
        report.delivered += sum(1 for line in self._lines if line.kind == "got" and line.key)
        for key, lines in self._outcomes.items():
            kind = lines[0].kind
            report.ok += kind == "ok"
            report.fail += kind == "fail"
            report.unknown += kind == "unknown"
            report.recovered += kind == "unknown" and key in self._present

    def _durable_and_once(self) -> None:
        """I1: what was acknowledged is there. I3: and once, for everybody."""
        for send in self._posts():
            told = self._outcomes.get(send.key, ())
            if any(line.kind == "ok" for line in told) and send.key not in self._present:
                self._report.lost += 1
                self._broken("I1", f"{send.key} was acknowledged and is not there")
            if any(line.kind == "fail" for line in told) and send.key in self._present:
                self._broken("I5", f"{send.key} was rejected and took effect")
        for key, count in Counter(self._keys).items():
            if count > 1:
                self._report.doubled += 1
                self._broken("I3", f"{key} took effect {count} times")
        seen: Counter[tuple[str, str]] = Counter()
        for line in self._lines:
            if line.kind == "got" and line.key:
                seen[line.who, line.key] += 1
        for (who, key), count in seen.items():
            if count > 1:
                self._report.doubled += 1
                self._broken("I3", f"{who} saw {key} {count} times")

    def _one_order(self) -> None:
        """I2: everybody saw everything at the same place, and in the order of places."""
        places: dict[str, tuple[int, int]] = {}
        at: dict[tuple[int, int], tuple[str, str, str]] = {}
        last: dict[str, tuple[int, int]] = {}
        for line in self._lines:
            place = (line.seq, line.index)
            if line.kind == "replaced":
                last[line.who] = (line.seq, 1 << 30)
                self._same_part(line)
            if line.kind != "got":
                continue
            if place <= last.get(line.who, (0, -1)):
                self._broken("I2", f"{line.who} saw {place} after {last[line.who]}")
            last[line.who] = place
            # Of what is not for everyone, two clients see different parts of one position.
            told = (line.app, line.type, line.key)
            if at.setdefault(place, told) != told:
                self._broken("I2", f"{line.who} saw {told} at {place}, another one {at[place]}")
            if line.key and places.setdefault(line.key, place) != place:
                self._broken("I2", f"{line.who} saw {line.key} at {place}, not {places[line.key]}")
        order = [places[key] for key in self._keys if key in places]
        if order != sorted(order):
            self._broken("I2", "the room at the end has another order than people saw")
        for key in places.keys() - self._present:
            self._broken("I1", f"{key} was seen and is not there")

    def _lines_of_the_pad(self) -> None:
        """I1, I3, I5 for what was written into a document: each line is there once, and whole."""
        if self._final is None or "lines" not in self._final.more:
            return
        there = Counter(self._final.more["lines"])
        sent = {send.key for send in self._sends if send.app == "documents"}
        for key in sent:
            told = self._outcomes.get(key, ())
            if any(line.kind == "ok" for line in told) and key not in there:
                self._report.lost += 1
                self._broken("I1", f"{key} was acknowledged and is not in the document")
        for key, count in there.items():
            if key not in sent:
                self._broken("I3", f"the document has a line that nobody wrote: {key[:60]}")
            elif count > 1:
                self._report.doubled += 1
                self._broken("I3", f"{key} is in the document {count} times")

    def _registers(self) -> None:
        """I1, I4: what only one person sets is in the end what that one set last."""
        if self._final is None or "slots" not in self._final.more:
            return
        sets: dict[str, list[Line]] = defaultdict(list)
        for send in self._sends:
            if send.more.get("slot"):
                sets[send.more["slot"]].append(send)
        for slot, sends in sets.items():
            known = [number for number, send in enumerate(sends) if self._was(send.key, "ok")]
            if not known:
                continue
            rest = [s for s in sends[known[-1] :] if not self._was(s.key, "fail")]
            value = self._final.more["slots"].get(slot)
            if value not in [send.more["value"] for send in rest]:
                self._broken("I1", f"{slot} is {value!r}, and {rest[0].key} had set it otherwise")

    def _same_part(self, line: Line) -> None:
        keys = list(line.more["keys"])
        if not keys or not self._keys:
            return
        start = self._keys.index(keys[0]) if keys[0] in self._present else -1
        if start < 0 or self._keys[start : start + len(keys)] != keys:
            self._broken("I2", f"{line.who} was given a state that is no part of the room")

    def _authors_order(self) -> None:
        """I4: what one session sent is there in that order, and without gaps."""
        sent: dict[str, list[str]] = defaultdict(list)
        for send in self._posts():
            sent[send.who].append(send.key)
        where = {key: number for number, key in enumerate(self._keys)}
        for who, keys in sent.items():
            there = [where[key] for key in keys if key in where]
            if there != sorted(there):
                self._broken("I4", f"what {who} sent is there in another order")
            missing = ""
            for key in keys:
                if key in where and missing:
                    self._broken("I4", f"of {who}, {key} is there and the earlier {missing} not")
                    break
                if key not in where and not self._was(key, "fail"):
                    missing = missing or key

    def _was(self, key: str, kind: str) -> bool:
        return any(line.kind == kind for line in self._outcomes.get(key, ()))

    def _decided(self) -> None:
        """I5: everything that was sent was decided once, or the session's end says it is open."""
        ended = {line.who for line in self._lines if line.kind == "ended"}
        for send in self._sends:
            if send.code == AFTER_CLOSE:
                continue
            told = self._outcomes.get(send.key, [])
            if not told:
                self._broken("I5", f"{send.key} was never decided")
            elif len(told) > 1:
                self._broken("I5", f"{send.key} was decided {len(told)} times")
            elif told[0].kind == "unknown" and send.who not in ended:
                self._broken("I5", f"{send.key} has no outcome, and the session did not end")

    def _equal_at_the_end(self) -> None:
        """I6: after the last reading, all have the same state."""
        if self._final is None:
            return
        wanted = self._final.more["digest"]
        for line in self._lines:
            late = line.kind == "state" and line.t >= self._final.t
            if late and line.more["digest"] != wanted:
                self._broken("I6", f"{line.who} has another state at the end than a newcomer")

    def _progress(self, marks: list[Line], within_s: float) -> None:
        """I7: after each healing everybody gets outcomes, and sees what others do, in time."""
        joined = {line.who: line.t for line in reversed(self._lines) if line.kind == "joined"}
        own = {send.key: send.who for send in self._sends}
        for number, mark in enumerate(marks):
            if mark.code != HEALED:
                continue
            following = [m.t for m in marks[number + 1 :] if m.code in (FAULT, HEALED)]
            until_s = min([mark.t + within_s, *following])
            if until_s < mark.t + within_s:
                # Another fault came before the time was over.
                continue
            during = [line for line in self._lines if mark.t <= line.t <= until_s]
            # What is said for a closed session is never decided, and should not be.
            sent = [s for s in during if s.kind == "send" and s.code != AFTER_CLOSE]
            speakers = {s.who for s in sent if s.t < until_s - within_s / 2}
            decided = {line.who for line in during if line.kind in OUTCOMES}
            for who in sorted(speakers - decided):
                self._broken("I7", f"nothing of {who} was decided in {within_s:g} s of healing")
            saw = {g.who for g in during if g.kind == "got" and own.get(g.key, g.who) != g.who}
            saw |= {line.who for line in during if line.kind == "replaced"}
            for who, at_s in joined.items():
                others = speakers - {who}
                here = at_s <= mark.t and not self._is_gone(who, until_s)
                if others and here and who not in saw:
                    self._broken("I7", f"{who} saw nothing of others in {within_s:g} s of healing")

    def _is_gone(self, who: str, until_s: float) -> bool:
        return any(
            line.kind == "ended" and not line.more.get("reconnect", False) and line.t <= until_s
            for line in self._lines
            if line.who == who
        )

    def _authority(self) -> None:
        """I10: exports are told to who asked only; a closed session does nothing more."""
        late = {send.key for send in self._sends if send.code == AFTER_CLOSE}
        for key in sorted(late & self._present):
            self._broken("I10", f"{key} took effect though its session was closed")
        asked = {s.who for s in self._sends if s.app == "exports"}
        for line in self._lines:
            if line.kind in ("got", "preview") and line.key in late:
                self._broken("I10", f"{line.who} saw {line.key} of a session that was closed")
            if line.kind == "got" and line.app == "exports" and line.who not in asked:
                self._broken("I10", f"{line.who} was told of somebody else's export")
