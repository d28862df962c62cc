"""The real child: what kills it, what holds it, and what it is not allowed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pycrdt
import pytest

from folkmoot.servers.documents.blame import compact
from folkmoot.servers.documents.job import (
    CompactionJob,
    Died,
    JobUpdate,
    Merged,
    Poison,
    Unavailable,
)
from folkmoot.servers.documents.trial import ChildTrial, TrialLimits

Build = Callable[[int, int, int], bytes]
WAIT_S = 30.0


def typed(number: int, count: int) -> list[JobUpdate]:
    doc: pycrdt.Doc[Any] = pycrdt.Doc(client_id=number)
    text = doc.get("text", type=pycrdt.Text)
    sent: list[bytes] = []
    subscription = doc.observe(lambda event: sent.append(event.update))
    for n in range(count):
        text += "abc"[n % 3]
    doc.unobserve(subscription)
    return [JobUpdate(10 * n + number, 0, number, n, n + 1, u) for n, u in enumerate(sent)]


def text_of(update: bytes) -> str:
    doc: pycrdt.Doc[Any] = pycrdt.Doc()
    doc.apply_update(update)
    return str(doc.get("text", type=pycrdt.Text))


def exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


@pytest.fixture
def child_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Writes a module for the child to run instead of its own, and names it."""

    def write(source: str) -> str:
        (tmp_path / "pretended_child.py").write_text(source)
        paths = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
        return "pretended_child"

    return write


TRUSTING = """
import sys
from folkmoot.servers.documents import child, merging
merging.check_owned = lambda *_: None
child.main(sys.argv[1:])
"""


async def test_many_updates_become_what_pycrdt_makes_of_them() -> None:
    updates = sorted(typed(1, 300) + typed(2, 300), key=lambda u: u.sequence)
    result = await compact(CompactionJob(None, updates), ChildTrial())
    assert isinstance(result, Merged)
    assert text_of(result.update) == text_of(pycrdt.merge_updates(*(u.update for u in updates)))


async def test_a_bomb_of_nesting_is_named_without_harm(nested_value: Build) -> None:
    bomb = JobUpdate(55, 0, 3, 0, 1, nested_value(3, 0, 30_000))
    updates = sorted([*typed(1, 20), bomb], key=lambda u: u.sequence)
    result = await compact(CompactionJob(None, updates), ChildTrial())
    assert isinstance(result, Poison)
    assert result.update == bomb
    assert "nested too deep" in result.reason


async def test_the_update_that_really_kills_the_child_is_found(
    nested_value: Build, child_of: Callable[[str], str]
) -> None:
    """Without the parser in front of it, Yrs overflows its stack."""
    bomb = JobUpdate(55, 0, 3, 0, 1, nested_value(3, 0, 30_000))
    updates = sorted([*typed(1, 20), bomb], key=lambda u: u.sequence)
    trial = ChildTrial(module=child_of(TRUSTING))
    assert await trial(CompactionJob(None, updates)) == Died(
        "the merging process died of SIGSEGV", by_itself=True
    )
    result = await compact(CompactionJob(None, updates), trial)
    assert isinstance(result, Poison)
    assert result.update == bomb
    assert isinstance(
        await compact(CompactionJob(None, [u for u in updates if u != bomb]), trial), Merged
    )


async def test_nesting_that_grows_over_many_updates_is_stopped_where_it_is_too_deep(
    nested_types: Build,
) -> None:
    """Each alone is as deep as allowed; together they are 30,000 deep."""
    updates = [
        JobUpdate(10 + n, 0, 1, 60 * n, 60 * n + 60, nested_types(1, 60 * n, 60))
        for n in range(500)
    ]
    result = await compact(CompactionJob(None, updates), ChildTrial())
    assert isinstance(result, Poison)
    assert result.update == updates[1]


async def test_a_child_that_is_killed_is_replaced() -> None:
    trial = ChildTrial()
    job = CompactionJob(None, typed(1, 50))
    merging = asyncio.ensure_future(compact(job, trial))
    async with asyncio.timeout(WAIT_S):
        while not trial.pid:
            await asyncio.sleep(0.001)
    os.kill(trial.pid, signal.SIGKILL)
    assert isinstance(await merging, Merged)


