"""Keeps the zone's list of nodes: the first node writes it when it changes, the others follow."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Final

from folkmoot.data_folder import Node, change_node, load_node
from folkmoot.errors import OperatorError
from folkmoot.ports import Bucket, LogUnavailable
from folkmoot.servers.manager import directory
from folkmoot.servers.manager.directory import Listed, Trust
from folkmoot.servers.manager.engine_child import EmbeddedEngine
from folkmoot.servers.manager.node_orders import reload_engine

LOOK_S: Final = 0.5
FOLLOW_S: Final = 2.0
LOOK_S_MAX: Final = 15.0
"""More than what it asks may take: who is stuck looks again."""

log = logging.getLogger("folkmoot.manager")


class DirectoryKeeper:
    """Caller: `keep` as a task of the process manager, for as long as it has an engine.

    Shape: `listed` is the list as it was seen last; None while there is none, or where this node
    stands alone.
    """

    def __init__(self, data: Path, bucket: Bucket) -> None:
        self._data = data
        self._bucket = bucket
        self._written: Trust | None = None
        self._told = ""
        self.listed: Listed | None = None

    async def keep(self) -> None:
        first = False
        while True:
            try:
                first = directory.is_first(self._data)
                async with asyncio.timeout(LOOK_S_MAX):
                    await self.look(first=first)
                self._told = ""
            except TimeoutError:
                log.error("the list of the zone's nodes: it took longer than %g s", LOOK_S_MAX)
            except (OperatorError, directory.Unreadable, OSError) as error:
                if str(error) != self._told:
                    self._told = str(error)
                    log.error("the list of the zone's nodes: %s", error)
            except LogUnavailable:
                pass  # it is read and written when the engine is back
            except Exception:
                # Whoever comes in waits for this list: it is looked at again whatever happened.
                log.exception("the list of the zone's nodes could not be looked at")
            await asyncio.sleep(LOOK_S if first else FOLLOW_S)

    async def look(self, *, first: bool) -> None:
        """Writes the list, where this is the `first` node, or follows it; once.

        Errors: `OperatorError`, `Unreadable`, `LogUnavailable`, OSError.
        """
        await (self._lead() if first else self._follow())

    async def _lead(self) -> None:
        node = load_node(self._data)
        version = self._written.listed.version if self._written else node.directory
        now = directory.of_first(self._data, node, version)
        if self._written == now:
            return
        # Our own engine first: who has just come in is waited for there.
        if list(node.pins) != now.pins:
            self._take_pins(change_node(self._data, pins=now.pins))
        if node.fenced:
            return  # the zone is being copied or changed: it is written when that is through
        value = await directory.read(self._bucket)
        if value is not None:
            version = max(version, directory.listed_of(value).version)
        now = directory.of_first(self._data, node, version + 1)
        await self._bucket.put(directory.KEY, directory.seal(now, _password(node)))
        change_node(self._data, directory=version + 1)
        self._written, self.listed = now, now.listed

    async def _follow(self) -> None:
        node = load_node(self._data)
        if not node.joined:
            return
        value = await directory.read(self._bucket)
        if value is None:
            return
        listed, pins = directory.listed_of(value), None
        if node.member:
            trust = directory.opened(value, _password(node))
            listed, pins = trust.listed, trust.pins
        if listed.version >= node.directory:
            self.listed = listed
        changes = directory.changes_by(listed, pins, node)
        if changes:
            changed = change_node(self._data, **changes)
            if list(changed.pins) != list(node.pins):
                self._take_pins(changed)

    def _take_pins(self, node: Node) -> None:
        """Lets the engine, if there is one here, know whom to let in."""
        if node.engine_external:
            return
        EmbeddedEngine(self._data, node).configure(while_running=True)
        reload_engine(self._data)
        log.info("the engine lets in the %d nodes of the zone", len(node.pins))


def _password(node: Node) -> str:
    return node.engine_credentials["admin"]
