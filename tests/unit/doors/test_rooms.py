"""Room records, keys and the zone's signing key, on the fake engine."""

from __future__ import annotations

import re
from typing import Any

import pytest

from folkmoot.conference.state import LEVEL, LEVEL_FIRST
from folkmoot.errors import InvariantViolated, Refused
from folkmoot.ports import BucketEntry, Conflict, LogUnavailable
from folkmoot.servers.doors.keys import SIGNING_KEY, ZoneKeys
from folkmoot.servers.doors.rooms import (
    FRESH_MS,
    Created,
    RoomDamaged,
    RoomRecord,
    Rooms,
    host_path,
    is_id,
    key_hash,
    new_id,
    participant_path,
    role_for,
)
from folkmoot.servers.zone_level import ZoneLevel, raise_level, read_level
from folkmoot.testing.fake_engine import FakeBucket, FakeEngine, FakeZone


class Clock:
    def __init__(self) -> None:
        self.ms = 1_000_000

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def engine() -> FakeEngine:
    return FakeZone().engine()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rooms(engine: FakeEngine, clock: Clock) -> Rooms:
    return Rooms(engine.bucket("rooms"), clock, clock)


async def stored(rooms: Rooms, title: str = "Weekly") -> Created:
    created = rooms.draft(title)
    await rooms.store(created)
    return created


def test_ids_are_26_characters_nobody_guesses() -> None:
    ids = {new_id() for _ in range(1_000)}
    assert len(ids) == 1_000
    assert all(re.fullmatch(r"[a-z2-7]{26}", one) for one in ids)
    assert not is_id("../../etc/passwd")


async def test_a_stored_room_is_found_by_another_server(
    engine: FakeEngine, rooms: Rooms, clock: Clock
) -> None:
    created = await stored(rooms)
    other = Rooms(engine.bucket("rooms"), clock, clock)
    assert await other.find(created.record.slug) == created.record


async def test_the_host_key_itself_is_not_stored(engine: FakeEngine, rooms: Rooms) -> None:
    created = await stored(rooms)
    entry = await engine.bucket("rooms").get(created.record.slug)
    assert entry is not None
    assert created.host_key.encode() not in entry.value


async def test_storing_the_same_draft_twice_is_harmless(rooms: Rooms) -> None:
    created = await stored(rooms)
    await rooms.store(created)
    assert await rooms.find(created.record.slug) == created.record


async def test_an_unknown_room_is_asked_for_again_each_time(
    engine: FakeEngine, rooms: Rooms, clock: Clock
) -> None:
    later = Rooms(engine.bucket("rooms"), clock, clock).draft("Later")
    assert await rooms.find(later.record.slug) is None
    await Rooms(engine.bucket("rooms"), clock, clock).store(later)
    assert await rooms.find(later.record.slug) == later.record


@pytest.mark.parametrize("slug", ["", "a", "A" * 26, "../" * 9, "a b", "x" * 5_000, "\x00"])
async def test_a_slug_that_cannot_be_one_never_reaches_the_engine(
    engine: FakeEngine, rooms: Rooms, slug: str
) -> None:
    engine.connection.drop()
    assert await rooms.find(slug) is None


async def test_a_known_room_is_found_while_the_engine_is_away(
    engine: FakeEngine, rooms: Rooms, clock: Clock
) -> None:
    created = await stored(rooms)
    engine.connection.drop()
    assert await rooms.find(created.record.slug) == created.record
    clock.ms += FRESH_MS + 1
    assert await rooms.find(created.record.slug) == created.record
    with pytest.raises(LogUnavailable):
        await rooms.find(new_id())


async def test_a_removed_room_is_forgotten_when_its_record_is_read_again(
    engine: FakeEngine, rooms: Rooms, clock: Clock
) -> None:
    created = await stored(rooms)
    await engine.bucket("rooms").delete(created.record.slug)
    clock.ms += FRESH_MS + 1
    assert await rooms.find(created.record.slug) is None


async def test_a_damaged_record_is_told_as_damaged(engine: FakeEngine, rooms: Rooms) -> None:
    slug = new_id()
    await engine.bucket("rooms").put(slug, b"\xc1")
    with pytest.raises(RoomDamaged, match=slug):
        await rooms.find(slug)


RECORD = RoomRecord("c" * 26, "s" * 26, "Weekly", 0, key_hash("host-key"))


def test_the_link_decides_the_role() -> None:
    assert role_for(RECORD, None) == "participant"
    assert role_for(RECORD, "") == "participant"
    assert role_for(RECORD, "host-key") == "host"


@pytest.mark.parametrize("key", ["wrong", "host-key ", "x" * 10_000, "\x00", "ä"])
def test_a_wrong_key_is_refused_and_never_a_participant(key: str) -> None:
    with pytest.raises(Refused, match="not valid"):
        role_for(RECORD, key)


