"""The drill itself: people talk in a room of their own, faults are injected, everything is noted.

What reaches into the zone comes as `Access`, so that this knows neither folders nor nodes.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol

import httpx
import msgspec

from folkmoot.client import ClientError, Conference, ConferenceEnded
from folkmoot.client.joining import ask, request
from folkmoot.drill.checker import FAULT, HEALED
from folkmoot.drill.history import Line
from folkmoot.drill.kinds import KINDS
from folkmoot.drill.person import Person
from folkmoot.drill.targets import Draw, Rows, Target, people_elsewhere
from folkmoot.drill.workload import Workload
from folkmoot.errors import OperatorError

CALM_S: Final = 2.0
"""How long people talk undisturbed before the first fault, and after each one is over."""

CAME_S: Final = 5.0
"""For so long more people must be counted than the drill's own until they are believed."""

WATCHED_S: Final = 4.0
"""At least so long after a fault its effects are its own."""

RECOVERY_S_MAX: Final = 60.0
SETTLE_S_MAX: Final = 60.0
FREEZE_MS: Final = 5_000
POLL_S: Final = 0.1
JOINING_AT_ONCE: Final = 10
DELIVERIES_MAX: Final = 1_500_000
"""More would not fit: people speak less often then."""

ACTS_PER_S_MAX: Final = 60.0
ACTS_EACH_PER_S: Final = 3.0

Say = Callable[[str], None]


class Access(Protocol):
    """The zone, as its operator reaches it. Errors: all raise `OperatorError`."""

    url: str
    encryption: ssl.SSLContext | None

    async def rows(self) -> Rows: ...
    async def order(self, node: str, op: str, **fields: object) -> None: ...


class Wanted(msgspec.Struct, frozen=True):
    """What is asked for.

    Shape: with `alone` it stops when others come into the zone meanwhile.
    """

    kinds: tuple[str, ...]
    participants: int
    minutes: float
    seed: int
    alone: bool = True


class Injection(msgspec.Struct):
    """One fault; times are of the history's clock, in seconds.

    Shape: `recovered_s` is when the last process that it hit served again, None when none did in
    time or none was hit.
    """

    target: Target
    at_s: float
    until_s: float = 0.0
    hit: int = 0
    recovered_s: float | None = None
    problem: str = ""


class Outcome(msgspec.Struct):
    """Shape: `problems` are sentences about what the drill itself could not do."""

    lines: list[Line]
    injections: list[Injection]
    began_s: float
    ended_s: float
    problems: list[str]


