"""Which engines keep a stream, how whole they are, and taking one out of the cluster for good."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from folkmoot.engine import jetstream
from folkmoot.engine.link import Link

NOT_A_MEMBER: Final = 10044
CALL_S: Final = 5.0


class Progress(msgspec.Struct, frozen=True):
    """How many streams have all their copies; `lag` is what the others have yet to read."""

    streams: int
    whole: int
    lag: int


async def remove(link: Link, name: str) -> None:
    """Takes an engine out of the cluster; nothing when it is out already.

    Caller: as the engine's system user. The engine itself must be off, and never come back.
    Errors: `LogUnavailable`, `ApiError`.
    """
    try:
        await jetstream.call(link, "SERVER.REMOVE", {"peer": name}, CALL_S)
    except jetstream.ApiError as error:
        if error.number != NOT_A_MEMBER:
            raise


def names(info: Mapping[str, Any]) -> list[str]:
    """The engines that keep this stream, or are to keep it."""
    cluster = info.get("cluster") or {}
    leader = [str(cluster["leader"])] if cluster.get("leader") else []
    return leader + [str(one.get("name")) for one in cluster.get("replicas") or []]


def lacking(info: Mapping[str, Any], without: str) -> str:
    """Why a stream could lose something when one engine goes for good; empty when it could not."""
    cluster = info.get("cluster") or {}
    leader = cluster.get("leader")
    if not leader:
        return "it has no leader"
    if leader == without:
        return f"{without} leads it, so that is alive"
    behind = [
        str(one.get("name"))
        for one in cluster.get("replicas") or []
        if one.get("name") != without and (one.get("offline") or not one.get("current"))
    ]
    if behind:
        return f"the copy on {', '.join(behind)} is not whole"
    kept = [name for name in names(info) if name != without]
    return "" if len(kept) > 1 else "one copy only would be left"


def progress(infos: Iterable[Mapping[str, Any]], copies: int) -> Progress:
    streams = whole = lag = 0
    for info in infos:
        streams += 1
        cluster = info.get("cluster") or {}
        replicas = cluster.get("replicas") or []
        current = [one for one in replicas if one.get("current") and not one.get("offline")]
        whole += bool(cluster.get("leader")) and len(current) + 1 >= copies
        lag += sum(int(one.get("lag") or 0) for one in replicas)
    return Progress(streams, whole, lag)
