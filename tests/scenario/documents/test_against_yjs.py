"""What the real Yjs reads from a compaction is what it reads from the updates themselves."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from folkmoot.servers.documents.job import CompactionJob, JobUpdate, Merged
from folkmoot.servers.documents.merging import merge

ROOT = Path(__file__).parents[3]
YJS = ROOT / "web" / "node_modules" / "yjs"
WRITE = ROOT / "tests" / "property" / "yjs_edits.cjs"
READ = Path(__file__).parent / "yjs_read.cjs"
EDITS = 200


def run_node(script: Path, *arguments: str, told: str = "") -> str:
    node = shutil.which("node")
    if node is None or not YJS.exists():
        pytest.skip("Node or the page's packages are not installed")
    command = [node, str(script), str(YJS), *arguments]
    return subprocess.run(
        command, check=True, input=told, capture_output=True, text=True, timeout=60
    ).stdout


def written(seed: int, *more: str) -> list[JobUpdate]:
    rows = [line.split() for line in run_node(WRITE, str(seed), str(EDITS), *more).splitlines()]
    return [
        JobUpdate(position, 0, int(number), int(first), int(end), bytes.fromhex(update))
        for position, (number, first, end, update) in enumerate(rows, 1)
    ]


def read(updates: list[bytes]) -> Any:
    return json.loads(run_node(READ, told="\n".join(update.hex() for update in updates)))


@pytest.mark.parametrize("seed", range(20, 32))
@pytest.mark.parametrize("more", [(), ("emoji",)])
def test_yjs_reads_the_same_from_compactions_as_from_updates(
    seed: int, more: tuple[str, ...]
) -> None:
    updates = written(seed, *more)
    base: bytes | None = None
    for start in range(0, len(updates), 60):
        result = merge(CompactionJob(base, updates[start : start + 60]))
        assert isinstance(result, Merged), result
        base = result.update
    assert base is not None
    found = read([base])
    assert found == read([update.update for update in updates])
    assert not found["pending"]
