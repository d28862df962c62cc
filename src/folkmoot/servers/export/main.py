"""The export server's process: copies of rooms, and what rooms and their breakouts exchange."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from folkmoot.apps import all_applications
from folkmoot.servers.applications.conferences import OpenConferences
from folkmoot.servers.applications.work import BREAKOUTS, EXPORT, WorkQueue
from folkmoot.servers.breakouts.carrier import BreakoutConference, Carrier
from folkmoot.servers.breakouts.results import Results
from folkmoot.servers.export.exporter import Exporter, export_child
from folkmoot.servers.export.gathering import ExportConference

if TYPE_CHECKING:
    from folkmoot.servers.runtime import Runtime


async def main(runtime: Runtime) -> None:
    """Works until told to stop; what is half done then is taken over by another server."""
    engine, applications = runtime.engine, all_applications()
    conferences = OpenConferences(
        ExportConference, engine, applications, runtime.server, time.monotonic
    )
    rooms = OpenConferences(
        BreakoutConference, engine, applications, runtime.server, time.monotonic
    )
    exporter = Exporter(
        engine, conferences, runtime.zone, runtime.server, time.monotonic, export_child()
    )
    ended = OpenConferences(ExportConference, engine, applications, runtime.server, time.monotonic)
    carrier = Carrier(rooms, Results(engine, ended, export_child()).write)
    runtime.spawn(_serve(runtime, EXPORT, WorkQueue(exporter.work)), "exports")
    # A queue of its own: a long export must not keep anybody in a breakout.
    runtime.spawn(_serve(runtime, BREAKOUTS, WorkQueue(carrier.work)), "breakouts")
    await runtime.stopping.wait()


async def _serve(runtime: Runtime, subject: str, queue: WorkQueue) -> None:
    await runtime.engine.wait_prepared()
    await runtime.engine.messaging.subscribe(subject, queue.asked)
    runtime.load.state = "ready"
    await queue.run()
