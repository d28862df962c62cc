"""Which Python runs a node's processes, and which ones are refused."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from folkmoot import __version__
from folkmoot.errors import OperatorError
from folkmoot.servers.interpreter import forget, interpreter, use


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    return tmp_path


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


async def test_an_upgrade_names_it_and_a_start_forgets_it(data: Path) -> None:
    assert interpreter(data) == sys.executable
    # `-P` keeps the working directory out; the tests' own environment has the package.
    other = script(data / "python", f'exec "{sys.executable}" "$@"')
    assert await use(data, other) == __version__
    assert interpreter(data) == other
    forget(data)
    assert interpreter(data) == sys.executable


async def test_one_that_is_gone_is_not_used(data: Path) -> None:
    other = script(data / "python", f'exec "{sys.executable}" "$@"')
    await use(data, other)
    os.unlink(other)
    assert interpreter(data) == sys.executable


@pytest.mark.parametrize(
    ("python", "sentence"),
    [
        ("bin/python", "no whole path"),
        ("/nowhere/bin/python", "There is no Python at /nowhere/bin/python"),
    ],
)
async def test_what_is_no_python_is_refused(data: Path, python: str, sentence: str) -> None:
    with pytest.raises(OperatorError, match=sentence):
        await use(data, python)
    assert interpreter(data) == sys.executable


async def test_a_python_without_folkmoot_is_refused(data: Path) -> None:
    with pytest.raises(OperatorError, match="has no Folkmoot"):
        await use(data, script(data / "python", "exit 1"))
