"""The export server's process."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from folkmoot.apps import all_applications
from folkmoot.servers.applications.conferences import OpenConferences
from folkmoot.servers.applications.work import EXPORT, WorkQueue
from folkmoot.servers.export.exporter import Exporter, export_child
from folkmoot.servers.export.gathering import ExportConference

if TYPE_CHECKING:
    from folkmoot.servers.runtime import Runtime


async def main(runtime: Runtime) -> None:
    """Works until told to stop; what is half done then is taken over by another server."""
    engine = runtime.engine
    conferences = OpenConferences(
        ExportConference, engine, all_applications(), runtime.server, time.monotonic
    )
    exporter = Exporter(
        engine, conferences, runtime.zone, runtime.server, time.monotonic, export_child()
    )
    queue = WorkQueue(exporter.work)
    runtime.spawn(_serve(runtime, queue), "exports")
    await runtime.stopping.wait()


async def _serve(runtime: Runtime, queue: WorkQueue) -> None:
    await runtime.engine.wait_prepared()
    await runtime.engine.messaging.subscribe(EXPORT, queue.asked)
    runtime.load.state = "ready"
    await queue.run()
