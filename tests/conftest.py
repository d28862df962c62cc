"""What all tests share: tools of the system, the traces, and the look-out for leaks."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
LEAK_WAIT_S = 5.0


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
def trace_folder() -> Path:
    """The folder of the editing traces, `$FOLKMOOT_TRACES`."""
    folder = Path(os.environ.get("FOLKMOOT_TRACES", "../shared/traces")).absolute()
    if not (folder / "friendsforever.json.gz").is_file():
        _missing(f"the editing traces are not in {folder}; set FOLKMOOT_TRACES")
    return folder


def _children() -> dict[int, str]:
    found = {}
    for child in psutil.Process().children(recursive=True):
        try:
            found[child.pid] = " ".join(child.cmdline())[:200]
        except psutil.Error:
            continue
    return found


@pytest.fixture(autouse=True, scope="module")
def leaves_no_child_process() -> Iterator[None]:
    """A module's tests end what they started; a process that stays fails the last of them."""
    before = _children()
    yield
    deadline = time.monotonic() + LEAK_WAIT_S
    while left := {pid: line for pid, line in _children().items() if pid not in before}:
        if time.monotonic() > deadline:
            for pid in left:
                _kill(pid)
            pytest.fail(f"child processes were left running: {left}", pytrace=False)
        time.sleep(0.05)


def _kill(pid: int) -> None:
    try:
        psutil.Process(pid).kill()
    except psutil.Error:
        pass
