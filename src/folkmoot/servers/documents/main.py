"""The documents server's process: documents, archives of logs, files, slides."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from folkmoot.apps import all_applications
from folkmoot.servers.applications.conferences import OpenConferences
from folkmoot.servers.applications.work import FILES, WorkQueue
from folkmoot.servers.archive import Archive
from folkmoot.servers.documents.compactor import SUBJECT, Compactor
from folkmoot.servers.documents.conferences import Conferences
from folkmoot.servers.documents.trial import ChildTrial, TrialLimits
from folkmoot.servers.files.examiner import Examiner, FilesConference, examining_child
from folkmoot.servers.files.records import Uploads
from folkmoot.servers.files.sweeping import sweep_on
from folkmoot.servers.slides.serving import convert

if TYPE_CHECKING:
    from folkmoot.servers.runtime import Runtime

LIMITS: Final = TrialLimits(wall_s=240.0, cpu_s=60, memory_bytes=3 << 30)
"""For the largest document there may be, made of the smallest edits: 16 MB of single characters
take 14 s and 2 GB of address space to be merged; usual ones take a tenth of a second."""


async def main(runtime: Runtime) -> None:
    """Works until told to stop; what is half done then is asked for again."""
    engine, applications = runtime.engine, all_applications()
    conferences = Conferences(engine, applications, runtime.server, time.monotonic)
    compactor = Compactor(
        conferences,
        engine.objects,
        ChildTrial(LIMITS),
        runtime.settings,
        time.monotonic,
        runtime.zone.wall_ms,
    )
    runtime.spawn(_compact(runtime, compactor), "compactor")
    runtime.spawn(
        Archive(engine, applications, runtime.settings, runtime.zone.wall_ms).run(), "archive"
    )
    runtime.spawn(_examine(runtime), "files")
    runtime.spawn(convert(runtime), "slides")
    # Without the engine there is no work, and nothing to be unready for.
    runtime.load.state = "ready"
    await runtime.stopping.wait()


async def _compact(runtime: Runtime, compactor: Compactor) -> None:
    await runtime.engine.wait_prepared()
    await runtime.engine.messaging.subscribe(SUBJECT, compactor.asked)
    await compactor.run()


async def _examine(runtime: Runtime) -> None:
    engine = runtime.engine
    await engine.wait_prepared()
    uploads = Uploads(engine.bucket("uploads"))
    conferences = OpenConferences(
        FilesConference, engine, all_applications(), runtime.server, time.monotonic
    )
    examiner = Examiner(
        engine.objects, uploads, conferences, runtime.zone, runtime.server, runtime.zone.wall_ms,
        time.monotonic, examining_child(),
    )  # fmt: skip
    queue = WorkQueue(examiner.work)
    await engine.messaging.subscribe(FILES, queue.asked)
    runtime.spawn(
        sweep_on(
            engine.objects,
            uploads,
            queue.ask,
            runtime.zone.wall_ms,
            runtime.settings.upload_idle_ms,
        ),
        "uploads",
    )
    await queue.run()
