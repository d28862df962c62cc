"""What all tests share: tools of the system, the traces, and the look-out for leaks."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from folkmoot.testing.machines import why_not
from folkmoot.testing.machines.machine import can_jump_clocks

IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
LEAK_WAIT_S = 5.0


def pytest_configure(config: pytest.Config) -> None:
    """How long an example takes says something of the machine, and nothing of us.

    Hypothesis has a profile of its own for CI, which says the same.
    """
    if not IN_CI and config.pluginmanager.hasplugin("hypothesispytest"):
        from hypothesis import settings

        settings.register_profile("folkmoot", deadline=None)
        settings.load_profile("folkmoot")


def _missing(reason: str) -> None:
    """Skips on a person's machine; in CI everything must be there."""
    if IN_CI:
        pytest.fail(f"{reason} (CI=true: nothing may be missing)", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def require_tool() -> Callable[..., str]:
    """`require_tool("chromium", "chromium-browser")`: path of the first one that is installed."""

    def require(*names: str) -> str:
        for name in names:
            found = shutil.which(name)
            if found:
                return found
        _missing(f"{' or '.join(names)} is not installed: apt install {names[0]}")
        raise AssertionError("unreachable")

    return require


@pytest.fixture(scope="session")
def require_machines(require_tool: Callable[..., str]) -> None:
    """Hosts can be made here: network namespaces, root, and the tools for them."""
    for tool in ("ip", "nft"):
        require_tool(tool)
    reason = why_not()
    if reason:
        _missing(reason)


@pytest.fixture(scope="session")
def require_jumping_clocks() -> None:
    if not can_jump_clocks():
        _missing("clocks cannot jump: apt install libfaketime")


@pytest.fixture(scope="session")
def trace_folder() -> Path:
    """The folder of the editing traces, `$FOLKMOOT_TRACES`."""
    folder = Path(os.environ.get("FOLKMOOT_TRACES", "../shared/traces")).absolute()
    if not (folder / "friendsforever.json.gz").is_file():
        _missing(f"the editing traces are not in {folder}; set FOLKMOOT_TRACES")
    return folder


def _started_by_us(folder: Path) -> dict[int, str]:
    """Our descendants, and processes without a parent that were told a folder of this run."""
    children = {child.pid for child in psutil.Process().children(recursive=True)}
    found = {}
    for process in psutil.process_iter():
        try:
            line = " ".join(process.cmdline())
        except psutil.Error:
            continue
        if process.pid in children or (f"{folder}/" in line and process.pid != os.getpid()):
            found[process.pid] = line[:200]
    return found


@pytest.fixture(autouse=True, scope="module")
def leaves_no_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A module's tests end what they started; a process that stays fails the last of them."""
    folder = tmp_path_factory.getbasetemp()
    before = _started_by_us(folder)
    yield
    deadline = time.monotonic() + LEAK_WAIT_S
    while left := {p: line for p, line in _started_by_us(folder).items() if p not in before}:
        if time.monotonic() > deadline:
            for pid in left:
                _kill(pid)
            pytest.fail(f"processes were left running: {left}", pytrace=False)
        time.sleep(0.05)


def _kill(pid: int) -> None:
    try:
        psutil.Process(pid).kill()
    except psutil.Error:
        pass
