"""What every process role gets: loop, logging, engine, zone, beats, an orderly end.

`run_role` sets all this up, calls the role's `main`, and takes it down again. Only the role's own
room is imported, so that a front door does not carry a web framework.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import logging
import os
import secrets
import signal
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import msgspec
import uvloop

from folkmoot.conference.state import LEVEL
from folkmoot.data_folder import Node, load_node
from folkmoot.errors import OperatorError
from folkmoot.pulse import Pulse, pulse
from folkmoot.servers.draining import DrainingFile
from folkmoot.servers.logs import set_up_logging
from folkmoot.servers.manager.notify import Beater, clock_ms
from folkmoot.settings import Settings
from folkmoot.zone.child import Beat
from folkmoot.zone.freeze import STILL_MS_MIN
from folkmoot.zone.load import Identity, Load
from folkmoot.zone.manager import ZoneManager
from folkmoot.zone.qos import percentile

if TYPE_CHECKING:
    from folkmoot.engine import Engine

BEAT_INTERVAL_S: Final = 0.5
LAG_INTERVAL_S: Final = 0.25
LAG_SAMPLES: Final = 40
LAG_PERCENT: Final = 97
"""Of so many, that is the second longest."""

FREEZE_USED_SHARE: Final = 0.02
CPU_INTERVAL_S: Final = 1.0
STOP_S: Final = 3.0
ENGINELESS_ROLES: Final = ("front", "proxy")
ROOMS: Final = {"meeting-manager": "meeting"}
"""Rooms of `servers/` that are not named as their role."""

EXIT_OPERATOR: Final = 2


class Runtime:
    """One process of a role.

    Shape: `engine` and `zone` are there for all roles but front doors, connected or connecting.
    `load` is written by the role; `stopping` is set by SIGTERM, after which `main` has 3 s.
    """

    engine: Engine
    zone: ZoneManager

    def __init__(self, role: str, id: str, data: Path, node: Node, log: logging.Logger) -> None:
        self.id = id
        self.role = role
        self.data = data
        self.node = node.name
        self.node_record = node
        self.incarnation = secrets.token_hex(4)
        self.settings = settings_of(node)
        self.log = log
        self.load = Load(url=node.url, level=LEVEL)
        self.stopping = asyncio.Event()
        self._pulse = Pulse()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def server(self) -> str:
        """`<id>.<incarnation>`: how sessions name this process."""
        return f"{self.id}.{self.incarnation}"

    def stop(self) -> None:
        """Asks the role to end in order."""
        self.load.state = "stopping"
        self.stopping.set()
        self._pulse.wake()

    async def until_stopping(self, interval_s: float) -> bool:
        """Returns at the next moment of this interval, or, with true, when asked to stop.

        Caller: the role's `main` alone.
        """
        if not self.stopping.is_set():
            await self._pulse.wait(interval_s)
        return self.stopping.is_set()

    def spawn(self, coroutine: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Runs a task whose failure is logged and ends the process; cancelled at the end."""
        task = asyncio.get_running_loop().create_task(coroutine, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._task_ended)
        return task

    def _task_ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            self.log.error("task %s failed", task.get_name(), exc_info=error)
            self.fail(error)

    def fail(self, error: BaseException) -> None:
        """Ends the process with this error."""
        if not self._failed.done():
            self._failed.set_exception(error)

    async def run(self, main: RoleMain) -> None:
        """Runs the role until it returns. Errors: what `main` or a spawned task raised."""
        watched = asyncio.ensure_future(main(self))
        stopping = asyncio.ensure_future(self._stop_time())
        try:
            await asyncio.wait(
                [watched, self._failed, stopping], return_when=asyncio.FIRST_COMPLETED
            )
            if self._failed.done():
                self._failed.result()
            if watched.done():
                watched.result()
            else:
                self.log.error("the role did not end within %g s and is cut off", STOP_S)
        finally:
            tasks = [watched, stopping, *self._tasks]
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=0.5)
            if not self._failed.done():
                self._failed.cancel()

    async def _stop_time(self) -> None:
        await self.stopping.wait()
        await asyncio.sleep(STOP_S)


RoleMain = Callable[[Runtime], Awaitable[None]]


def settings_of(node: Node) -> Settings:
    """The node's settings. Errors: OperatorError when `node.json` holds what is none."""
    try:
        return msgspec.convert(dict(node.settings), Settings)
    except msgspec.ValidationError as error:
        raise OperatorError(
            f"The settings in node.json are not right ({error}); correct or remove them there."
        ) from None


def role_main(role: str) -> RoleMain:
    """The role's entry point. Errors: OperatorError when there is no such role."""
    room = ROOMS.get(role, role)
    if not room.isidentifier():
        raise OperatorError(f"There is no role {role!r}.")
    try:
        module = importlib.import_module(f"folkmoot.servers.{room}.main")
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith(f"folkmoot.servers.{room}"):
            raise
        raise OperatorError(f"There is no role {role!r}.") from None
    main: RoleMain = module.main
    return main


