"""The child that looks at files: `python -m folkmoot.servers.slides.child CPU_S MEMORY_BYTES`.

Reads one job from its standard input, and writes replies to its standard output as they come about,
each after its length in four bytes. It gives up all rights it can before it reads. With one more
argument, `fonts`, it can write what people wrote into a PDF.
"""

from __future__ import annotations

import os
import struct
import sys
import warnings
from collections.abc import Iterator
from typing import Final

import msgspec

from folkmoot.servers.applications.confined import confine
from folkmoot.servers.slides import lettering, pictures
from folkmoot.servers.slides.annotating import annotate
from folkmoot.servers.slides.drawing import draw
from folkmoot.servers.slides.job import (
    FONTS,
    Annotate,
    Draw,
    Job,
    Made,
    Office,
    Refusal,
    Reply,
)
from folkmoot.servers.slides.kinds import NotTaken
from folkmoot.servers.slides.office import look

BEHIND_PEOPLE: Final = 5
"""Whoever serves people who are in a meeting goes before."""


def replies(job: Job) -> Iterator[Reply]:
    """What comes of a job; the last may be a refusal."""
    try:
        if isinstance(job, Draw):
            yield from draw(job)
        elif isinstance(job, Office):
            yield look(job.data)
        elif isinstance(job, Annotate):
            yield Made(annotate(job))
        else:
            yield Made(pictures.pdf_of(job.data))
    except NotTaken as refused:
        yield Refusal(str(refused))


def main(arguments: list[str]) -> None:
    os.nice(BEHIND_PEOPLE)
    warnings.simplefilter("ignore")
    pictures.prepare()
    if FONTS in arguments:
        lettering.prepare()
    confine(int(arguments[0]), int(arguments[1]))
    job: Job = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Job)
    for reply in replies(job):
        data = msgspec.msgpack.encode(reply)
        sys.stdout.buffer.write(struct.pack(">I", len(data)))
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    # No orderly end: nothing of the library's is worth its tidying up.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
