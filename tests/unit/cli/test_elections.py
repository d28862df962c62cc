"""What commands ask of the engine while it chooses a leader, or when a write's outcome is open."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from folkmoot.cli.level import raised
from folkmoot.data_folder import Node, write_node
from folkmoot.engine import elections
from folkmoot.errors import OperatorError
from folkmoot.ports import BucketEntry, LogUnavailable
from folkmoot.servers.manager import directory, succession
from folkmoot.servers.manager.directory import Listed, Place, Trust
from folkmoot.servers.manager.membership import Member
from folkmoot.servers.zone_level import read_level
from folkmoot.testing.fake_engine import FakeBucket, FakeZone

TRUST = Trust(Listed(4, "one", {"one": Place("", True)}), {}, Member("", 0, True, 1), [], "a key")


class Leaderless:
    """A bucket of which the first `times` reads find nobody."""

    def __init__(self, bucket: FakeBucket, times: int) -> None:
        self._bucket = bucket
        self.left = times

    async def get(self, key: str) -> BucketEntry | None:
        if self.left > 0:
            self.left -= 1
            raise LogUnavailable("nobody listens on KV_zone")
        return await self._bucket.get(key)


@dataclasses.dataclass
class Engine:
    leaderless: Leaderless

    def bucket(self, _: str) -> Leaderless:
        return self.leaderless


async def heir(data: Path, times: int) -> Engine:
    """An engine node that joined, in a zone whose list cannot be read for a while."""
    write_node(data, Node("two", joined=True, member=True, engine_credentials={"admin": "a" * 20}))
    bucket = FakeZone().engine().bucket("zone")
    await bucket.put(directory.KEY, directory.seal(TRUST, "a" * 20))
    return Engine(Leaderless(bucket, times))


async def test_the_list_of_nodes_is_read_when_the_election_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elections, "AGAIN_S", 0.0)
    engine = await heir(tmp_path, 20)
    assert await succession.known_nodes(tmp_path, engine, print) == TRUST  # type: ignore[arg-type]
    assert engine.leaderless.left == 0


async def test_no_majority_is_said_only_of_a_zone_that_had_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elections, "AGAIN_S", 1e9)
    engine = await heir(tmp_path, 1)
    with pytest.raises(OperatorError, match=r"no majority for 45 s.*nobody listens"):
        await succession.known_nodes(tmp_path, engine, print)  # type: ignore[arg-type]


async def test_a_level_that_was_raised_without_an_answer_is_raised_all_the_same() -> None:
    """The write came through, and the second one is the same: nobody else is blamed."""
    zone = FakeZone().engine().bucket("zone")
    await raised(zone, 7)
    await raised(zone, 7)
    assert (await read_level(zone))[0] == 7
