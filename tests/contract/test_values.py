"""Buckets, objects and messaging, the fake and the real ones."""

from __future__ import annotations

import asyncio
import hashlib
import os

import pytest

from folkmoot.ports import Conflict, Damaged, LogUnavailable


async def test_a_key_is_created_once(world):
    rooms = (await world.engine()).bucket("rooms")
    assert await rooms.get("k") is None
    revision = await rooms.create("k", b"v")
    with pytest.raises(Conflict):
        await rooms.create("k", b"other")
    entry = await rooms.get("k")
    assert entry is not None
    assert (entry.key, entry.value, entry.revision) == ("k", b"v", revision)


async def test_an_update_needs_the_revision_it_was_based_on(world):
    rooms = (await world.engine()).bucket("rooms")
    first = await rooms.create("k", b"1")
    second = await rooms.update("k", b"2", first)
    assert second > first
    with pytest.raises(Conflict):
        await rooms.update("k", b"3", first)
    with pytest.raises(Conflict):
        await rooms.update("absent", b"3", first)
    assert (await rooms.get("k")).value == b"2"


async def test_of_many_who_update_at_once_exactly_one_wins(world):
    engines = [await world.engine() for _ in range(3)]
    revision = await engines[0].bucket("fences").create("leader", b"0")
    results = await asyncio.gather(
        *[e.bucket("fences").update("leader", b"%d" % n, revision) for n, e in enumerate(engines)],
        return_exceptions=True,
    )
    assert sum(isinstance(result, int) for result in results) == 1
    assert sum(isinstance(result, Conflict) for result in results) == 2


async def test_a_key_is_deleted_as_it_was_seen_and_not_as_it_is_now(world):
    decks = (await world.engine()).bucket("decks")
    first = await decks.create("k", b"one")
    second = await decks.update("k", b"two", first)
    await decks.delete("k", first)
    assert (await decks.get("k")).value == b"two"
    await decks.delete("k", second)
    assert await decks.get("k") is None


async def test_a_deleted_key_is_gone_and_can_be_created_again(world):
    rooms = (await world.engine()).bucket("rooms")
    first = await rooms.put("k", b"1")
    await rooms.delete("k")
    await rooms.delete("never-there")
    assert await rooms.get("k") is None
    assert await rooms.keys() == []
    with pytest.raises(Conflict):
        await rooms.update("k", b"2", first)
    assert await rooms.create("k", b"3") > first


async def test_keys_are_listed_by_prefix(world):
    rooms = (await world.engine()).bucket("rooms")
    for key in ("b", "a.1", "a.2", "c/d=e_f-g"):
        await rooms.put(key, b"")
    assert await rooms.keys() == ["a.1", "a.2", "b", "c/d=e_f-g"]
    assert await rooms.keys("a.") == ["a.1", "a.2"]
    assert await (await world.engine()).bucket("zone").keys() == []


@pytest.mark.parametrize("count", [0, 1, 524_288, 524_289, 3_000_000])
async def test_an_object_comes_back_as_it_was(world, count):
    objects = (await world.engine()).objects
    data = os.urandom(count)
    assert await objects.put("doc/1 ü", data) == hashlib.sha256(data).hexdigest()
    assert await objects.put("doc/1 ü", data) == hashlib.sha256(data).hexdigest()
    assert await objects.get("doc/1 ü") == data


async def test_an_object_that_is_not_there_is_none(world):
    objects = (await world.engine()).objects
    assert await objects.get("nothing") is None
    await objects.delete("nothing")


async def test_objects_are_replaced_listed_and_deleted(world):
    objects = (await world.engine()).objects
    await objects.put("a/1", b"old" * 300_000)
    await objects.put("a/1", b"new")
    await objects.put("a/2", b"2")
    await objects.put("b", b"3")
    assert await objects.get("a/1") == b"new"
    assert await objects.names("a/") == ["a/1", "a/2"]
    await objects.delete("a/1")
    assert await objects.get("a/1") is None
    assert await objects.names("") == ["a/2", "b"]


async def test_a_damaged_object_is_never_returned(world):
    objects = (await world.engine()).objects
    await objects.put("o", b"some bytes")
    await world.damage("o")
    with pytest.raises(Damaged):
        await objects.get("o")
    await objects.put("o", b"some bytes")
    assert await objects.get("o") == b"some bytes"


async def test_messages_reach_all_who_listen_on_a_matching_subject(world, until):
    first, second = await world.engine(), await world.engine()
    seen: list[tuple[str, bytes]] = []
    for engine, subject in ((first, "live.0.*"), (second, "live.>"), (second, "live.0.b")):
        await engine.live.subscribe(subject, lambda name, payload: seen.append((name, payload)))
    await first.live.publish("live.0.a", b"x")
    await until(lambda: len(seen) == 2)
    assert seen == [("live.0.a", b"x")] * 2


async def test_a_request_is_answered_or_fails(world):
    first, second = await world.engine(), await world.engine()

    async def twice(payload: bytes) -> bytes:
        return payload * 2

    async def never(payload: bytes) -> bytes:
        await asyncio.Event().wait()
        return payload

    subscription = await second.messaging.respond("zone.request.b", twice)
    await second.messaging.respond("zone.request.c", never)
    assert await first.messaging.request("zone.request.b", b"ab", 5.0) == b"abab"
    with pytest.raises(LogUnavailable):
        await first.messaging.request("zone.request.c", b"ab", 0.05)
    with pytest.raises(LogUnavailable):
        await first.messaging.request("zone.request.nobody", b"ab", 5.0)
    await subscription.close()
    with pytest.raises(LogUnavailable):
        await first.messaging.request("zone.request.b", b"ab", 5.0)
