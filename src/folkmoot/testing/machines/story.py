"""What every test of a zone does: people talk, something happens, it ends, and all is checked."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from folkmoot.drill.checker import FAULT, HEALED, PROGRESS_S, Report, check
from folkmoot.drill.gaps import confirmations_s, gaps_s
from folkmoot.drill.history import Line
from folkmoot.errors import invariant
from folkmoot.testing.machines.machine import Machine, wait_until
from folkmoot.testing.machines.people import People
from folkmoot.testing.machines.zone import Machines

OF_EACH_HOST: Final = 2
MESSAGES_PER_S: Final = 20.0
BEFORE_S: Final = 1.0
AFTER_S: Final = 2.5
SETTLE_S: Final = 30.0


class Story:
    """People of all hosts in one room of a zone, talking until `end`.

    Shape: `random` is seeded; what it decides is repeated by the same seed.
    Caller: `begin`, then `fault` around what happens, `end` (which checks everything), `close`.
    """

    def __init__(self, zone: Machines, people: People, seed: int) -> None:
        self.zone = zone
        self.people = people
        self.random = random.Random(seed)
        self.room = ""
        self.began_s = 0.0
        self.ended_s = 0.0
        self.others: list[People] = []
        self._names = 0

    def begin(
        self,
        hosts: list[str] | None = None,
        per_s: float = MESSAGES_PER_S,
        mixed: int | None = None,
    ) -> None:
        """Two people come in by each host, and all begin to talk, or to do all sorts of things."""
        names = hosts or [host.name for host in self.zone.hosts.values() if host.powered]
        self.room = self.people.create_room(self.zone.url_of(names[0]))
        for name in names:
            self.come(name)
        self.people.begin(per_s, mixed=mixed)
        self.began_s = self.people.mark("begin")
        time.sleep(BEFORE_S)

    def come(self, host: str, count: int = OF_EACH_HOST) -> list[str]:
        """More people come in by a host; returns their names."""
        self._names += 1
        names = [f"{host}-{self._names}-{number}" for number in range(count)]
        self.people.join(names, self.room, self.zone.url_of(host), here=True)
        return names

    def come_by(self, door: str, host: str) -> str:
        """Somebody comes in by one host's web server and attaches to another; returns the name."""
        self._names += 1
        name = f"{door}-{host}-{self._names}"
        at = self.zone.url_of(host)
        self.people.join([name], self.room, self.zone.url_of(door), at=at)
        return name

    def come_apart(self, place: str, people: People, url: str, count: int = OF_EACH_HOST) -> None:
        """People of a process of their own come into the room, and talk like the rest."""
        self.others.append(people)
        people.join([f"{place}-{number}" for number in range(count)], self.room, url, here=True)
        people.begin(MESSAGES_PER_S / 4)

    def on(self, host: str) -> list[str]:
        """Who is attached to a server of this host."""
        told = self.people.servers().items()
        return [name for name, url in told if self.zone.host_of(url) == host]

    @contextmanager
    def fault(self, name: str) -> Iterator[float]:
        """Marks in the history that something happens, and at the end that it is over."""
        self.people.mark(FAULT)
        began_s = self.people.mark(name)
        yield began_s
        self.people.mark(HEALED)

    def sees_silent(self, asked: Machine, gone: str, within_s: float) -> float:
        """Returns how long it took until a host's status says that another one is silent."""

        def told() -> bool:
            return any(
                node["name"] == gone and node["state"] == "silent"
                for node in asked.status()["nodes"]
            )

        return wait_until(told, within_s, f"{asked.name} says that {gone} is silent")

    def wait_saved(self, since_s: float, within_s: float = SETTLE_S) -> float:
        """Returns when something that was sent after that time is acknowledged, and how long."""

        def saved() -> bool:
            sent: set[str] = set()
            for line in self.lines():
                if line.kind == "send" and line.t > since_s:
                    sent.add(line.key)
                elif line.kind == "ok" and line.key in sent:
                    return True
            return False

        return wait_until(saved, within_s, "something is saved")

    def end(self, *, settle_s: float = SETTLE_S, progress_s: float = PROGRESS_S) -> Report:
        """People talk on for a while; then all is decided, read anew, and checked.

        Errors: `InvariantViolated` with what was broken, and where the history is.
        """
        time.sleep(AFTER_S)
        self.ended_s = self.people.mark("pause")
        for people in (*self.others, self.people):
            people.pause()
        for people in (*self.others, self.people):
            people.settle(settle_s)
        alive = [host for host in self.zone.hosts.values() if host.powered]
        self.people.final(
            [self.room], self.zone.url_of(self.random.choice(alive).name), self.others
        )
        report = check(self.lines(), progress_s=progress_s)
        print(report.text())
        print(self.measures())
        invariant(
            not report.violations,
            "every promise is kept",
            report=report.text(),
            history=str(self.people.history),
        )
        invariant(report.ok > 0, "something was saved", report=report.text())
        return report

    def lines(self) -> list[Line]:
        """Everything that was written down so far, by time."""
        told = [line for people in (self.people, *self.others) for line in people.lines()]
        return sorted(told, key=lambda line: line.t)

    def measures(self) -> str:
        """The longest gaps and confirmations while people talked, for people."""
        lines = self.lines()
        gaps = sorted(gaps_s(lines, self.began_s, self.ended_s).items(), key=lambda one: -one[1])
        took = confirmations_s(lines, self.began_s, self.ended_s)
        told = ", ".join(f"{name} {gap:.2f}" for name, gap in gaps[:6])
        longest = f"{took[-1]:.2f}" if took else "none"
        return f"longest gaps in s: {told}; longest confirmation {longest}"

    def close(self) -> None:
        for people in (*self.others, self.people):
            self.zone.dismiss(people)
