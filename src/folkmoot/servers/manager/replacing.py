"""Taking a node out of the zone that will not come back, and putting another in its place.

    (nothing) -> planned -> fenced -> placed -> done

A node without an engine is only forgotten. For one that kept the data, the engines take no writes
while one of them is taken out and the new one is let in; then the new one is filled from the
others, while people go on. Every step can be done again, so whoever finds the file goes on from it.
Nothing here happens by itself: a machine that is silent may come back, and only a person knows.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from folkmoot.data_folder import Node, load_node, write_atomically
from folkmoot.engine import copying, peers
from folkmoot.engine.connection import Engine
from folkmoot.engine.elections import ELECTIONS_S_MAX, through_elections
from folkmoot.engine.jetstream import ApiError
from folkmoot.errors import OperatorError
from folkmoot.ports import LogUnavailable
from folkmoot.servers.access import connect_engine, connect_system
from folkmoot.servers.manager import directory, growth, membership
from folkmoot.servers.manager.node_orders import REPLICAS, Order
from folkmoot.servers.manager.others import POLL_S, STEP_S, Others, monitored
from folkmoot.servers.manager.succession import succeed
from folkmoot.servers.runtime import settings_of

FILE: Final = "replace.json"
PLACE_S: Final = 120.0
CONNECTED_S: Final = 5.0
"""More than engines take to notice that another one's connection is dead (configuration.py)."""

INFO_S: Final = 2.0
"""What is asked while the engines choose a leader goes unanswered, and is asked again."""
STILL_S_MAX: Final = 600.0
"""For so long a new copy may stand still before we say that it does."""

Step = Literal["planned", "fenced", "placed", "done"]
Say = Callable[[str], None]


class Replacement(msgspec.Struct):
    """How far it is.

    Shape: `gone` goes, `by` takes its place (empty: nobody); `others` are the other engine nodes
    that stay, by name, `addresses` those of all engines afterwards.
    """

    step: Step
    gone: str
    by: str
    others: list[str]
    addresses: list[str]
    store: str


def read(data: Path) -> Replacement | None:
    """Errors: `OperatorError` when the file is damaged."""
    path = data / "engine" / FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Replacement)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise OperatorError(f"{path} cannot be read ({error}); restore it from a backup.") from None


def unfinished(data: Path) -> bool:
    """Whether a change is half done; one that is only planned changed nothing, or was undone."""
    found = read(data)
    return found is not None and found.step in ("fenced", "placed")


def plan(node: Node, known: directory.Trust, gone: str, by: str, *, fill: bool) -> Replacement:
    """What is to be done. Pure but for the random name of the new store.

    Shape: with `fill` another node takes the place: `by`, or the one that waits for it.
    Errors: `OperatorError` when it cannot be done.
    """
    members = dict(known.members)
    if known.listed.first != node.name:
        members[known.listed.first] = known.first_member
    if gone == node.name:
        raise OperatorError(
            f"{gone} is this node itself. It is taken out by another engine node, after `folkmoot"
            " down` here."
        )
    if gone not in members:
        names = ", ".join(sorted({*members, node.name}))
        raise OperatorError(f"The zone has no node {gone!r}; it has {names}.")
    if known.listed.first not in (node.name, gone):
        raise OperatorError(
            f"This is done on the zone's first node, {known.listed.first}; on another engine node"
            " only when that one is the node that is gone."
        )
    away = (gone, node.name)
    present = {n: one for n, one in members.items() if not one.removed_s and n not in away}
    place = {name: directory.address_of(one) for name, one in members.items()}
    engines = [name for name in present if place[name] in node.cluster]
    was_engine = place[gone] in node.cluster
    addresses = [address for address in node.cluster if address != place[gone]]
    if members[gone].removed_s and not fill:
        raise OperatorError(f"The node {gone} was removed already.")
    chosen = ""
    if fill:
        waiting = [n for n, one in present.items() if one.engine and place[n] not in node.cluster]
        chosen = _chosen(waiting, by, gone)
        if len(addresses) >= REPLICAS or not node.cluster:
            raise OperatorError(
                f"{gone} kept no copy of the data, so there is no place to take; remove it with"
                f" `folkmoot node remove {gone}`."
            )
        addresses.append(place[chosen])
    if was_engine and len(engines) + 1 < 2:
        raise OperatorError(
            "Only this engine would be left, and it cannot decide alone. Start one of the others,"
            " or restore a backup into a new zone."
        )
    others = sorted(engines) if was_engine or fill else []
    store = f"store-{secrets.token_hex(4)}"
    return Replacement("planned", gone, chosen, others, addresses, store)


