"""People behind bad networks: they notice, go over, and lose nothing (I1-I5)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from folkmoot.client import Conference, connect
from folkmoot.client.conference import join
from folkmoot.testing.fault_proxy import FaultProxy, fault_proxy
from folkmoot.testing.faults import DEAF, DUMB, HALF_OPEN, NONE, Faults, Way
from folkmoot.testing.zone import Zone

pytestmark = pytest.mark.asyncio(loop_scope="module")

SEED = 20_251
WITHIN_S = 60.0
RESETS_MS_MEAN = 700
MESSAGES = 60


def texts(conference: Conference) -> list[str]:
    return [message["text"] for message in conference.state.chat["messages"]]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def behind(zone: Zone, faults: Faults = NONE) -> AsyncIterator[tuple[FaultProxy, str]]:
    """A network between a client and the zone; yields it and the zone's address through it."""
    print("seed", SEED)
    async with fault_proxy("127.0.0.1", zone.port, seed=SEED, faults=faults) as proxy:
        yield proxy, f"http://127.0.0.1:{proxy.port}"


@asynccontextmanager
async def through(zone: Zone, proxy: FaultProxy, room: str, name: str) -> AsyncIterator[Conference]:
    """A client whose first server is behind the proxy, and whose second is not."""
    ticket, _ = await join(zone.url, room, name)
    bad = f"http://127.0.0.1:{proxy.port}/s/collaboration-1"
    conference = Conference(zone.url, ticket, [bad, f"{zone.url}/s/collaboration-2"])
    try:
        await conference.wait_attached()
        yield conference
    finally:
        await conference.close()


async def attached_to(conference: Conference, server: str) -> None:
    await until(lambda: conference.server == server and conference.session.attached)


async def talk(conference: Conference, prefix: str, count: int) -> list[str]:
    said = [f"{prefix} {number}" for number in range(count)]
    for text in said:
        async with asyncio.timeout(WITHIN_S):
            await conference.chat.post(text)
    return said


async def test_random_resets_during_a_meeting_lose_nothing(zone: Zone) -> None:
    room = (await zone.create_room("Resets"))["slug"]
    rough = Way(latency_ms=2, jitter_ms=20, slice_bytes_max=300)
    cut = Faults(up=rough, down=rough, reset_ms_mean=RESETS_MS_MEAN)
    async with (
        behind(zone) as (proxy, url),
        connect(url, room=room, name="Ada") as ada,
        connect(url, room=room, name="Ben") as ben,
        connect(zone.url, room=room, name="Carol") as carol,
    ):
        proxy.switch(cut)
        both = await asyncio.gather(talk(ada, "ada", MESSAGES), talk(ben, "ben", MESSAGES))
        await until(lambda: ada.reconnections + ben.reconnections > 0)
        proxy.switch(NONE)
        await until(lambda: len(texts(ada)) == len(texts(ben)) == len(texts(carol)) == 2 * MESSAGES)
        assert texts(ada) == texts(ben) == texts(carol)
        for own in both:
            assert [text for text in texts(carol) if text in own] == own
        assert carol.reconnections == 0


async def test_jitter_does_not_change_the_order(zone: Zone) -> None:
    room = (await zone.create_room("Jitter"))["slug"]
    rough = Way(latency_ms=20, jitter_ms=100)
    async with (
        behind(zone, Faults(up=rough, down=rough)) as (_, url),
        connect(url, room=room, name="Ada") as ada,
        connect(zone.url, room=room, name="Ben") as ben,
    ):
        said = [f"number {number}" for number in range(100)]
        posted = [ada.submit_nowait("chat", "post", {"text": text}) for text in said]
        async with asyncio.timeout(WITHIN_S):
            await asyncio.gather(*posted)
        await until(lambda: texts(ben) == said)
        assert texts(ada) == said
        assert ada.reconnections == 0


async def test_a_half_open_connection_is_noticed_by_a_client_that_says_nothing(zone: Zone) -> None:
    room = (await zone.create_room("Half open"))["slug"]
    async with (
        behind(zone) as (proxy, url),
        connect(url, room=room, name="Ada") as ada,
        connect(zone.url, room=room, name="Ben") as ben,
    ):
        # Her connection and the one that stands by are both dead; new ones are well.
        await until(lambda: proxy.statistics()["open"] >= 2)
        proxy.switch(HALF_OPEN, "open")
        await ben.chat.post("can you hear me?")
        await until(lambda: texts(ada) == ["can you hear me?"])
        await ada.chat.post("now I can")
        await until(lambda: texts(ben) == ["can you hear me?", "now I can"])


@pytest.mark.parametrize(("hole", "speaks"), [(DEAF, "ben"), (DEAF, "ada"), (DUMB, "ada")])
async def test_a_client_goes_over_to_its_standby_when_one_way_is_cut(
    zone: Zone, hole: Faults, speaks: str
) -> None:
    room = (await zone.create_room("One way"))["slug"]
    async with (
        behind(zone) as (proxy, _),
        through(zone, proxy, room, "Ada") as ada,
        connect(zone.url, room=room, name="Ben") as ben,
    ):
        await attached_to(ada, "collaboration-1")
        await until(lambda: ada.standby_ready)
        proxy.switch(hole)
        said = await talk(ada if speaks == "ada" else ben, speaks, 3)
        await attached_to(ada, "collaboration-2")
        await until(lambda: texts(ada) == texts(ben) == said)
        # Its server thinks it is still there, and must not speak for it when the way is open again.
        proxy.switch(NONE)
        said += await talk(ada, "ada again", 3)
        await until(lambda: texts(ada) == texts(ben) == said)
        assert ada.server == "collaboration-2"
