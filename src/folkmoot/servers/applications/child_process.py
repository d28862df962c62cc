"""Runs one job in one fresh child, within limits, and says what became of it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Sequence
from typing import Final

from folkmoot.errors import InvariantViolated
from folkmoot.servers.applications.jobs import (
    JOB_BYTES_MAX,
    REASON_CHARACTERS_MAX,
    REPLY_BYTES_MAX,
    ChildLimits,
    Died,
)

STDERR_BYTES_KEPT: Final = 4_096
ENDS_WITHIN_S: Final = 1.0
_PASSED_ON: Final = ("PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH")
_FROM_OUTSIDE: Final = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class ConfinedChild:
    """Starts `python -m module` for each job (see `confined`).

    Shape: `pid` is that of the child at work, 0 when there is none; `name` says in a reason what
    the child was doing; `arguments` follow the limits on its command line.
    """

    def __init__(
        self,
        module: str,
        name: str,
        limits: ChildLimits | None = None,
        arguments: Sequence[str] = (),
    ) -> None:
        self.limits = limits or ChildLimits()
        self.pid = 0
        self._module = module
        self._name = name
        self._arguments = arguments

    async def run(self, payload: bytes) -> bytes | Died:
        """The reply's bytes. Errors: none; who is cancelled leaves no child behind."""
        if len(payload) > JOB_BYTES_MAX:
            return Died(f"the job is too large for the {self._name} process", by_itself=False)
        try:
            process = await self._start()
        except OSError as error:
            return _not_started(error)
        self.pid = process.pid
        try:
            async with asyncio.timeout(self.limits.wall_s):
                output, errors = await _converse(process, payload)
                status = await process.wait()
        except TimeoutError:
            return Died(f"no reply within {self.limits.wall_s:g} s", by_itself=False, late=True)
        finally:
            await _end(process)
            self.pid = 0
        return _judge(self._name, status, output, errors)

    async def parts(self, payload: bytes) -> AsyncGenerator[bytes | Died, None]:
        """Replies as they come, each after its length in four bytes; last how it died, if it did.

        Units: the limit `wall_s` is for each reply. Caller: closes it when it does not want more.
        """
        if len(payload) > JOB_BYTES_MAX:
            yield Died(f"the job is too large for the {self._name} process", by_itself=False)
            return
        try:
            process = await self._start()
        except OSError as error:
            yield _not_started(error)
            return
        self.pid = process.pid
        stdin, stdout, stderr = _pipes(process)
        told = asyncio.ensure_future(_tell(stdin, payload))
        said = asyncio.ensure_future(_hear(stderr, STDERR_BYTES_KEPT))
        try:
            async with contextlib.aclosing(_replies(stdout, self.limits.wall_s)) as replies:
                async for reply in replies:
                    yield reply
            await _end_unless_done(process)
            ended = _judge(self._name, await process.wait(), b"", await said)
            if isinstance(ended, Died):
                yield ended
        except TimeoutError:
            yield Died(f"no reply within {self.limits.wall_s:g} s", by_itself=True, late=True)
        finally:
            await _end(process)
            await asyncio.gather(told, said, return_exceptions=True)
            self.pid = 0

    async def _start(self) -> Process:
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            self._module,
            str(self.limits.cpu_s),
            str(self.limits.memory_bytes),
            *self._arguments,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env={**environment, "PYTHONDONTWRITEBYTECODE": "1", "MALLOC_ARENA_MAX": "1"},
            # Ctrl-C in a terminal is for the process manager.
            start_new_session=True,
        )


def _not_started(error: OSError) -> Died:
    return Died(f"a child could not be started: {error}", by_itself=False, begun=False)


def _pipes(
    process: Process,
) -> tuple[asyncio.StreamWriter, asyncio.StreamReader, asyncio.StreamReader]:
    stdin, stdout, stderr = process.stdin, process.stdout, process.stderr
    if stdin is None or stdout is None or stderr is None:
        raise InvariantViolated("a child was started without its pipes", {"pid": process.pid})
    return stdin, stdout, stderr


async def _replies(stream: asyncio.StreamReader, wall_s: float) -> AsyncGenerator[bytes, None]:
    """Whole replies; what a child that dies left half written is no reply."""
    while True:
        async with asyncio.timeout(wall_s):
            try:
                length = int.from_bytes(await stream.readexactly(4))
                if length > REPLY_BYTES_MAX:
                    return
                reply = await stream.readexactly(length)
            except asyncio.IncompleteReadError:
                return
        yield reply


async def _converse(process: Process, payload: bytes) -> tuple[bytes, bytes]:
    stdin, stdout, stderr = _pipes(process)
    _, output, errors = await asyncio.gather(
        _tell(stdin, payload), _hear(stdout, REPLY_BYTES_MAX), _hear(stderr, STDERR_BYTES_KEPT)
    )
    return output, errors


async def _tell(stdin: asyncio.StreamWriter, payload: bytes) -> None:
    try:
        stdin.write(payload)
        await stdin.drain()
    except (BrokenPipeError, ConnectionResetError):
        return  # it died before it read all; its status will tell
    finally:
        stdin.close()


async def _hear(stream: asyncio.StreamReader, kept_bytes_max: int) -> bytes:
    """Reads to the end and keeps the first part, so that the writer never blocks on us."""
    kept = bytearray()
    while part := await stream.read(1 << 16):
        kept += part[: kept_bytes_max - len(kept)]
    return bytes(kept)


async def _end_unless_done(process: Process) -> None:
    """Lets a child that has closed its output end by itself, for its status is to be known."""
    try:
        async with asyncio.timeout(ENDS_WITHIN_S):
            await process.wait()
    except TimeoutError:
        await _end(process)


async def _end(process: Process) -> None:
    """Leaves no child behind, whatever happened, cancellation included."""
    if process.returncode is None:
        try:
            process.kill()
        except ProcessLookupError:
            pass
        await process.wait()


def _judge(name: str, status: int, output: bytes, errors: bytes) -> bytes | Died:
    if status == 0:
        return output
    if status > 0:
        lines = errors.decode(errors="replace").strip().splitlines()
        said = lines[-1][:REASON_CHARACTERS_MAX] if lines else "without a word"
        return Died(f"the {name} process ended with status {status}: {said}", by_itself=True)
    killed = signal.Signals(-status).name
    return Died(f"the {name} process died of {killed}", by_itself=-status not in _FROM_OUTSIDE)
