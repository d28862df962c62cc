"""The command line: what it prints, and its sentences when something is wrong."""

from __future__ import annotations

import http.server
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from folkmoot.cli import logs as logs_command
from folkmoot.cli.main import main
from folkmoot.cli.status import duration, table

STATUS: dict[str, Any] = {
    "zone": "local",
    "nodes": [{"name": "n1"}],
    "processes": [
        {
            "id": "web-1",
            "role": "web",
            "node": "n1",
            "pid": 17,
            "state": "ready",
            "restarts": 0,
            "uptime_s": 75.2,
            "connections": 3,
            "conferences": 0,
            "detail": "",
        },
        {
            "id": "documents-1",
            "role": "documents",
            "node": "n1",
            "pid": None,
            "state": "failed",
            "restarts": 5,
            "uptime_s": 0.0,
            "connections": 0,
            "conferences": 0,
            "detail": "exit code 1: no module",
        },
    ],
}


def test_the_table_lines_up() -> None:
    lines = table(STATUS).splitlines()
    assert lines[0] == "zone local, node n1"
    assert lines[2].startswith("process      role")
    assert lines[3].split() == ["web-1", "web", "ready", "17", "0", "1m", "15s", "3", "0", "-"]
    assert lines[4].endswith("exit code 1: no module")
    assert lines[3].index("ready") == lines[4].index("failed")


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0s"), (59.9, "59s"), (200, "3m 20s"), (3_700, "1h 01m"), (90_000, "1d 01h")],
)
def test_durations(seconds: float, told: str) -> None:
    assert duration(seconds) == told


class _Handler(http.server.BaseHTTPRequestHandler):
    answer: bytes = b""

    def do_GET(self) -> None:
        found = self.path == "/api/v1/status"
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write(self.answer if found else b"")

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    server = http.server.HTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_status_of_a_server_by_its_address(
    url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A proxy for the world outside must not be asked for a server of ours.
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    _Handler.answer = json.dumps(STATUS).encode()
    assert main(["status", "--json", "--url", url]) == 0
    assert json.loads(capsys.readouterr().out) == STATUS
    assert main(["status", "--url", url + "/"]) == 0
    assert "documents-1" in capsys.readouterr().out


@pytest.mark.parametrize("answer", [b"hello", b"[]", b'{"processes": 3}'])
def test_status_of_something_else_is_told(
    url: str, answer: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    _Handler.answer = answer
    assert main(["status", "--url", url]) == 2
    told = capsys.readouterr().err
    assert "Folkmoot" in told
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["status", "--url", "http://127.0.0.1:1"], "No Folkmoot answers at"),
        (["status", "--url", "example"], "is no address of a server"),
        (["status", "--data", "DATA"], "No Folkmoot answers on the data folder"),
        (["down", "--data", "DATA"], "No Folkmoot runs on the data folder"),
        (["logs", "--data", "DATA"], "There are no logs in"),
        (["up", "--data", "DATA", "--engine", "http://x"], "is no address of an engine"),
        (["up", "--data", "DATA", "--collaboration-servers", "0"], "a number from 1 to 64"),
        (["up", "--data", "DATA", "--port", "70000"], "a number from 1 to 65535"),
        (["up", "--data", "DATA", "--host", "192.0.2.1"], "would not be encrypted"),
        (["up", "--data", "DATA", "--host", "0.0.0.0"], "or add --insecure if everybody"),
        (["up", "--data", "DATA", "--host", "::"], "can be reached from other machines"),
        (
            ["up", "--data", "DATA", "--host", "192.0.2.1", "--insecure"],
            "Cannot listen on 192.0.2.1",
        ),
        (["up", "--data", "DATA", "--host", "no.such.host.invalid"], "not an address of this"),
    ],
)
def test_every_mistake_is_one_sentence(
    tmp_path: Path, arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [str(tmp_path / "data") if word == "DATA" else word for word in arguments]
    assert main(given) == 2
    told = capsys.readouterr().err
    assert sentence in told
    assert len(told.splitlines()) == 1


def test_a_missing_engine_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from importlib import metadata

    def missing(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)
    assert main(["up", "--data", str(tmp_path / "data")]) == 2
    assert capsys.readouterr().err.startswith("The engine is missing: install it with `pip")


def test_the_default_folder_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FOLKMOOT_DATA", str(tmp_path / "mine"))
    assert main(["down"]) == 2
    assert str(tmp_path / "mine") in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version"]) == 0
    assert capsys.readouterr().out.startswith("folkmoot ")


def test_logs_are_merged_by_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "web-1.log").write_text(
        "2026-01-01T00:00:01.000Z one\n    more of one\n2026-01-01T00:00:03.000Z three\n"
    )
    (folder / "front-1.log").write_text("2026-01-01T00:00:02.000Z two\n")
    assert main(["logs", "--data", str(tmp_path)]) == 0
    said = [line.split()[-1] for line in capsys.readouterr().out.splitlines()]
    assert said == ["one", "one", "two", "three"]
    assert main(["logs", "web-1", "-n", "1", "--data", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "2026-01-01T00:00:03.000Z three\n"
    assert main(["logs", "nobody", "--data", str(tmp_path)]) == 2
    assert "there are logs of front-1, web-1" in capsys.readouterr().err


def test_following_goes_on_after_a_rotation(tmp_path: Path) -> None:
    path = tmp_path / "web-1.log"
    path.write_text("a\nb\n")
    tail = logs_command.Tail(path, 1)
    assert [line for _, line in tail.last()] == ["b"]
    with open(path, "a") as file:
        file.write("c\nhal")
    assert list(tail.more()) == ["c"]
    with open(path, "a") as file:
        file.write("f\n")
    assert list(tail.more()) == ["half"]
    os.rename(path, tmp_path / "web-1.log.1")
    assert list(tail.more()) == []
    path.write_text("new\n")
    assert list(tail.more()) == ["new"]
