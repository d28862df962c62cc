"""The process that people of a test live in: started in their namespace, told what to do by a pipe.

Each line on standard input is a JSON object with `do` and arguments, each line on standard output
its answer: `{"ok": ...}` or `{"error": ...}`. Errors of clients go to standard error.
"""

from __future__ import annotations

import asyncio
import sys
import time
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import IO, Any, Final

import httpx
import msgspec

from folkmoot.drill.history import Line, write
from folkmoot.drill.person import Person
from folkmoot.drill.workload import Workload

POLL_S: Final = 0.02
HTTP_S: Final = 5.0
PEOPLE_MAX: Final = 4_000
LINE_BYTES_MAX: Final = 1 << 20


class Worker:
    """All people of one process."""

    def __init__(self, history: IO[bytes]) -> None:
        self._history = history
        self._people: dict[str, Person] = {}
        self._gone: list[Person] = []
        self._readers: list[Person] = []
        self._posting: asyncio.Task[None] | None = None
        self._http = httpx.AsyncClient(trust_env=False, timeout=HTTP_S, verify=False)
        self._did: dict[str, Callable[..., Awaitable[Any]]] = {
            "create_room": self.create_room,
            "join": self.join,
            "post": self.post,
            "submit": self.submit,
            "begin": self.begin,
            "pause": self.pause,
            "settle": self.settle,
            "mark": self.mark,
            "leave": self.leave,
            "haunt": self.haunt,
            "read": self.read,
            "states": self.states,
            "forget_readers": self.forget_readers,
            "servers": self.servers,
            "fetch": self.fetch,
        }

    def note(self, line: Line) -> None:
        write(self._history, line)

    async def answer(self, text: bytes) -> bytes:
        asked: dict[str, Any] = msgspec.json.decode(text)
        try:
            told = await self._did[asked.pop("do")](**asked)
            self._history.flush()
            return msgspec.json.encode({"ok": told})
        except Exception as error:  # noqa: BLE001
            # Whoever asked is to know, whatever it was; this process goes on.
            traceback.print_exc()
            return msgspec.json.encode({"error": f"{type(error).__name__}: {error}"})

    async def close(self) -> None:
        await self.pause()
        everybody = [*self._people.values(), *self._readers]
        await asyncio.gather(*(one.close() for one in everybody))
        await self._http.aclose()
        self._history.flush()

    # What may be asked

    async def create_room(self, url: str, within_s: float = 20.0) -> str:
        body = {"title": "Test"}
        async with asyncio.timeout(within_s):
            while True:
                try:
                    answer = await self._http.post(f"{url}/api/v1/rooms", json=body)
                    answer.raise_for_status()
                    return str(answer.json()["slug"])
                except httpx.HTTPError:
                    await asyncio.sleep(10 * POLL_S)

    async def join(
        self,
        names: list[str],
        room: str,
        url: str,
        here: bool = False,
        at: str = "",
        standby: bool = True,
    ) -> None:
        if len(self._people) + len(names) > PEOPLE_MAX:
            raise ValueError(f"at most {PEOPLE_MAX} people")
        coming = [Person(name, room, self.note) for name in names]
        await asyncio.gather(*(one.enter(url, here=here, at=at, standby=standby) for one in coming))
        self._people |= {one.name: one for one in coming}

    async def post(self, name: str, count: int = 1) -> None:
        for _ in range(count):
            self._people[name].post()

    async def submit(self, name: str, key: str, app: str, type: str, body: Any) -> None:
        self._people[name].submit(key, app, type, body)

    async def begin(
        self, per_s: float, names: list[str] | None = None, mixed: int | None = None
    ) -> None:
        """People post one after the other, so many messages a second in all.

        Shape: with `mixed`, a seed, they do other things, too.
        """
        await self.pause()
        chosen = [self._people[name] for name in names or self._people]
        acts: list[Callable[[], None]] = [one.post for one in chosen]
        if mixed is not None:
            acts = [Workload(one, mixed).act for one in chosen]
        self._posting = asyncio.get_running_loop().create_task(self._act_on(acts, per_s))

    async def _act_on(self, acts: list[Callable[[], None]], per_s: float) -> None:
        loop = asyncio.get_running_loop()
        began_s, count = loop.time(), 0
        while True:
            acts[count % len(acts)]()
            count += 1
            await asyncio.sleep(max(0.0, began_s + count / per_s - loop.time()))

    async def pause(self) -> None:
        if self._posting is not None:
            self._posting.cancel()
            await asyncio.gather(self._posting, return_exceptions=True)
            self._posting = None

    async def settle(self, within_s: float) -> dict[str, Any]:
        """Returns when every operation is decided and everybody of a room is equally far.

        Shape: `{"settled": bool, "left": what is missing}`; never raises for being late.
        """
        began_s = time.monotonic()
        while left := self._unsettled():
            if time.monotonic() - began_s > within_s:
                return {"settled": False, "left": left, "took_s": within_s}
            await asyncio.sleep(POLL_S)
        return {"settled": True, "left": {}, "took_s": time.monotonic() - began_s}

    def _unsettled(self) -> dict[str, str]:
        furthest: dict[str, int] = {}
        for one in self._people.values():
            furthest[one.room] = max(furthest.get(one.room, 0), one.position())
        left = {}
        for one in self._people.values():
            if one.conference.ended is not None:
                continue
            if one.undecided:
                left[one.name] = f"{one.undecided} operations undecided"
            elif not one.conference.session.attached:
                left[one.name] = "not attached"
            elif one.position() < furthest[one.room]:
                left[one.name] = f"at {one.position()} of {furthest[one.room]}"
        return left

    async def mark(self, what: str) -> float:
        now_s = time.monotonic()
        self.note(Line(now_s, "mark", code=what))
        return now_s

    async def leave(self, name: str) -> None:
        one = self._people.pop(name)
        await one.leave()
        self._gone.append(one)

    async def haunt(self, name: str, url: str) -> None:
        """One who left speaks on over a connection made by hand."""
        gone = next(one for one in self._gone if one.name == name)
        await gone.haunt(url)

    async def read(self, rooms: list[str], url: str, within_s: float = 30.0) -> dict[str, int]:
        """A newcomer reads each room whole, and stays; returns how far each was."""
        told = {}
        async with asyncio.timeout(within_s):
            for number, room in enumerate(rooms):
                reader = Person(f"reader-{number}-{time.monotonic_ns()}", room, self.note)
                await reader.enter(url)
                self._readers.append(reader)
                await reader.tell_final()
                told[room] = reader.position()
        return told

    async def states(self, rooms: dict[str, int], within_s: float = 30.0) -> None:
        """Everybody's state is written down once they are as far as the newcomer was."""
        async with asyncio.timeout(within_s):
            for one in self._people.values():
                if one.room not in rooms or one.conference.ended is not None:
                    continue
                while one.conference.session.position.sequence < rooms[one.room]:
                    await asyncio.sleep(POLL_S)
                one.tell_state()

    async def forget_readers(self) -> None:
        readers, self._readers = self._readers, []
        await asyncio.gather(*(one.leave() for one in readers))

    async def servers(self) -> dict[str, str]:
        """The address of the server that each person is attached to, or tries next."""
        return {name: one.conference.server_url for name, one in self._people.items()}

    async def fetch(self, url: str, token: str = "") -> Any:
        """What an address answers, as JSON, or as text."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = await self._http.get(url, headers=headers)
        try:
            told = answer.json()
        except ValueError:
            told = answer.text
        return {"status": answer.status_code, "body": told}


async def main(path: Path) -> None:
    """Answers until standard input ends."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(LINE_BYTES_MAX)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    with path.open("ab", buffering=1 << 20) as history:
        worker = Worker(history)
        while text := await reader.readline():
            sys.stdout.buffer.write(await worker.answer(text) + b"\n")
            sys.stdout.buffer.flush()
        await worker.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
