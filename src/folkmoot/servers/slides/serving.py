"""The part of the documents server's process that makes slides."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING, Final

from folkmoot.apps import all_applications
from folkmoot.servers.applications.conferences import OpenConferences
from folkmoot.servers.applications.work import SLIDES, WorkQueue
from folkmoot.servers.slides.annotated import SUBJECT, Annotator
from folkmoot.servers.slides.conferences import SlidesConference
from folkmoot.servers.slides.converter import Converter
from folkmoot.servers.slides.libreoffice import LibreOffice, tidy
from folkmoot.servers.slides.pages import drawing_child, writing_child

if TYPE_CHECKING:
    from folkmoot.servers.runtime import Runtime

LANES_MAX: Final = 4
"""Children that draw pages of one deck at the same time; no more than there are cores."""

AT_ONCE: Final = 2
"""Rooms whose slides are made at the same time: a long deck keeps not everybody waiting."""


async def convert(runtime: Runtime) -> None:
    """Makes slides until it is cancelled; what is half done is then taken over by another."""
    engine = runtime.engine
    await engine.wait_prepared()
    removed = await asyncio.to_thread(tidy)
    office = LibreOffice()
    runtime.log.info(
        "slides: %s%s",
        f"LibreOffice is {office.program}" if office.program else "there is no LibreOffice",
        f"; removed {removed} folders of servers that died" if removed else "",
    )
    conferences = OpenConferences(
        SlidesConference, engine, all_applications(), runtime.server, time.monotonic
    )
    lanes = max(1, min(LANES_MAX, len(os.sched_getaffinity(0))))
    converter = Converter(
        engine, conferences, runtime.zone, runtime.server, time.monotonic, drawing_child, office,
        lanes,
    )  # fmt: skip
    drawn_on = OpenConferences(
        SlidesConference, engine, all_applications(), runtime.server, time.monotonic
    )
    annotator = Annotator(engine, drawn_on, writing_child)
    await engine.messaging.respond(f"{SUBJECT}{runtime.server}", annotator.answer)
    queue = WorkQueue(converter.work)
    await engine.messaging.subscribe(SLIDES, queue.asked)
    await asyncio.gather(*(queue.run() for _ in range(AT_ONCE)))
