"""`folkmoot drill` on a real zone: it hurts nobody unasked, and tells what its people saw."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from folkmoot.client import connect
from folkmoot.drill.checker import check
from folkmoot.drill.history import read
from folkmoot.testing.operator import command
from folkmoot.testing.zone import Zone, running_zone

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def zone(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Zone]:
    async with running_zone(tmp_path_factory.mktemp("drill") / "data") as zone:
        yield zone


async def drill(zone: Zone, *words: str) -> tuple[int, str]:
    few = ("--participants", "6", "--minutes", "0.01", "--seed", "3")
    return await command("drill", "--data", str(zone.folder), *few, *words)


async def injected(zone: Zone) -> int:
    """How often a drill has hit the zone, as its process manager wrote down.

    Not by pids: on a busy machine others come and go for reasons of their own.
    """
    words = ("logs", "process-manager", "--lines", "5000", "--data", str(zone.folder))
    code, output = await command(*words)
    assert code == 0, output
    return output.count("a drill: ")


async def pids(zone: Zone) -> dict[str, Any]:
    return {row["id"]: row["pid"] for row in await zone.status()}


async def test_it_kills_what_it_may_and_reports_what_its_people_saw(
    zone: Zone, tmp_path: Path
) -> None:
    before = await pids(zone)
    picture, history = tmp_path / "drill.html", tmp_path / "drill.jsonl"
    code, output = await drill(
        zone, "--faults", "connection,process,engine", "--yes", "--json",
        "--picture", str(picture), "--history", str(history),
    )  # fmt: skip
    told = json.loads(output[output.index("{") :])
    # How quick it was is for the machine that it runs on; what must hold on any is held here.
    assert told["acknowledged"] > 0
    assert told["lost"] == told["doubled"] == told["undecided"] == 0
    assert told["one_order"] is True
    assert told["broken"] == told["problems"] == []
    assert code == (0 if told["passed"] else 1)
    assert [row["kind"] for row in told["rows"]] == ["connection", "process", "engine"]
    assert all(row["recovered"]["count"] == 1 for row in told["rows"][1:])
    after = await pids(zone)
    assert after["engine"] != before["engine"]
    assert any(after[id] != before[id] for id in before if id.startswith("collaboration"))
    assert "<svg" in picture.read_text()
    assert check(read(history)).ok == told["acknowledged"]
    assert await injected(zone) == 2


async def test_where_people_are_it_touches_nothing_that_they_could_notice(
    zone: Zone, tmp_path: Path
) -> None:
    room = (await zone.create_room("Real"))["slug"]
    before = await injected(zone)
    async with connect(zone.url, room=room, name="Ada"):
        await zone.wait_status(lambda rows: any(row["attached"] for row in rows))
        picture = tmp_path / "picture.html"
        faults = ("--faults", "connection,process", "--picture", str(picture))
        code, output = await drill(zone, *faults, "--yes")
        assert (code, "--yes-really" in output) == (2, True), output
        assert not picture.exists(), "a drill that is refused leaves nothing"
    assert await injected(zone) == before


async def test_without_a_yes_nothing_is_touched(zone: Zone, tmp_path: Path) -> None:
    await zone.wait_status(lambda rows: not any(row["attached"] for row in rows))
    before = await injected(zone)
    code, output = await drill(
        zone, "--faults", "node", "--picture", str(tmp_path / "picture.html")
    )
    assert code == 2
    assert "--yes" in output
    assert await injected(zone) == before
    code, output = await drill(zone, "--faults", "earthquake")
    assert code == 2
    assert "freeze" in output
    code, output = await drill(zone, "--picture", str(tmp_path / "no" / "where.html"))
    assert code == 2
    assert "--picture" in output
