"""What the engine says of its disk, and streams that are kept while it starts."""

from __future__ import annotations

import os
import shutil
import sys
from datetime import datetime
from pathlib import Path

import pytest

from folkmoot.engine import distrust, kept
from folkmoot.servers.manager.disk_errors import REMEMBERED_S, DiskErrors

AT_S = datetime(2026, 11, 26, 3, 0, 0).timestamp()  # noqa: DTZ001  # as the engine writes it
READ = "[7] 2026/11/26 02:59:00.165 [WRN] loadBlock error: read 1.blk: input/output error\n"


def test_errors_of_the_day_are_counted_also_those_from_before_we_came(tmp_path: Path) -> None:
    file = tmp_path / "engine.out"
    errors = DiskErrors(file)
    assert errors.look(AT_S) == 0
    file.write_text(READ + "[7] 2026/11/26 02:59:01.1 [INF] Server is ready\n" + READ[:-1])
    assert errors.look(AT_S) == 1, "a line that is not whole yet is read later"
    with file.open("a") as more:
        more.write("\n")
    assert errors.look(AT_S) == 2
    assert errors.since_start
    assert errors.fresh(AT_S - 46) and not errors.fresh(AT_S)
    errors.started()
    assert errors.look(AT_S) == 2
    assert not errors.since_start
    assert DiskErrors(file).look(AT_S) == 2
    file.write_text(READ)
    assert errors.look(AT_S) == 3, "the file was begun anew"
    assert errors.look(AT_S + REMEMBERED_S) == 0
    assert DiskErrors(file).look(AT_S + REMEMBERED_S) == 0


def test_what_only_the_engine_s_health_tells_counts_once(tmp_path: Path) -> None:
    errors = DiskErrors(tmp_path / "engine.out")
    for words in ("stream 'A' is not current", "write error: input/output error") * 2:
        errors.heard(words, AT_S)
    errors.heard("write error: no space left on device", AT_S)
    assert errors.look(AT_S) == 1


def stream(store: Path, name: str) -> Path:
    folder = store / "jetstream" / "$G" / "streams" / name
    (folder / "msgs").mkdir(parents=True)
    (folder / "meta.inf").write_text("{}")
    (folder / "msgs" / "1.blk").write_text(name)
    return folder


def test_a_stream_that_is_removed_while_the_engine_starts_is_put_back(tmp_path: Path) -> None:
    store = tmp_path / "store"
    one, other = stream(store, "CONF_0"), stream(store, "KV_rooms")
    assert kept.keep(store) == []
    assert kept.lost(store) == []
    assert (one / "msgs" / "1.blk").stat().st_nlink == 2, "a second name, not a copy"
    shutil.rmtree(one)
    (one / "msgs").mkdir(parents=True)
    assert kept.lost(store) == ["CONF_0"]
    # Whatever was written there meanwhile was no stream.
    assert kept.keep(store) == ["CONF_0"]
    assert (one / "msgs" / "1.blk").read_text() == "CONF_0"
    assert kept.lost(store) == []
    kept.forget(store)
    assert not kept.kept_of(store).exists()
    assert (other / "msgs" / "1.blk").stat().st_nlink == 1


def test_after_an_error_the_engine_takes_the_place_of_who_dropped_what_the_kernel_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stream(tmp_path, "CONF_0")
    ran: list[list[str]] = []
    monkeypatch.setattr(sys, "argv", ["distrust", str(tmp_path), "/bin/engine", "-c", "x"])
    monkeypatch.setattr(os, "execv", lambda path, argv: ran.append([path, *argv]))
    distrust.main()
    assert ran == [["/bin/engine", "/bin/engine", "-c", "x"]]

    def fails(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    assert distrust.main() == 1
    assert "meta.inf fails (Input/output error): replace it" in capsys.readouterr().err
    assert len(ran) == 1
