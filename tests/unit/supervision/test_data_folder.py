"""The data folder: what is in it, who may use it."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from folkmoot import data_folder
from folkmoot.data_folder import load_node, open_folder, prepare_node
from folkmoot.errors import OperatorError
from folkmoot.folder_lock import Locked, is_locked, lock_holder, sign_lock, take_lock
from folkmoot.servers.runtime import settings_of


def prepare(data: Path, engine_url: str | None = None, **settings: int) -> data_folder.Node:
    return prepare_node(
        data,
        host="127.0.0.1",
        port=1,
        engine_url=engine_url,
        engine_runs=False,
        settings=settings,
    )


def test_a_new_folder_is_made_for_its_owner_only(tmp_path: Path) -> None:
    data = tmp_path / "deep" / "data"
    open_folder(data)
    assert (data / "format").read_text() == "1\n"
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert (data / "run" / "pass").is_dir()
    open_folder(data)


@pytest.mark.parametrize("text", ["2", "17\n"])
def test_a_newer_format_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "format").write_text(text)
    with pytest.raises(OperatorError, match=f"newer Folkmoot \\(format {text.strip()}"):
        open_folder(tmp_path)


@pytest.mark.parametrize("text", ["", "one", "-1", "²"])
def test_a_folder_of_something_else_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "format").write_text(text)
    with pytest.raises(OperatorError, match="really a data folder"):
        open_folder(tmp_path)


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(OperatorError, match="cannot be written"):
        open_folder(tmp_path / "data")


def test_a_full_disk_is_refused_and_a_nearly_full_one_is_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Room:
        f_bavail = 10
        f_frsize = 1 << 20

    monkeypatch.setattr(os, "statvfs", lambda _: Room)
    with pytest.raises(OperatorError, match=r"full \(10 MB free, 64 MB needed\)"):
        open_folder(tmp_path)
    Room.f_bavail = 100
    assert open_folder(tmp_path) == [f"Little room on the disk of {tmp_path}: 100 MB free."]


def test_what_a_first_start_chose_is_kept(tmp_path: Path) -> None:
    open_folder(tmp_path)
    first = prepare(tmp_path, collaboration_servers=3)
    second = prepare(tmp_path)
    assert stat.S_IMODE((tmp_path / "node.json").stat().st_mode) == 0o600
    assert second.name == first.name
    assert second.engine_credentials == first.engine_credentials
    assert sorted(first.engine_credentials) == ["admin", "collaboration", "service"]
    assert second.settings == {"collaboration_servers": 3}
    assert load_node(tmp_path) == second
    assert "engine_credentials" not in repr(second)
    outside = prepare(tmp_path, "nats://elsewhere:4222")
    assert (outside.engine_url, outside.engine_external) == ("nats://elsewhere:4222", True)
    assert not prepare(tmp_path).engine_external


def test_an_engine_that_still_runs_keeps_its_ports(tmp_path: Path) -> None:
    import socket

    open_folder(tmp_path)
    first = prepare(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first.engine_port))
        taken.listen()
        kept = prepare_node(
            tmp_path, host="h", port=1, engine_url=None, engine_runs=True, settings={}
        )
        other = prepare(tmp_path)
    assert kept.engine_port == first.engine_port
    assert other.engine_port != first.engine_port
    assert other.engine_url == f"nats://127.0.0.1:{other.engine_port}"


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b'{"name": "x"'])
def test_a_damaged_node_file_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "node.json").write_bytes(content)
    with pytest.raises(OperatorError, match="is damaged"):
        load_node(tmp_path)


def test_fields_of_a_later_version_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "node.json").write_text(json.dumps({"name": "x", "of_tomorrow": 1}))
    assert load_node(tmp_path).name == "x"


@pytest.mark.parametrize("settings", [{"shards": "many"}, {"no_such": 1}])
def test_wrong_settings_are_told(settings: dict[str, object]) -> None:
    with pytest.raises(OperatorError, match=r"settings in node\.json are not right"):
        settings_of(data_folder.Node("x", settings=settings))


def test_without_a_node_it_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="folkmoot up --data"):
        load_node(tmp_path)


def test_one_holds_the_lock(tmp_path: Path) -> None:
    assert not is_locked(tmp_path)
    descriptor = take_lock(tmp_path)
    sign_lock(descriptor, {"pid": 4_711, "started": 1})
    assert is_locked(tmp_path)
    with pytest.raises(Locked, match=r"\(pid 4711\); stop it with `folkmoot down --data"):
        take_lock(tmp_path)
    os.close(descriptor)
    assert not is_locked(tmp_path)
    assert lock_holder(tmp_path) == {"pid": 4_711, "started": 1}


def test_a_write_that_fails_leaves_the_old_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    data_folder.write_atomically(path, b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        data_folder.write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