def _chosen(waiting: list[str], by: str, gone: str) -> str:
    if by and by not in waiting:
        raise OperatorError(
            f"{by} does not wait to keep the data; machines that do: {', '.join(waiting) or 'none'}"
            " (`folkmoot token --engine` prints a token for one)."
        )
    if not waiting:
        raise OperatorError(
            f"No machine waits to take the place of {gone}. Print a token with `folkmoot token"
            " --engine`, join with it on the new machine, then run this again."
        )
    if len(waiting) > 1 and not by:
        raise OperatorError(
            f"Several machines wait: {', '.join(sorted(waiting))}; say which with --by NAME."
        )
    return by or waiting[0]


async def check(
    data: Path, node: Node, engine: Engine, asked: Replacement, tell_waiting: Say
) -> None:
    """Errors: `OperatorError` when data or the majority would be lost, or somebody is missing."""
    await _check_apart(node, asked.gone)
    others = Others(data, engine)
    for name in [*asked.others, *([asked.by] if asked.by else [])]:
        await others.order(name, Order("hello"))
    if not (asked.others or asked.by):
        return
    # What the machine led has no leader for some seconds after its death.
    try:
        await through_elections(lambda: _check_safe(engine, asked.gone), tell_waiting)
    except LogUnavailable as error:
        raise OperatorError(
            f"Nothing was changed: for {ELECTIONS_S_MAX:g} s, {error}. Wait until the other engines"
            " are whole (`folkmoot status`), then run this again."
        ) from None


async def _check_apart(node: Node, gone: str) -> None:
    """Errors: `OperatorError` when the engine that is gone is connected to ours all the same.

    Shape: one whose power is off says no goodbye, so it seems connected for some seconds.
    """
    give_up_s = time.monotonic() + CONNECTED_S
    while True:
        routes = (await monitored(node.monitor_port, "/routez")).get("routes") or []
        if all(route.get("remote_name") != gone for route in routes):
            return
        if time.monotonic() > give_up_s:
            raise OperatorError(
                f"{gone} is alive: its engine is connected to this one. Move its people away with"
                f" `folkmoot drain {gone}`, stop it there with `folkmoot down`, then run this."
            )
        await asyncio.sleep(POLL_S)


async def _check_safe(engine: Engine, gone: str) -> None:
    """Errors: `LogUnavailable` when a stream could lose something by this, which may get well."""
    for name in await copying.stream_names(engine.link, INFO_S):
        info = await copying.stream_info(engine.link, name, INFO_S)
        lacking = peers.lacking(info or {}, without=gone)
        if lacking:
            raise LogUnavailable(f"{name} would be in danger: {lacking}")


async def replace(data: Path, say: Say, asked: Replacement | None = None) -> None:
    """Does what was planned, or goes on where an earlier attempt ended.

    Errors: `OperatorError`; run it again when what it says is mended.
    """
    with growth.only_one(data):
        found = read(data)
        going = asked if found is None or (asked and not unfinished(data)) else found
        if going is not None and going.step == "done":
            going = None
        if going is None:
            raise OperatorError("No node is being removed or replaced.")
        node = load_node(data)
        engine = await connect_engine(data, node, settings_of(node), "replace", "process-manager")
        replacer: _Replacer | None = None
        try:
            async with asyncio.timeout(STEP_S):
                await engine.wait_connected()
            replacer = _Replacer(data, going, engine, say)
            await replacer.run()
        except (TimeoutError, LogUnavailable, ApiError) as error:
            awaited = replacer.awaited if replacer is not None else "the engine"
            why = str(error) or f"it took too long, waiting for {awaited}"
            raise OperatorError(
                f"It stopped: {why}. Writing goes on; `folkmoot node resume` tries again."
            ) from error
        finally:
            await engine.close()


