"""Growing a zone from one engine to three: a state machine in a file.

    (nothing) -> fenced -> saved -> switched -> loaded -> done

The engine takes no writes from `fenced` to `done`; people's work waits in their browsers and in
the servers meanwhile. Every step can be done again, so whoever finds the file goes on from it. The
old store is not touched: until `loaded` it is the truth, and it stays until the operator confirms.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from folkmoot.data_folder import Node, change_node, host_in_url, load_node, write_atomically
from folkmoot.engine import copying
from folkmoot.engine.connection import Engine
from folkmoot.engine.jetstream import ApiError
from folkmoot.errors import OperatorError
from folkmoot.ports import LogUnavailable
from folkmoot.servers.access import connect_engine
from folkmoot.servers.manager import membership, procfs
from folkmoot.servers.manager.node_orders import REPLICAS, Order
from folkmoot.servers.manager.others import STEP_S, Others
from folkmoot.servers.runtime import settings_of

FILE: Final = "grow.json"
COPIES: Final = "grow"
SETTLE_S: Final = 15.0
POLL_S: Final = 0.1
INFO_S: Final = 2.0
"""What is asked while the engines choose their leader goes unanswered, and is asked again."""

Step = Literal["fenced", "saved", "switched", "loaded", "done"]
Say = Callable[[str], None]


class Growth(msgspec.Struct):
    """How far it is; `nodes` are the others by name, `addresses` those of all engines."""

    id: str
    step: Step
    nodes: list[str]
    addresses: list[str]
    store_before: str
    copies: list[copying.StreamCopy] = []

    @property
    def store(self) -> str:
        return f"store-{self.id}"


def read(data: Path) -> Growth | None:
    """Errors: `OperatorError` when the file is damaged."""
    path = data / "engine" / FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Growth)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise OperatorError(f"{path} cannot be read ({error}); restore it from a backup.") from None


def unfinished(data: Path) -> bool:
    found = read(data)
    return found is not None and found.step != "done"


@contextlib.contextmanager
def only_one(data: Path) -> Iterator[None]:
    """Errors: `OperatorError` when another one grows the zone now."""
    descriptor = os.open(data / "engine" / "grow.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise OperatorError("The zone is growing already; wait until that has ended.") from None
    finally:
        os.close(descriptor)


async def grow(data: Path, say: Say) -> None:
    """Grows the zone, or goes on where an earlier attempt ended.

    Errors: `OperatorError`; run it again when what it says is mended.
    """
    with only_one(data):
        node = load_node(data)
        growth = read(data) or _planned(data, node)
        if growth.step == "done":
            raise OperatorError("The zone has grown already.")
        engine = await connect_engine(data, node, settings_of(node), "grow", "process-manager")
        grower: _Grower | None = None
        try:
            async with asyncio.timeout(STEP_S):
                await engine.wait_connected()
            grower = _Grower(data, growth, engine, say)
            await grower.run()
        except (TimeoutError, LogUnavailable, ApiError, copying.NotCopied) as error:
            awaited = grower.awaited if grower is not None else "the engine"
            why = str(error) or f"it took too long, waiting for {awaited}"
            raise OperatorError(f"Growing stopped: {why}. Run `folkmoot grow` again.") from error
        finally:
            await engine.close()


def forget_old_store(data: Path) -> None:
    """Removes what is there only in case the grown zone is not what it should be."""
    growth = read(data)
    if growth is None or growth.step != "done":
        raise OperatorError("The zone has not grown; there is nothing to confirm.")
    for name in (growth.store_before, COPIES):
        shutil.rmtree(data / "engine" / name, ignore_errors=True)


def _planned(data: Path, node: Node) -> Growth:
    if node.joined or not node.zone_address:
        raise OperatorError(
            "A zone is grown on its first node, which was started with --zone-address IP."
        )
    if node.cluster:
        raise OperatorError(f"The zone has {len(node.cluster)} engines already.")
    known = membership.read(data).members
    members = {name: one for name, one in known.items() if one.engine and not one.removed_s}
    if len(members) != REPLICAS - 1:
        raise OperatorError(
            f"A zone grows to {REPLICAS} engine nodes, and {len(members)} machines joined as such;"
            " it needs two: `folkmoot token --engine` prints a token for each."
        )
    names = sorted(members)
    others = [f"{host_in_url(members[n].address)}:{members[n].port}" for n in names]
    own = f"{host_in_url(node.zone_address)}:{node.zone_port}"
    return Growth(secrets.token_hex(4), "fenced", names, [own, *others], node.engine_store)


class _Grower:
    """One attempt. Caller: `run` once."""

    def __init__(self, data: Path, growth: Growth, engine: Engine, say: Say) -> None:
        self._data = data
        self._growth = growth
        self._engine = engine
        self._say = say
        self._folder = data / "engine" / COPIES
        self._others = Others(data, engine)
        self.awaited = "an answer"

    async def run(self) -> None:
        steps: dict[Step, Callable[[], Any]] = {
            "fenced": self._save,
            "saved": self._switch,
            "switched": self._load,
            "loaded": self._open,
        }
        if read(self._data) is None:
            for name in self._growth.nodes:
                await self._others.order(name, Order("hello"))
            self._reach("fenced")
        while self._growth.step in steps:
            await steps[self._growth.step]()

    def _reach(self, step: Step) -> None:
        self._growth.step = step
        write_atomically(self._data / "engine" / FILE, msgspec.json.encode(self._growth))

    async def _save(self) -> None:
        """Fences the engine and copies all streams; opens it again when that fails."""
        self._say("Writing pauses.")
        try:
            await self._others.fence_own(True)
            self._folder.mkdir(mode=0o700, exist_ok=True)
            link = self._engine.link
            copies = [
                await copying.save_stream(link, name, self._folder / name)
                for name in await copying.stream_names(link)
            ]
            for copy in copies:
                copying.check_file(copy, self._folder / copy.name)
                missing = await copying.check_stream(link, copy, 1)
                if missing:
                    raise copying.NotCopied(f"the copy of {copy.name} is not whole: {missing}")
        except BaseException:
            # Nothing was changed but the fence: the zone goes on as it was.
            await self._others.fence_own(False)
            (self._data / "engine" / FILE).unlink(missing_ok=True)
            raise
        self._growth.copies = copies
        self._reach("saved")
        size = sum(copy.bytes for copy in copies)
        self._say(f"{len(copies)} streams are copied and verified ({size >> 10} KB).")

    async def _switch(self) -> None:
        """Starts the engines of all nodes as a cluster on empty stores."""
        growth = self._growth
        order = Order("cluster", growth.addresses, growth.store, True)
        for name in growth.nodes:
            await self._others.order(name, order)
        change_node(self._data, cluster=growth.addresses, engine_store=growth.store, fenced=True)
        for running in procfs.find(self._data):
            if running.id == "engine" and not self._is_clustered(running.pid):
                procfs.kill_same(running.pid, running.started, signal.SIGTERM)
        self._reach("switched")
        self._say("The engines of all three nodes start.")

    def _is_clustered(self, pid: int) -> bool:
        # What the engine has open tells on which store it runs.
        try:
            links = [os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir()]
        except OSError:
            return False
        return any(f"/{self._growth.store}/" in link for link in links)

    async def _load(self) -> None:
        """Makes the streams in the cluster, three copies each, and checks every one."""
        async with asyncio.timeout(STEP_S):
            for copy in self._growth.copies:
                while not await self._load_one(copy):
                    await asyncio.sleep(POLL_S)
            for copy in self._growth.copies:
                await self._settle(copy)
        self._reach("loaded")
        self._say("Everything is on three nodes.")

    async def _load_one(self, copy: copying.StreamCopy) -> bool:
        link = self._engine.link
        try:
            found = await copying.stream_info(link, copy.name, INFO_S)
            if found is not None:
                same = found["state"]["last_seq"] == copy.state["last_seq"]
                if same and found["state"]["messages"] == copy.state["messages"]:
                    return True
                await copying.delete_stream(link, copy.name)
            await copying.load_stream(link, copy, self._folder / copy.name, REPLICAS)
        except (LogUnavailable, ApiError, copying.Refused) as error:
            # The cluster is still choosing its leader, or a node is on its way.
            self.awaited = f"the engines to take {copy.name} ({error})"
            return False
        return True

    async def _settle(self, copy: copying.StreamCopy) -> None:
        """Returns when the stream is whole; makes it again when that takes too long."""
        began_s = time.monotonic()
        while missing := await self._missing(copy):
            self.awaited = f"{copy.name} to be whole ({missing})"
            if time.monotonic() - began_s > SETTLE_S:
                # A restore that the engine gave up leaves a stream that never gets well.
                self._say(f"{copy.name} is copied once more: {missing}.")
                began_s = time.monotonic()
                with contextlib.suppress(LogUnavailable, ApiError):
                    await copying.delete_stream(self._engine.link, copy.name)
                while not await self._load_one(copy):
                    await asyncio.sleep(POLL_S)
            await asyncio.sleep(POLL_S)

    async def _missing(self, copy: copying.StreamCopy) -> str:
        try:
            return await copying.check_stream(self._engine.link, copy, REPLICAS, INFO_S)
        except (LogUnavailable, ApiError) as error:
            return str(error)

    async def _open(self) -> None:
        for name in self._growth.nodes:
            await self._others.order(name, Order("fence", fenced=False))
        await self._others.fence_own(False)
        self._reach("done")
        self._say("Writing goes on. The zone has three engine nodes.")
