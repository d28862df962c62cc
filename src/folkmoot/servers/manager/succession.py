"""An engine node becomes the zone's first node, since the one that was will not come back."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from folkmoot.data_folder import change_node, load_node, tls_paths, write_atomically
from folkmoot.engine.connection import Engine
from folkmoot.engine.elections import ELECTIONS_S_MAX, through_elections
from folkmoot.errors import OperatorError
from folkmoot.ports import LogUnavailable
from folkmoot.servers.manager import directory, membership


async def known_nodes(data: Path, engine: Engine, say: Callable[[str], None]) -> directory.Trust:
    """The zone's nodes, as the first node has them or wrote them down.

    Shape: where the first one led them, they are read once the engines have another leader.

    Errors: `OperatorError` when this node cannot know them.
    """
    node = load_node(data)
    if directory.is_first(data):
        return directory.of_first(data, node, node.directory)
    if not node.member:
        raise OperatorError(
            "This node keeps no data, so it cannot do that; run it on the zone's first node, or on"
            " another engine node when that is gone."
        )
    try:
        value = await through_elections(lambda: directory.read(engine.bucket("zone")), say)
        if value is None:
            raise OperatorError("The zone has no list of its nodes yet; start its first node.")
        return directory.opened(value, node.engine_credentials["admin"])
    except LogUnavailable as error:
        raise OperatorError(
            f"The zone's engines have had no majority for {ELECTIONS_S_MAX:g} s ({error}). Start"
            " one of the others, or restore a backup into a new zone."
        ) from None
    except directory.Unreadable as error:
        raise OperatorError(f"{error}; run this on the zone's first node.") from None


async def succeed(data: Path, engine: Engine, gone: str, say: Callable[[str], None]) -> None:
    """Takes over what only the first node has, when that is the one that is gone.

    Shape: may be done again. What is written first is worth nothing without what comes last.
    """
    node = load_node(data)
    if not node.joined:
        return
    known = await known_nodes(data, engine, say)
    if known.listed.first != gone:
        raise OperatorError(f"This is done on the zone's first node, {known.listed.first}.")
    write_atomically(tls_paths(data).authority_key, known.authority_key.encode())
    members = {name: one for name, one in known.members.items() if name != node.name}
    former = known.first_member
    former.removed_s = int(time.time())
    content = membership.Membership({}, {**members, gone: former})
    write_atomically(data / "zone.json", msgspec.json.encode(content))
    change_node(data, joined=False, directory=known.listed.version)
    say(f"{node.name} is the zone's first node from now on: tokens are printed here.")
