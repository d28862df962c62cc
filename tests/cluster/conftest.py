"""One zone of three machines for all tests of a module, made well again between them."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from folkmoot.testing.machines import Machines, running_machines
from folkmoot.testing.machines.machine import can_jump_clocks
from folkmoot.testing.machines.story import Story


@pytest.fixture(scope="module")
def zone(tmp_path_factory: pytest.TempPathFactory, require_machines: None) -> Iterator[Machines]:
    folder, jumps = tmp_path_factory.mktemp("zone"), can_jump_clocks()
    with running_machines(folder, 3, clocks_can_jump=jumps) as machines:
        machines.grow()
        yield machines


@pytest.fixture
def story(zone: Machines, tmp_path: Path) -> Iterator[Story]:
    """People in a room of their own, on all hosts; the zone is well before they come."""
    seed = int(os.environ.get("SEED") or random.randrange(1 << 32))
    print(f"SEED={seed}")
    zone.heal()
    zone.wait_well()
    told = Story(zone, zone.people(tmp_path / "history.jsonl"), seed)
    yield told
    told.close()