async def test_a_child_that_hangs_is_killed_and_nobody_blamed() -> None:
    trial = ChildTrial(TrialLimits(wall_s=0.3))
    job = CompactionJob(None, typed(1, 5))
    stopped: set[int] = set()

    async def stop_each() -> None:
        while True:
            if trial.pid and trial.pid not in stopped:
                os.kill(trial.pid, signal.SIGSTOP)
                stopped.add(trial.pid)
            await asyncio.sleep(0.001)

    stopping = asyncio.ensure_future(stop_each())
    result = await compact(job, trial)
    stopping.cancel()
    assert result == Unavailable("no reply within 0.3 s")
    assert len(stopped) == 3
    assert not any(exists(pid) for pid in stopped)


async def test_no_child_outlives_a_cancelled_job() -> None:
    trial = ChildTrial()
    merging = asyncio.ensure_future(trial(CompactionJob(None, typed(1, 5))))
    async with asyncio.timeout(WAIT_S):
        while not trial.pid:
            await asyncio.sleep(0.001)
    pid = trial.pid
    merging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await merging
    assert not exists(pid)


async def test_the_child_may_not_use_more_time_than_allowed(
    child_of: Callable[[str], str],
) -> None:
    module = child_of(
        "import sys\nfrom folkmoot.servers.applications.confined import confine\n"
        "confine(*map(int, sys.argv[1:]))\nwhile True: pass\n"
    )
    trial = ChildTrial(TrialLimits(cpu_s=1), module=module)
    assert await trial(CompactionJob(None, [])) == Died(
        "the merging process died of SIGXCPU", by_itself=True
    )


async def test_the_child_may_not_use_more_memory_than_allowed(
    child_of: Callable[[str], str],
) -> None:
    module = child_of(
        "import sys\nfrom folkmoot.servers.applications.confined import confine\n"
        "confine(*map(int, sys.argv[1:]))\nbytearray(2 << 30)\n"
    )
    died = await ChildTrial(module=module)(CompactionJob(None, []))
    assert isinstance(died, Died)
    assert died.by_itself
    assert "MemoryError" in died.reason


async def test_the_child_can_neither_write_files_nor_keep_rights(
    child_of: Callable[[str], str], tmp_path: Path
) -> None:
    os.chmod(tmp_path, 0o777)
    module = child_of(
        "import os, sys, signal\n"
        "from folkmoot.servers.applications.confined import confine\n"
        "confine(*map(int, sys.argv[1:]))\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "try:\n"
        f"    with open({str(tmp_path / 'written')!r}, 'w') as file: file.write('x')\n"
        "    said = 'wrote'\n"
        "except OSError:\n"
        "    said = 'refused'\n"
        "sys.exit(f'{said} as {os.geteuid()} in {os.getcwd()}')\n"
    )
    died = await ChildTrial(module=module)(CompactionJob(None, []))
    assert isinstance(died, Died)
    user = 65534 if os.geteuid() == 0 else os.geteuid()
    assert f"refused as {user} in /" in died.reason


async def test_a_child_that_talks_without_end_is_not_kept_in_memory(
    child_of: Callable[[str], str],
) -> None:
    module = child_of("import sys\nsys.stderr.write('x' * (1 << 22))\nsys.exit(3)\n")
    died = await ChildTrial(module=module)(CompactionJob(None, []))
    assert isinstance(died, Died)
    assert len(died.reason) < 300


async def test_nonsense_from_the_child_is_a_failure_of_the_child(
    child_of: Callable[[str], str],
) -> None:
    died = await ChildTrial(module=child_of("print('hello')\n"))(CompactionJob(None, []))
    assert isinstance(died, Died)
    assert "cannot be read" in died.reason


def test_the_server_itself_does_not_load_the_document_library() -> None:
    code = (
        "import sys, folkmoot.servers.documents.main\n"
        "sys.exit(any(name.startswith('pycrdt') for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_job_survives_its_encoding(nested_value: Build) -> None:
    job = CompactionJob(b"base", typed(1, 2))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(job), type=CompactionJob) == job
