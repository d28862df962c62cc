"""What every conference log does, the fake and the real one."""

from __future__ import annotations

import asyncio

import pytest

from folkmoot.engine.log import shard_of
from folkmoot.ports import LogFull, LogMessage


def same_shard(first: str, shards: int = 4) -> str:
    """Another conference in the same stream."""
    return next(
        f"other{n}" for n in range(99) if shard_of(f"other{n}", shards) == shard_of(first, shards)
    )


async def test_messages_come_in_the_order_of_publishing_with_growing_sequences(world, until):
    log = (await world.engine()).log
    seen: list[LogMessage] = []
    await log.subscribe("a", seen.append)
    sequences = [await log.publish("a", b"%d" % n) for n in range(20)]
    await until(lambda: len(seen) == 20)
    assert [m.payload for m in seen] == [b"%d" % n for n in range(20)]
    assert [m.sequence for m in seen] == sequences == sorted(set(sequences))
    assert [m.time_ms for m in seen] == sorted(m.time_ms for m in seen)


async def test_each_copy_tells_the_sequence_before_it_in_the_same_conference(world, until):
    log = (await world.engine()).log
    other = same_shard("a")
    seen: list[LogMessage] = []
    await log.subscribe("a", seen.append)
    for n in range(5):
        await log.publish("a", b"%d" % n)
        await log.publish(other, b"x")
    await until(lambda: len(seen) == 5)
    assert [m.previous for m in seen] == [0, *[m.sequence for m in seen[:-1]]]
    assert [m.sequence for m in seen] == [1, 3, 5, 7, 9]


async def test_every_subscriber_gets_a_copy_and_none_after_closing(world, until):
    first, second = await world.engine(), await world.engine()
    one: list[LogMessage] = []
    two: list[LogMessage] = []
    subscription = await first.log.subscribe("a", one.append)
    await second.log.subscribe("a", two.append)
    await first.log.publish("a", b"1")
    await until(lambda: len(one) == len(two) == 1)
    await subscription.close()
    await subscription.close()
    await first.log.publish("a", b"2")
    await until(lambda: len(two) == 2)
    assert len(one) == 1


async def test_a_subscription_brings_only_its_own_conference(world, until):
    log = (await world.engine()).log
    seen: list[LogMessage] = []
    await log.subscribe("a", seen.append)
    await log.publish(same_shard("a"), b"no")
    await log.publish("a", b"yes")
    await until(lambda: bool(seen))
    assert [m.payload for m in seen] == [b"yes"]


async def test_a_batch_is_seen_live_too(world, until):
    engine = await world.engine()
    seen: list[bytes] = []
    subscription = await engine.log.subscribe_live("a", seen.append)
    await engine.log.publish("a", b"1")
    await until(lambda: seen == [b"1"])
    await subscription.close()


async def test_reading_gives_pages_from_a_sequence_on(world):
    log = (await world.engine()).log
    other = same_shard("a")
    sequences = []
    for n in range(10):
        sequences.append(await log.publish("a", b"%d" % n))
        await log.publish(other, b"x")
    page = await log.read("a", 1, 4)
    assert [m.payload for m in page.messages] == [b"0", b"1", b"2", b"3"]
    assert page.more
    assert {m.previous for m in page.messages} == {-1}
    # From a sequence that belongs to the other conference: the next of ours.
    page = await log.read("a", sequences[3] + 1, 100)
    assert [m.sequence for m in page.messages] == sequences[4:]
    assert not page.more


async def test_reading_exactly_to_the_end_is_not_more(world):
    log = (await world.engine()).log
    for n in range(3):
        await log.publish("a", b"%d" % n)
    assert not (await log.read("a", 1, 3)).more


async def test_reading_what_is_not_there_is_an_empty_page(world):
    log = (await world.engine()).log
    assert (await log.read("a", 1, 10)).messages == []
    assert await log.last("a") == 0
    sequence = await log.publish("a", b"1")
    page = await log.read("a", sequence + 1, 10)
    assert list(page.messages) == []
    assert not page.more
    assert await log.last("a") == sequence


async def test_a_long_log_is_read_in_one_page(world):
    log = (await world.engine()).log
    payload = b"p" * 200
    await asyncio.gather(*[log.publish("a", payload) for _ in range(1_000)])
    page = await log.read("a", 1, 2_000)
    assert [m.sequence for m in page.messages] == list(range(1, 1_001))
    assert not page.more


async def test_purging_keeps_the_message_at_before_and_the_chain_holds(world, until):
    log = (await world.engine()).log
    sequences = [await log.publish("a", b"%d" % n) for n in range(5)]
    assert await log.purge("a", sequences[3]) == 3
    assert [m.sequence for m in (await log.read("a", 1, 10)).messages] == sequences[3:]
    seen: list[LogMessage] = []
    await log.subscribe("a", seen.append)
    await log.publish("a", b"next")
    await until(lambda: bool(seen))
    assert seen[0].previous == sequences[-1]


async def test_purging_never_takes_the_newest_message(world, until):
    log = (await world.engine()).log
    other = same_shard("a")
    sequences = [await log.publish("a", b"%d" % n) for n in range(3)]
    kept = await log.publish(other, b"mine")
    assert await log.purge("a", 1_000) == 2
    assert await log.purge("a", 1_000) == 0
    assert await log.last("a") == sequences[-1]
    assert await log.last(other) == kept
    assert await log.purge("empty", 7) == 0


async def test_an_unknown_outcome_repeated_is_stored_twice(world, until):
    log = (await world.engine()).log
    await world.publish_unknown("a", b"same")
    await log.publish("a", b"same")
    messages = list((await log.read("a", 1, 10)).messages)
    assert [m.payload for m in messages] == [b"same", b"same"]
    assert messages[0].sequence < messages[1].sequence


async def test_a_full_stream_says_so_and_takes_more_after_a_purge(make_world):
    world = await make_world(log_bytes_max=200_000)
    log = (await world.engine()).log
    stored = 0
    with pytest.raises(LogFull):
        for _ in range(30):
            await log.publish("a", b"x" * 10_000)
            stored += 1
    assert 10 <= stored <= 20
    assert await log.last("a") == stored
    await log.purge("a", stored)
    assert await log.publish("a", b"x" * 10_000) == stored + 1


async def test_conferences_with_unusual_ids_do_not_meet(world, until):
    log = (await world.engine()).log
    names = ["a", "A", "a-b", "a_b", "x" * 64, "0"]
    for name in names:
        await log.publish(name, name.encode())
    for name in names:
        assert [m.payload for m in (await log.read(name, 1, 9)).messages] == [name.encode()]
