"""The engine dies and comes back: what a process that uses it sees."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from folkmoot.ports import LogMessage, LogUnavailable


async def test_kill_9_loses_nothing_that_was_acknowledged(world):
    engine = await world.engine()
    acknowledged = [(await engine.log.publish("a", b"%d" % n), b"%d" % n) for n in range(50)]
    await engine.bucket("rooms").create("k", b"v")
    await engine.objects.put("o", b"bytes")
    await world.kill9()
    await world.start()
    await engine.wait_connected()
    page = await engine.log.read("a", 1, 1_000)
    assert [(m.sequence, m.payload) for m in page.messages] == acknowledged
    entry = await engine.bucket("rooms").get("k")
    assert entry is not None
    assert entry.value == b"v"
    assert await engine.objects.get("o") == b"bytes"


async def test_everything_goes_on_by_itself_after_a_restart(world, until):
    engine = await world.engine()
    copies: list[LogMessage] = []
    lives: list[bytes] = []
    callbacks: list[str] = []
    await engine.log.subscribe("a", copies.append)
    await engine.live.subscribe("live.0.a", lambda _subject, payload: lives.append(payload))
    engine.log.on_reconnect(lambda: callbacks.append("log"))
    engine.on_reconnect(lambda: callbacks.append("up"))
    engine.on_disconnect(lambda: callbacks.append("down"))
    first = await engine.log.publish("a", b"before")
    await world.kill9()
    await until(lambda: "down" in callbacks)
    assert not engine.connected
    await world.start()
    await until(lambda: len(callbacks) >= 3)
    assert sorted(callbacks) == ["down", "log", "up"]
    await engine.wait_connected()
    second = await engine.log.publish("a", b"after")
    await engine.live.publish("live.0.a", b"ephemeral")
    await until(lambda: len(copies) == 2 and len(lives) == 1)
    assert (copies[1].sequence, copies[1].previous) == (second, first)


async def test_without_an_engine_writes_fail_at_once_and_reads_after_a_while(world, until):
    engine = await world.engine()
    await world.kill9()
    await until(lambda: not engine.connected)
    writes = (
        lambda: engine.log.publish("a", b"x"),
        lambda: engine.bucket("rooms").put("k", b"v"),
        lambda: engine.messaging.publish("zone.heartbeat", b"x"),
        lambda: engine.messaging.request("zone.request.a", b"x", 10.0),
    )
    reads = (
        lambda: engine.log.last("a"),
        lambda: engine.log.read("a", 1, 1),
        lambda: engine.bucket("rooms").get("k"),
        lambda: engine.objects.get("o"),
    )
    for seconds_max, calls in ((1.0, writes), (20.0, reads)):
        async with asyncio.timeout(seconds_max):
            for call in calls:
                with pytest.raises(LogUnavailable):
                    await call()


async def test_a_subscription_made_while_the_engine_is_away_waits_for_it(world, until):
    engine = await world.engine()
    await world.kill9()
    await until(lambda: not engine.connected)
    copies: list[LogMessage] = []
    task = asyncio.create_task(engine.log.subscribe("a", copies.append))
    await asyncio.sleep(0)
    assert not task.done()
    await world.start()
    await task
    await engine.log.publish("a", b"x")
    await until(lambda: len(copies) == 1)


async def test_the_epoch_stays_over_a_restart(world):
    engine = await world.engine()
    before = engine.log.epoch("a")
    assert before
    await world.kill9()
    await world.start()
    await engine.wait_prepared()
    assert engine.log.epoch("a") == before
    assert (await world.engine()).log.epoch("a") == before


async def test_a_frozen_engine_is_noticed_and_used_again_when_it_wakes(real_engine_world, until):
    world = real_engine_world
    engine = await world.engine()
    os.kill(world.process.pid, signal.SIGSTOP)
    try:
        await until(lambda: not engine.connected)
    finally:
        os.kill(world.process.pid, signal.SIGCONT)
    await engine.wait_connected()
    assert await engine.log.publish("a", b"x") == 1


async def test_closing_sends_what_was_published_just_before(real_engine_world, until):
    world = real_engine_world
    listener, leaving = await world.engine(), await world.engine()
    seen: list[bytes] = []
    await listener.messaging.subscribe("zone.*", lambda _subject, data: seen.append(data))
    for n in range(100):
        await leaving.messaging.publish("zone.event", b"%d" % n)
    await leaving.close()
    await until(lambda: len(seen) == 100)
    assert asyncio.all_tasks() - {asyncio.current_task()} == tasks_of(listener)


def tasks_of(engine) -> set[asyncio.Task[None]]:
    tasks = set()
    for link in (engine._main, engine._side):
        client = link._client
        tasks |= {link._task, client._ping_interval_task}
        tasks.add(client._flusher_task)
    return tasks