class _Replacer:
    """One attempt. Caller: `run` once."""

    def __init__(self, data: Path, asked: Replacement, engine: Engine, say: Say) -> None:
        self._data = data
        self._asked = asked
        self._engine = engine
        self._say = say
        self._others = Others(data, engine)
        self.awaited = "an answer"

    async def run(self) -> None:
        steps: dict[Step, Callable[[], Any]] = {
            "planned": self._begin,
            "fenced": self._change,
            "placed": self._fill,
        }
        self._reach(self._asked.step)
        while self._asked.step in steps:
            await steps[self._asked.step]()

    def _reach(self, step: Step) -> None:
        self._asked.step = step
        write_atomically(self._data / "engine" / FILE, msgspec.json.encode(self._asked))

    async def _begin(self) -> None:
        await succeed(self._data, self._engine, self._asked.gone, self._say)
        # Before anything is fenced: a fence that was left is opened only by who goes on from here.
        self._reach("fenced")

    async def _fence_all(self, fenced: bool) -> None:
        await self._others.fence_own(fenced)
        for name in self._asked.others:
            await self._others.order(name, Order("fence", fenced=fenced))

    async def _change(self) -> None:
        """Takes one engine out and lets the other in; opens all again when that fails."""
        asked = self._asked
        with membership.changed(self._data) as content:
            known = content.members.get(asked.gone)
            if known is not None and not known.removed_s:
                known.removed_s = int(time.time())
        if not (asked.others or asked.by):
            # It kept no data: its key is worth nothing as soon as the list is read.
            self._reach("done")
            self._say(f"{asked.gone} is removed; its certificate is refused from now on.")
            return
        self._say("Writing pauses.")
        try:
            async with asyncio.timeout(PLACE_S):
                await self._fence_all(True)
                await self._take_out()
                if asked.by:
                    await self._let_in()
        except BaseException:
            with contextlib.suppress(OperatorError, LogUnavailable, TimeoutError):
                await self._fence_all(False)
            self._reach("planned")
            raise
        await self._fence_all(False)
        self._reach("placed" if asked.by else "done")
        self._say("Writing goes on.")
        if not asked.by:
            self._say(
                f"{asked.gone} is removed. The data is on {len(asked.addresses)} machines and none"
                " of them may fail: join another with `folkmoot token --engine`, then `folkmoot"
                f" node replace {asked.gone}`."
            )

    async def _take_out(self) -> None:
        asked, node = self._asked, load_node(self._data)
        pins = directory.of_first(self._data, node, node.directory).pins
        await self._others.configure_own(cluster=asked.addresses, pins=pins)
        for name in asked.others:
            await self._others.order(name, Order("engines", asked.addresses, pins=pins))
        system = await connect_system(self._data, load_node(self._data))
        try:
            await system.wait_connected()
            while not await self._is_out(system):
                await asyncio.sleep(POLL_S)
        finally:
            await system.close()
        self._say(f"The engine of {asked.gone} is taken out.")

    async def _is_out(self, system: Engine) -> bool:
        gone = self._asked.gone
        try:
            await peers.remove(system.link, gone)
            infos = await self._infos()
        except (LogUnavailable, ApiError) as error:
            self.awaited = f"the engines to take {gone} out ({error})"
            return False
        self.awaited = f"the streams to do without {gone}"
        return all(gone not in peers.names(info) for info in infos)

    async def _let_in(self) -> None:
        asked = self._asked
        await self._others.order(asked.by, Order("cluster", asked.addresses, asked.store, True))
        self._say(f"{asked.by} takes its place.")
        while True:
            self.awaited = f"the streams to begin copies on {asked.by}"
            with contextlib.suppress(LogUnavailable, ApiError):
                infos = await self._infos()
                if all(asked.by in peers.names(info) for info in infos):
                    break
            await asyncio.sleep(POLL_S)
        await self._others.order(asked.by, Order("fence", fenced=False))

    async def _infos(self) -> list[dict[str, Any]]:
        link = self._engine.link
        names = await copying.stream_names(link, INFO_S)
        found = [await copying.stream_info(link, name, INFO_S) for name in names]
        return [info for info in found if info is not None]

    async def _fill(self) -> None:
        """Returns when every stream has all its copies; says how far it is."""
        asked = self._asked
        await self._others.order(asked.by, Order("fence", fenced=False))
        told, since_s = "", time.monotonic()
        while True:
            with contextlib.suppress(LogUnavailable, ApiError):
                infos = await self._infos()
                now = peers.progress(infos, REPLICAS)
                if now.whole == now.streams:
                    break
                line = f"{now.whole} of {now.streams} streams are whole; {now.lag} entries to go."
                if line != told:
                    told, since_s = line, time.monotonic()
                    self._say(line)
            if time.monotonic() - since_s > STILL_S_MAX:
                raise OperatorError(
                    f"The copies on {asked.by} stand still; see `folkmoot logs engine` there. The"
                    " zone works on the others. `folkmoot node resume` waits on."
                )
            await asyncio.sleep(5 * POLL_S)
        self._reach("done")
        self._say(f"Everything is on three nodes again; {asked.by} has the place of {asked.gone}.")