def run_role(role: str, id: str, data: Path) -> NoReturn:
    """Runs a process of the role to its end and exits: 0 after an orderly stop, else not 0."""
    log = set_up_logging(data, id)
    try:
        main = role_main(role)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_run(role, id, data, log, main))
    except OperatorError as error:
        log.error("%s", error)
        print(error, file=sys.stderr, flush=True)
        sys.exit(EXIT_OPERATOR)
    except Exception as error:
        log.exception("%s ends with an error", id)
        # The last line of standard error is what `folkmoot status` shows.
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        sys.exit(1)
    log.info("ended")
    sys.exit(0)


async def _run(role: str, id: str, data: Path, log: logging.Logger, main: RoleMain) -> None:
    runtime = Runtime(role, id, data, load_node(data), log)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, runtime.stop)
    log.info("started as %s, pid %d", runtime.server, os.getpid())
    beater = Beater(data)
    beats = [
        loop.create_task(_beat_for_ever(runtime, beater), name="beats"),
        loop.create_task(_sample_lag_for_ever(runtime), name="lag"),
        loop.create_task(_look_for_ever(runtime), name="looks"),
    ]
    try:
        if role not in ENGINELESS_ROLES:
            await _join(runtime)
        # What is loaded by now stays: the collector need not look at it again.
        gc.collect()
        gc.freeze()
        await runtime.run(main)
    finally:
        runtime.load.state = "stopping"
        if role not in ENGINELESS_ROLES:
            await _leave(runtime)
        for task in beats:
            task.cancel()
        await asyncio.gather(*beats, return_exceptions=True)
        beater.close()


async def _join(runtime: Runtime) -> None:
    from folkmoot.servers.access import connect_engine

    node = runtime.node_record
    runtime.engine = await connect_engine(
        runtime.data, node, runtime.settings, runtime.id, runtime.role
    )
    identity = Identity(runtime.id, runtime.role, runtime.node, runtime.incarnation, os.getpid())
    runtime.zone = ZoneManager(runtime.engine, identity, runtime.load, runtime.settings)
    runtime.zone.on_failure(runtime.fail)
    await runtime.zone.start()


async def _leave(runtime: Runtime) -> None:
    """Leaves zone and engine; neither may keep a process from ending."""
    try:
        async with asyncio.timeout(1.0):
            if hasattr(runtime, "zone"):
                await runtime.zone.close()
            if hasattr(runtime, "engine"):
                await runtime.engine.close()
    except TimeoutError:
        runtime.log.warning("the engine did not take our goodbye in time")


async def _beat_for_ever(runtime: Runtime, beater: Beater) -> None:
    load = runtime.load
    told = ""
    sent_s = 0.0
    while True:
        now_s = time.monotonic()
        # A change of state is told at once, for others wait for it.
        if load.state != told or now_s - sent_s >= BEAT_INTERVAL_S:
            beat = Beat(
                runtime.id,
                os.getpid(),
                load.state,
                runtime.incarnation,
                load.connections,
                load.conferences,
                clock_ms(),
            )
            told = load.state if beater.send(beat) else ""
            sent_s = now_s
        await pulse(0.05 if load.state != "ready" else BEAT_INTERVAL_S / 2)


async def _sample_lag_for_ever(runtime: Runtime) -> None:
    """Measures how late the loop wakes us; the load carries the second longest of some 10 s."""
    samples: deque[float] = deque(maxlen=LAG_SAMPLES)
    while True:
        used_s = time.process_time()
        lag_s = await pulse(LAG_INTERVAL_S)
        if is_freeze(lag_s, time.process_time() - used_s):
            continue
        samples.append(lag_s * 1000)
        runtime.load.loop_lag_ms = percentile(list(samples), LAG_PERCENT)


def is_freeze(lag_s: float, used_s: float) -> bool:
    """Whether a long lag is that of a process that stood still: nothing to measure a load by.

    Shape: `used_s` is what it used of the processor meanwhile; one that is busy uses much, one on a
    machine that is busy some.
    """
    return lag_s * 1000 >= STILL_MS_MIN and used_s < FREEZE_USED_SHARE * lag_s


async def _look_for_ever(runtime: Runtime) -> None:
    """Looks whether this process drains, and how much of a core it uses."""
    file = DrainingFile(runtime.data)
    load = runtime.load
    since_s, used_s = time.monotonic(), time.process_time()
    while True:
        load.draining = file.read().covers(runtime.id)
        passed_s = time.monotonic() - since_s
        if passed_s >= CPU_INTERVAL_S:
            load.cpu = (time.process_time() - used_s) / passed_s
            since_s, used_s = time.monotonic(), time.process_time()
        await pulse(BEAT_INTERVAL_S / 2)
