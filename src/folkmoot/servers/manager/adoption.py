"""What a process manager takes over of its predecessor, and leaves to its successor. Pure.

A child's restarts go on being counted over the death of its process manager: a poisonous child is
not given a new set of restarts by each, and one that was to wait goes on waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from folkmoot.servers.manager.procfs import Running
from folkmoot.servers.manager.records import Record
from folkmoot.zone.child import Child, Found, Spec
from folkmoot.zone.orders import is_extra
from folkmoot.zone.restarts import History


class Heritage(msgspec.Struct):
    """What the supervisor begins with: what runs, and what ended while nobody watched."""

    found: list[Found]
    lost: list[Found]


def extra_spec(id: str) -> Spec:
    """An extra collaboration server, as a supervisor knows it."""
    return Spec(id, "collaboration", after_engine=False)


def inherit(
    children: dict[str, Child],
    recorded: Sequence[Record],
    living: Sequence[tuple[Running, Record | None]],
    age_ms: Callable[[int], int],
    now_ms: int,
) -> Heritage:
    """Puts what is known of a predecessor's processes into `children`.

    Shape: extra servers that run and were ordered of the predecessor are added to `children`. One
    that runs in the place of the recorded one was started again just before the predecessor died,
    which counts as a restart although nobody wrote it down.
    """
    found = []
    for running, record in living:
        if is_extra(running.id) and running.id not in children:
            children[running.id] = Child(spec=extra_spec(running.id))
        child = children.get(running.id)
        # An engine that lives is taken for well; its health is asked for at once anyway.
        ready = record.ready if record else bool(child and not child.spec.beats)
        found.append(
            Found(
                running.id,
                running.pid,
                record.incarnation if record else "",
                record.restarts if record else 0,
                ready,
                age_ms(running.pid),
            )
        )
    runs = {running.id: running.pid for running, _ in living}
    lost = []
    for record in recorded:
        child = children.get(record.id)
        if child is None:
            continue
        child.restarts = record.restarts
        child.history = History(record.restarts_ms, record.crashes)
        if record.id in runs:
            pid = runs[record.id]
            if record.pid not in (0, pid):
                child.restarts += 1
                again_ms = now_ms - age_ms(pid)
                crashes = 0 if record.ready else record.crashes + 1
                child.history = History((*record.restarts_ms, again_ms), crashes)
        elif record.pid:
            lost.append(Found(record.id, record.pid, record.incarnation, ready=record.ready))
        elif record.due_ms:
            child.phase = "failed" if record.failed else "due"
            child.due_ms = record.due_ms
    return Heritage(found, lost)


def bequeath(children: Iterable[Child], started: Callable[[int], int]) -> list[Record]:
    """What a successor is to know of the processes."""
    return [
        Record(
            id=child.spec.id,
            role=child.spec.role,
            pid=child.pid,
            started=started(child.pid) if child.pid else 0,
            incarnation=child.incarnation,
            restarts=child.restarts,
            ready=child.ready_ms is not None,
            # What was stopped in order begins anew.
            restarts_ms=child.history.restarts_ms if child.phase != "stopped" else (),
            crashes=child.history.crashes if child.phase != "stopped" else 0,
            due_ms=child.due_ms if child.phase in ("due", "failed") else 0,
            failed=child.phase == "failed",
        )
        for child in children
    ]