def test_a_room_with_a_participant_key_needs_it() -> None:
    closed = RoomRecord("c", "s", "Weekly", 0, key_hash("host"), key_hash("guest"))
    assert role_for(closed, "guest") == "participant"
    assert role_for(closed, "host") == "host"
    with pytest.raises(Refused, match="needs a key"):
        role_for(closed, None)


def test_the_key_is_in_the_fragment_which_browsers_do_not_send() -> None:
    assert host_path("slug", "key") == "/r/slug#k=key"
    assert participant_path("slug") == "/r/slug"


async def test_all_servers_of_a_zone_have_one_signing_key(engine: FakeEngine) -> None:
    first, second = ZoneKeys(engine.bucket("zone")), ZoneKeys(engine.bucket("zone"))
    assert await first.signing() == await second.signing()
    assert len(await first.signing()) == 32


async def test_a_known_signing_key_needs_no_engine(engine: FakeEngine) -> None:
    keys = ZoneKeys(engine.bucket("zone"))
    assert keys.known is None
    key = await keys.signing()
    engine.connection.drop()
    assert await keys.signing() == key == keys.known


async def test_zones_have_different_keys(engine: FakeEngine) -> None:
    other = ZoneKeys(FakeZone().engine().bucket("zone"))
    assert await ZoneKeys(engine.bucket("zone")).signing() != await other.signing()


class RacingBucket:
    """A bucket in which somebody else creates the key between our look and our attempt."""

    def __init__(self, theirs: bytes) -> None:
        self.theirs = theirs
        self.looked = False

    async def get(self, key: str) -> BucketEntry | None:
        if not self.looked:
            self.looked = True
            return None
        return BucketEntry(key, self.theirs, 1)

    async def check_gone(self, key: str) -> None:
        assert key == SIGNING_KEY

    async def create(self, key: str, value: bytes) -> int:
        raise Conflict(key)

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)


async def test_of_two_creators_the_first_ones_key_stands() -> None:
    theirs = b"t" * 32
    assert await ZoneKeys(RacingBucket(theirs)).signing() == theirs


async def test_a_signing_key_of_the_wrong_length_is_not_used(engine: FakeEngine) -> None:
    await engine.bucket("zone").put(SIGNING_KEY, b"short")
    with pytest.raises(InvariantViolated, match="damaged"):
        await ZoneKeys(engine.bucket("zone")).signing()


async def test_who_makes_the_zone_notes_its_level_and_only_that_one(engine: FakeEngine) -> None:
    zone = engine.bucket("zone")
    await ZoneKeys(zone).signing()
    level, revision = await read_level(zone)
    assert level == LEVEL and revision > 0


class Breaking:
    """A bucket of a server that dies before it makes the key."""

    def __init__(self, zone: FakeBucket) -> None:
        self._zone = zone

    async def create(self, key: str, value: bytes) -> int:
        if key == SIGNING_KEY:
            raise LogUnavailable("it died")
        return await self._zone.create(key, value)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._zone, name)


async def test_whoever_sees_the_key_sees_the_level(engine: FakeEngine) -> None:
    zone = engine.bucket("zone")
    with pytest.raises(LogUnavailable, match="died"):
        await ZoneKeys(Breaking(zone)).signing()
    assert (await read_level(zone))[0] == LEVEL and await zone.get(SIGNING_KEY) is None
    await ZoneKeys(zone).signing()
    assert (await read_level(zone))[0] == LEVEL


class Lagging:
    """A bucket of a replica that does not know the key yet."""

    def __init__(self, zone: FakeBucket) -> None:
        self._zone = zone

    async def get(self, key: str) -> BucketEntry | None:
        return None if key == SIGNING_KEY else await self._zone.get(key)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._zone, name)


async def test_a_replica_that_lags_makes_no_old_zone_one_with_a_level(engine: FakeEngine) -> None:
    zone = engine.bucket("zone")
    await zone.create(SIGNING_KEY, bytes(32))
    with pytest.raises(LogUnavailable):
        await ZoneKeys(Lagging(zone)).signing()
    assert await read_level(zone) == (LEVEL_FIRST, 0)


async def test_a_zone_that_was_made_before_there_were_levels_is_at_the_first(
    engine: FakeEngine,
) -> None:
    zone = engine.bucket("zone")
    await zone.create(SIGNING_KEY, bytes(32))
    await ZoneKeys(zone).signing()
    assert await read_level(zone) == (LEVEL_FIRST, 0)
    assert await raise_level(zone, 5) == LEVEL_FIRST
    assert await raise_level(zone, 4) == 5, "a level is never lowered"
    assert (await read_level(zone))[0] == 5


async def test_a_server_hears_of_a_risen_level_once(engine: FakeEngine) -> None:
    told: list[int] = []
    level = ZoneLevel(engine.bucket("zone"), told.append)
    await level.look()
    await raise_level(engine.bucket("zone"), 3)
    await level.look()
    await level.look()
    assert (level.value, told) == (3, [3])