class Drill:
    """One drill. Caller: `run`, once."""

    def __init__(self, access: Access, wanted: Wanted, say: Say) -> None:
        self._access = access
        self._wanted = wanted
        self._say = say
        self._lines: list[Line] = []
        self._people: list[Person] = []
        self._injections: list[Injection] = []
        self._problems: list[str] = []
        self._heard_s: dict[str, float] = {}
        self._draw = Draw(wanted.kinds, wanted.seed)

    async def run(self) -> Outcome:
        """Errors: `OperatorError` when it cannot begin; later trouble is part of the outcome."""
        began_s = time.monotonic()
        async with self._room() as slug:
            await self._come(slug)
            async with self._talking():
                await asyncio.sleep(CALM_S)
                await self._faults()
            self._say("All faults are over; waiting until everything is decided ...")
            await self._settle()
            await self._read_at_the_end(slug)
            ended_s = time.monotonic()
            await asyncio.gather(*(self._leave(one) for one in self._people))
        lines = sorted(self._lines, key=lambda line: line.t)
        return Outcome(lines, self._injections, began_s, ended_s, self._problems)

    # The room and its people

    @asynccontextmanager
    async def _room(self) -> AsyncIterator[str]:
        """A scratch room, ended at the end: it closes for everybody and nobody finds it."""
        verify = self._access.encryption or False
        url = self._access.url
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=10, verify=verify) as http:
                answer = await http.post(f"{url}/api/v1/rooms", json={"title": "Drill"})
                answer.raise_for_status()
                room: dict[str, Any] = answer.json()
        except httpx.HTTPError as error:
            raise OperatorError(
                f"The drill's room could not be made at {url} ({error}); see `folkmoot status`."
            ) from None
        try:
            yield str(room["slug"])
        finally:
            with contextlib.suppress(ClientError, ConnectionError, ConferenceEnded, TimeoutError):
                await self._end(room)

    async def _end(self, room: dict[str, Any]) -> None:
        key = str(room["links"]["host"]).partition("#k=")[2]
        url, encryption = self._access.url, self._access.encryption
        async with asyncio.timeout(SETTLE_S_MAX):
            told = await ask(url, room["slug"], request("Drill's end", key), encryption)
            host = Conference(url, told.ticket, told.paths, encryption)
            try:
                await host.submit("roster", "end", {})
            finally:
                await host.close()

    async def _come(self, slug: str) -> None:
        self._say(f"{self._wanted.participants} synthetic participants come in ...")
        gate = asyncio.Semaphore(JOINING_AT_ONCE)

        async def come(number: int) -> Person:
            person = Person(f"p{number + 1:03}", slug, self._note)
            async with gate:
                await person.enter(
                    self._access.url, turn=number, encryption=self._access.encryption
                )
            return person

        coming = [come(number) for number in range(self._wanted.participants)]
        try:
            self._people = list(await asyncio.gather(*coming))
        except (TimeoutError, ConnectionError, ClientError, ConferenceEnded) as error:
            raise OperatorError(
                f"The synthetic participants could not come in ({error}); see `folkmoot status`."
            ) from None

    @staticmethod
    async def _leave(person: Person) -> None:
        with contextlib.suppress(ConferenceEnded, ClientError, TimeoutError):
            async with asyncio.timeout(SETTLE_S_MAX):
                await person.leave()
        await person.close()

    @asynccontextmanager
    async def _talking(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._talk())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _talk(self) -> None:
        loop = asyncio.get_running_loop()
        count, began_s = 0, loop.time()
        per_s = pace(self._wanted)
        work = [Workload(person, self._wanted.seed) for person in self._people]
        while True:
            work[count % len(work)].act()
            count += 1
            await asyncio.sleep(max(0.0, began_s + count / per_s - loop.time()))

    # Faults

    async def _faults(self) -> None:
        """One after the other, each kind at least once, as long as there is time."""
        until_s = time.monotonic() + self._wanted.minutes * 60
        done = 0
        while done < len(self._wanted.kinds) or time.monotonic() < until_s:
            done += 1
            try:
                rows = await self._access.rows()
            except OperatorError as error:
                self._problems.append(f"The zone's status could not be read: {error}")
                await asyncio.sleep(CALM_S)
                continue
            target = self._draw.next(rows, time.monotonic())
            if target is not None and await self._others_came(target):
                return
            if target is not None:
                await self._inject(target, rows)
            elif done >= len(self._wanted.kinds):
                await asyncio.sleep(CALM_S)

    async def _others_came(self, target: Target) -> bool:
        """Whether people are there who would notice the next fault, and were not asked.

        Who changed servers is counted by both for a moment: only what lasts is believed.
        """
        if not self._wanted.alone or not KINDS[target.kind].shared:
            return False
        until_s = time.monotonic() + CAME_S
        while True:
            with contextlib.suppress(OperatorError):
                came = people_elsewhere(await self._access.rows()) - len(self._people)
                if came <= 0:
                    return False
                if time.monotonic() > until_s:
                    self._problems.append(
                        f"{came} more came into the zone: the drill stopped before they would"
                        " notice. Say --yes-really to go on where people are."
                    )
                    return True
            await asyncio.sleep(POLL_S)

    async def _inject(self, target: Target, rows: Rows) -> None:
        self._say(f"  {target.text} ...")
        injection = Injection(target, self._mark(FAULT, target.text))
        self._injections.append(injection)
        before = _processes(target, rows)
        injection.hit = len(before)
        try:
            await self._perform(target)
            if before:
                await self._recovered(before)
                injection.recovered_s = time.monotonic()
        except OperatorError as error:
            injection.problem = str(error)
        except TimeoutError:
            injection.problem = (
                f"What it hit did not serve again within {RECOVERY_S_MAX:g} s:"
                f" see `folkmoot status` and `folkmoot logs`."
            )
        self._mark(HEALED, target.text)
        healed_s = time.monotonic()
        await asyncio.sleep(max(CALM_S, injection.at_s + WATCHED_S - healed_s))
        await self._all_hear(healed_s)
        injection.until_s = time.monotonic()

    async def _perform(self, target: Target) -> None:
        if target.kind == "connection":
            for person in self._people[:: max(1, len(self._people) // 5)]:
                person.cut()
        elif target.kind == "freeze":
            await self._access.order(target.node, "freeze", id=target.process, for_ms=FREEZE_MS)
        elif target.kind == "drain":
            await self._access.order(target.node, "drain", id=target.process, on=True)
            await asyncio.sleep(CALM_S)
            await self._access.order(target.node, "drain", id=target.process, on=False)
        else:
            await self._access.order(target.node, "kill", id=target.process)

    async def _recovered(self, before: dict[tuple[str, str], int]) -> None:
        """Returns when all that was hit runs anew and is ready. Errors: `TimeoutError`."""
        async with asyncio.timeout(RECOVERY_S_MAX):
            while True:
                with contextlib.suppress(OperatorError):
                    rows = await self._access.rows()
                    ready = {
                        (row["node"], row["id"]): row["pid"]
                        for row in rows
                        if row["state"] == "ready" and row["pid"]
                    }
                    if all(ready.get(key, pid) != pid for key, pid in before.items()):
                        return
                await asyncio.sleep(POLL_S)

    async def _all_hear(self, since_s: float) -> None:
        """Returns when everybody saw something of others since then, or it takes too long.

        Who has not come back yet would be counted as silent by the next fault, too.
        """
        until_s = time.monotonic() + RECOVERY_S_MAX
        while time.monotonic() < until_s:
            here = [one.name for one in self._people if one.conference.ended is None]
            if all(self._heard_s.get(name, 0.0) > since_s for name in here):
                return
            await asyncio.sleep(POLL_S)

    def _note(self, line: Line) -> None:
        self._lines.append(line)
        others = line.kind in ("got", "preview") and not line.key.startswith(f"{line.who}/")
        if others or line.kind == "replaced":
            self._heard_s[line.who] = line.t

    def _mark(self, code: str, what: str) -> float:
        now_s = time.monotonic()
        self._lines.append(Line(now_s, "mark", code=code, more={"what": what}))
        return now_s

    # The end

    async def _settle(self) -> None:
        """Returns when everything is decided and everybody equally far, or it takes too long."""
        until_s = time.monotonic() + SETTLE_S_MAX
        while time.monotonic() < until_s:
            furthest = max(one.position() for one in self._people)
            waiting = [
                one
                for one in self._people
                if one.conference.ended is None and (one.undecided or one.position() < furthest)
            ]
            if not waiting:
                return
            await asyncio.sleep(POLL_S)
        self._problems.append(f"After {SETTLE_S_MAX:g} s not everything was decided for everybody.")

    async def _read_at_the_end(self, slug: str) -> None:
        """A newcomer reads the room whole, and everybody says what they hold."""
        reader = Person("newcomer", slug, self._lines.append)
        try:
            async with asyncio.timeout(SETTLE_S_MAX):
                await reader.enter(self._access.url, encryption=self._access.encryption)
                await reader.tell_final()
                sequence = reader.position()
                for one in self._people:
                    while (
                        one.conference.ended is None
                        and one.conference.session.position.sequence < sequence
                    ):
                        await asyncio.sleep(POLL_S)
                    if one.conference.ended is None:
                        one.tell_state()
        except (TimeoutError, ClientError, ConferenceEnded, ConnectionError) as error:
            self._problems.append(f"The room could not be read at the end: {error}")
        finally:
            with contextlib.suppress(RuntimeError):
                await self._leave(reader)


def pace(wanted: Wanted) -> float:
    """Acts a second of all together, so that what is noted stays bounded."""
    fitting = DELIVERIES_MAX / (wanted.participants * max(wanted.minutes, 1.0) * 60)
    return min(ACTS_PER_S_MAX, ACTS_EACH_PER_S * wanted.participants, fitting)


def _processes(target: Target, rows: Rows) -> dict[tuple[str, str], int]:
    """Pids of what a fault ends. A frozen server that thaws in time is the same one."""
    if target.kind in ("connection", "drain", "freeze"):
        return {}
    return {
        (row["node"], row["id"]): row["pid"]
        for row in rows
        if row["node"] == target.node
        and row["pid"]
        and (row["id"] == target.process or (not target.process and row["id"] != "launcher"))
    }
