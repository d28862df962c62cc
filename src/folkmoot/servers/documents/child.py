"""The child that merges: `python -m folkmoot.servers.documents.child CPU_S MEMORY_BYTES`.

Reads one job from its standard input, writes one reply to its standard output, ends. It gives up
all rights it can before it reads: what comes is not to be trusted.
"""

from __future__ import annotations

import sys

import msgspec

from folkmoot.servers.applications.confined import do_one_job
from folkmoot.servers.documents.job import CompactionJob
from folkmoot.servers.documents.merging import merge


def _work(job: bytes) -> bytes:
    return msgspec.msgpack.encode(merge(msgspec.msgpack.decode(job, type=CompactionJob)))


def main(arguments: list[str]) -> None:
    do_one_job(arguments, _work)


if __name__ == "__main__":
    main(sys.argv[1:])
