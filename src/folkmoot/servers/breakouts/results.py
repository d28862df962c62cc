"""What a breakout brings back: documents and poll results, as Markdown for the main room's log.

Documents are read in the export's child: reading what anyone wrote may crash the process.
"""

from __future__ import annotations

import io
import logging
import zipfile
from typing import Final

import msgspec

from folkmoot.servers.applications.conferences import NotNow, OpenConferences
from folkmoot.servers.applications.jobs import Died, tried
from folkmoot.servers.export.exporter import Pack
from folkmoot.servers.export.gathering import ExportConference, Gathered, gather
from folkmoot.servers.export.job import ExportJob, Made
from folkmoot.servers.replicas import LoadFrom

log = logging.getLogger(__name__)

FILE_BYTES_MAX: Final = 1 << 20
"""Read of one document; far more than a result may hold."""

POLLS_FILE: Final = "polls.md"
NOT_READABLE: Final = "The notes could not be read. They are still in the breakout.\n"


class Results:
    """Writes results.

    Caller: `write` as `carrier.Write`. Errors: those of `gather`, and `NotNow`.
    """

    def __init__(
        self, engine: LoadFrom, conferences: OpenConferences[ExportConference], pack: Pack
    ) -> None:
        self._engine = engine
        self._conferences = conferences
        self._pack = pack

    async def write(self, conference: str) -> str:
        try:
            opened = await self._conferences.open(conference)
            job = await gather(self._engine, opened, "", ["markdown"], Gathered())
        finally:
            self._conferences.forget(conference)
        # Nobody's in particular: only what everybody there was shown may go home.
        polls = [poll for poll in job.polls if poll.published]
        if not job.documents and not polls:
            return ""
        bare = msgspec.structs.replace(
            job, messages=[], people=[], polls=polls, questions=[], agenda=[]
        )
        payload = msgspec.msgpack.encode(bare)
        reply = await tried(lambda: self._pack.run(payload))
        if isinstance(reply, Died) and not reply.begun:
            raise NotNow(reply.reason, excused=True)
        if isinstance(reply, Died):
            log.error("alarm: a breakout's notes: %s", reply.reason)
            return NOT_READABLE
        return _joined(job, msgspec.msgpack.decode(reply, type=Made))


def _joined(job: ExportJob, made: Made) -> str:
    """The documents that hold something, each under its title."""
    parts = []
    with zipfile.ZipFile(io.BytesIO(made.archive)) as archive:
        names = [name for name in archive.namelist() if name.startswith("documents/")]
        titles = {document.id: document.title for document in job.documents}
        for name in names:
            with archive.open(name) as file:
                text = file.read(FILE_BYTES_MAX).decode(errors="replace").strip()
            if text:
                id_ = name.removeprefix("documents/").rpartition(".")[0]
                parts.append(f"## {titles.get(id_, id_)}\n\n{text}\n")
        if POLLS_FILE in archive.namelist():
            with archive.open(POLLS_FILE) as file:
                parts.append(_lower(file.read(FILE_BYTES_MAX).decode(errors="replace").strip()))
    return "\n".join(parts)


def _lower(text: str) -> str:
    """The same text with its headings one step lower."""
    lines = (f"#{line}" if line.startswith("#") else line for line in text.split("\n"))
    return "\n".join(lines) + "\n"
