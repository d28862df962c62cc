"""The child that merges: `python -m folkmoot.servers.documents.child CPU_S MEMORY_BYTES`.

Reads one job from its standard input, writes one reply to its standard output, ends. It gives up
all rights it can before it reads: what comes is not to be trusted.
"""

from __future__ import annotations

import sys

import msgspec

from folkmoot.servers.applications.confined import do_one_job
from folkmoot.servers.documents.job import (
    CompactionJob,
    Failed,
    Gathered,
    Job,
    Painted,
    PointJob,
    Reply,
    VersionJob,
)
from folkmoot.servers.documents.merging import gathered, merge, sentence
from folkmoot.servers.documents.painting import runs_of
from folkmoot.servers.documents.restoring import rework

_decoder: msgspec.msgpack.Decoder[Job] = msgspec.msgpack.Decoder(Job)


def _work(job: bytes) -> bytes:
    return msgspec.msgpack.encode(done(_decoder.decode(job)))


def done(job: Job) -> Reply:
    """What comes of a job. Errors: none; the process may die instead."""
    if isinstance(job, CompactionJob):
        return merge(job)
    try:
        if isinstance(job, VersionJob):
            return Painted(runs_of(job.update, job.kind))
        if isinstance(job, PointJob):
            state = gathered(job.updates)
            return Gathered(state, runs_of(state, job.kind))
        return rework(job)
    except MemoryError:
        raise
    except BaseException as error:  # noqa: BLE001
        return Failed(sentence(error))


def main(arguments: list[str]) -> None:
    do_one_job(arguments, _work)


if __name__ == "__main__":
    main(sys.argv[1:])
