"""The documents server's process: compacts documents, and archives what the log sheds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from folkmoot.apps import all_applications
from folkmoot.servers.archive import Archive
from folkmoot.servers.documents.compactor import SUBJECT, Compactor
from folkmoot.servers.documents.conferences import Conferences
from folkmoot.servers.documents.trial import ChildTrial

if TYPE_CHECKING:
    from folkmoot.servers.runtime import Runtime


async def main(runtime: Runtime) -> None:
    """Works until told to stop; what is half done then is asked for again."""
    engine, applications = runtime.engine, all_applications()
    conferences = Conferences(engine, applications, runtime.server, time.monotonic)
    compactor = Compactor(
        conferences, engine.objects, ChildTrial(), runtime.settings, time.monotonic
    )
    runtime.spawn(_compact(runtime, compactor), "compactor")
    runtime.spawn(Archive(engine, applications, runtime.settings).run(), "archive")
    # Without the engine there is no work, and nothing to be unready for.
    runtime.load.state = "ready"
    await runtime.stopping.wait()


async def _compact(runtime: Runtime, compactor: Compactor) -> None:
    await runtime.engine.wait_prepared()
    await runtime.engine.messaging.subscribe(SUBJECT, compactor.asked)
    await compactor.run()
