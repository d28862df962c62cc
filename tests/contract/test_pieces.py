"""Objects in pieces: written by several, sealed once, read from anywhere, fake and real alike."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from folkmoot.ports import Conflict, Unfinished


async def write(objects: Any, identity: str, data: bytes, piece_bytes: int) -> Unfinished:
    unfinished = await objects.resume(identity)
    for at in range(unfinished.bytes, len(data), piece_bytes):
        unfinished = await objects.append(unfinished, data[at : at + piece_bytes])
    return unfinished


async def all_of(objects: Any, info: Any, first: int = 0) -> bytes:
    return b"".join([piece async for piece in objects.read(info, first)])


async def test_what_one_process_began_another_goes_on_with(world: Any) -> None:
    one, other = await world.engine(), await world.engine()
    data = bytes(range(256)) * 2_000
    await write(one.objects, "upload1", data[:200_000], 60_000)
    unfinished = await write(other.objects, "upload1", data, 50_001)
    assert unfinished.bytes == len(data)
    seen: list[bytes] = []
    survey = await one.objects.survey(unfinished, seen.append)
    assert b"".join(seen) == data and survey.sha256 == hashlib.sha256(data).hexdigest()
    assert await one.objects.describe("files/c/x") is None
    info = await one.objects.seal(survey, "files/c/x")
    assert (info.bytes, info.sha256) == (len(data), survey.sha256)
    told = await other.objects.describe("files/c/x")
    assert (told.identity, told.revision) == (info.identity, info.revision)
    assert await all_of(other.objects, told) == data
    assert await other.objects.get("files/c/x") == data
    for first in (1, 59_999, 60_000, 199_999, 200_001, len(data) - 1):
        assert await all_of(other.objects, told, first) == data[first:], first


async def test_two_that_write_at_once_do_not_mix(world: Any) -> None:
    one, other = await world.engine(), await world.engine()
    begun = await one.objects.append(await one.objects.resume("upload1"), b"a" * 1_000)
    mine = await one.objects.append(begun, b"b" * 1_000)
    with pytest.raises(Conflict):
        await other.objects.append(begun, b"c" * 2_000)
    assert (await other.objects.resume("upload1")).bytes == mine.bytes == 2_000


async def test_what_was_dropped_cannot_be_gone_on_with(world: Any) -> None:
    objects = (await world.engine()).objects
    begun = await objects.append(await objects.resume("upload1"), b"a" * 1_000)
    await objects.drop("upload1")
    assert (await objects.resume("upload1")).bytes == 0
    with pytest.raises(Conflict):
        await objects.append(begun, b"b")


async def test_equal_bytes_keep_the_name_that_they_have(world: Any) -> None:
    objects = (await world.engine()).objects
    surveys = []
    for identity in ("upload1", "upload2"):
        unfinished = await write(objects, identity, b"same" * 5_000, 8_000)
        surveys.append(await objects.survey(unfinished, lambda _piece: None))
    first = await objects.seal(surveys[0], "files/c/x")
    again = await objects.seal(surveys[1], "files/c/x")
    assert (again.identity, again.revision) == (first.identity, first.revision)
    if again.identity != "upload2":
        await objects.drop("upload2")
    assert await all_of(objects, again) == b"same" * 5_000


async def test_an_object_is_not_deleted_as_one_that_it_no_longer_is(world: Any) -> None:
    objects = (await world.engine()).objects
    await objects.put("files/c/x", b"old" * 1_000)
    old = await objects.describe("files/c/x")
    await objects.put("files/c/x", b"new" * 1_000)
    await objects.delete_as(old)
    assert await objects.get("files/c/x") == b"new" * 1_000
    await objects.delete_as(await objects.describe("files/c/x"))
    assert await objects.get("files/c/x") is None
    assert await objects.describe("files/c/x") is None
