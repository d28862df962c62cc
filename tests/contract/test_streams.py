"""The real engine's streams: made once, never made anew over lost ones, guarded by rights."""

from __future__ import annotations

import asyncio
import shutil

import msgspec
import pytest

from folkmoot.engine import Engine, jetstream, streams
from folkmoot.engine.embedded import STORE_FOLDER, check_health
from folkmoot.errors import OperatorError
from folkmoot.ports import LogFull, LogUnavailable
from folkmoot.settings import Settings
from folkmoot.testing.engine_process import running_engine

SETTINGS = Settings(publish_timeout_ms=2_000)


@pytest.fixture
async def process(tmp_path):
    async with running_engine(tmp_path) as process:
        yield process


@pytest.fixture
async def connect(process):
    engines = []

    async def connect(user="admin", settings=SETTINGS):
        password = process.credentials[user]
        engine = await Engine.connect(
            process.url, name="streams", settings=settings, user=user, password=password
        )
        await engine.wait_connected()
        engines.append(engine)
        return engine

    yield connect
    for engine in engines:
        await engine.close()


async def test_many_may_prepare_at_once_and_agree_on_the_epochs(process, connect):
    engines = [await connect() for _ in range(4)]
    await asyncio.gather(*[engine.prepare(process.known_file) for engine in engines])
    assert len({engine.log.epoch("a") for engine in engines}) == 1
    known = streams.read_known(process.known_file)
    assert set(known) >= {"CONF_0", "CONF_3", "KV_rooms", "KV_fences", "OBJ_objects"}
    assert len({stream.epoch for stream in known.values()}) == len(known)


async def test_every_process_waits_until_one_has_prepared(process, connect):
    admin, other = await connect(), await connect("collaboration")
    with pytest.raises(LogUnavailable):
        other.log.epoch("a")
    waiting = asyncio.create_task(other.wait_prepared())
    await admin.prepare(process.known_file)
    await waiting
    assert other.log.epoch("a") == admin.log.epoch("a")


async def test_an_empty_stream_is_never_made_over_a_lost_one(process, connect):
    engine = await connect()
    await engine.prepare(process.known_file)
    await engine.log.publish("a", b"x")
    await engine.remember(process.known_file)
    await process.kill9()
    shutil.rmtree(process.folder / STORE_FOLDER)
    await process.start()
    await engine.wait_connected()
    with pytest.raises(streams.EngineLost, match="is gone from the engine's store"):
        await engine.prepare(process.known_file)
    with pytest.raises(streams.EngineLost):
        await engine.remember(process.known_file)
    assert await jetstream_names(engine) == []


async def test_a_stream_that_ends_earlier_than_known_stops_the_start(process, connect):
    engine = await connect()
    await engine.prepare(process.known_file)
    known = streams.read_known(process.known_file)
    known["CONF_1"] = msgspec.structs.replace(known["CONF_1"], sequence=7)
    streams.write_known(process.known_file, known)
    with pytest.raises(streams.EngineLost, match="CONF_1 ends at 0 but was known up to 7"):
        await engine.prepare(process.known_file)


async def test_a_stream_with_another_epoch_stops_the_start(process, connect):
    engine = await connect()
    await engine.prepare(process.known_file)
    known = streams.read_known(process.known_file)
    known["KV_rooms"] = streams.KnownStream("other", 0)
    streams.write_known(process.known_file, known)
    with pytest.raises(streams.EngineLost, match="another one than the one known"):
        await engine.prepare(process.known_file)


async def test_preparing_again_notes_how_far_the_streams_are(process, connect):
    engine = await connect()
    await engine.prepare(process.known_file)
    for _ in range(3):
        await engine.log.publish("a", b"x")
    await engine.remember(process.known_file)
    total = sum(
        s.sequence for name, s in streams.read_known(process.known_file).items() if "CONF" in name
    )
    assert total == 3
    await engine.prepare(process.known_file)


async def test_an_unreadable_file_of_known_streams_is_told(process, connect):
    engine = await connect()
    process.known_file.write_text("{")
    with pytest.raises(OperatorError, match="unreadable"):
        await engine.prepare(process.known_file)


async def test_another_epoch_after_a_reconnection_is_learnt_and_told(process, connect):
    engine = await connect()
    await engine.prepare(process.known_file)
    before = engine.log.epoch("a")
    callbacks = []
    engine.log.on_reconnect(lambda: callbacks.append(engine.log.epoch("a")))
    await process.kill9()
    shutil.rmtree(process.folder / STORE_FOLDER)
    process.known_file.unlink()
    await process.start()
    await engine.wait_connected()
    await engine.prepare(process.known_file)
    assert engine.log.epoch("a") != before
    assert callbacks[-1] == engine.log.epoch("a")


@pytest.mark.parametrize("user", ["admin", "collaboration", "service"])
async def test_nobody_may_publish_to_the_republished_subjects(process, connect, user, caplog):
    await (await connect()).prepare(process.known_file)
    engine, listener = await connect(user), await connect()
    seen = []
    await listener.messaging.subscribe("log.>", lambda subject, _payload: seen.append(subject))
    await engine.messaging.publish("log.0.a", b"forged")
    await engine.messaging.publish("zone.event", b"x")
    with pytest.raises(LogUnavailable):
        await engine.messaging.request("log.0.a", b"forged", 0.2)
    assert seen == []
    assert "permissions violation" in caplog.text


async def test_a_service_may_not_write_logs_nor_change_streams(process, connect):
    await (await connect()).prepare(process.known_file)
    service = await connect("service", Settings(publish_timeout_ms=200))
    with pytest.raises(LogUnavailable):
        await service.log.publish("a", b"x")
    with pytest.raises(LogUnavailable):
        await service._main.request("$JS.API.STREAM.DELETE.CONF_0", b"", 0.2)
    await service.bucket("rooms").put("k", b"v")
    assert await service.log.last("a") == 0


async def test_a_wrong_password_never_connects_and_does_not_crash(process, tmp_path):
    engine = await Engine.connect(
        process.url, name="wrong", settings=SETTINGS, user="admin", password="not-the-password"
    )
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await engine.wait_connected()
    assert not engine.connected
    await engine.close()


async def test_at_its_own_limit_the_engine_refuses_and_keeps_what_it_has(tmp_path):
    async with running_engine(tmp_path, store_bytes_max=1_000_000) as process:
        engine = await Engine.connect(
            process.url,
            name="full",
            settings=SETTINGS,
            user="admin",
            password=process.credentials["admin"],
        )
        await engine.prepare(process.known_file)
        stored = 0
        with pytest.raises(LogFull):
            for _ in range(200):
                await engine.log.publish("a", b"x" * 10_000)
                stored += 1
        with pytest.raises(LogFull):
            await engine.objects.put("o", b"x" * 600_000)
        assert stored > 50
        assert (await check_health(process.monitor_port)).healthy
        await process.restart()
        await engine.wait_connected()
        assert await engine.log.last("a") == stored
        assert await engine.objects.names("") == []
        await engine.close()


async def jetstream_names(engine) -> list[str]:
    reply = await jetstream.call(engine._main, "STREAM.NAMES", None, 2.0)
    return reply.get("streams") or []
