"""The child that makes an archive: `python -m folkmoot.servers.export.child CPU_S MEMORY_BYTES`."""

from __future__ import annotations

import sys

import msgspec

from folkmoot.servers.applications.confined import do_one_job
from folkmoot.servers.export.archive import make
from folkmoot.servers.export.job import ExportJob


def _work(job: bytes) -> bytes:
    return msgspec.msgpack.encode(make(msgspec.msgpack.decode(job, type=ExportJob)))


if __name__ == "__main__":
    do_one_job(sys.argv[1:], _work)
