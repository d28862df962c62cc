"""The child that looks at one upload: `python -m folkmoot.servers.files.child CPU_S MEMORY`."""

from __future__ import annotations

import sys

import msgspec

from folkmoot.servers.applications.confined import do_one_job
from folkmoot.servers.files.job import ExamineJob
from folkmoot.servers.files.verdict import judge, rehearse


def _work(job: bytes) -> bytes:
    return msgspec.msgpack.encode(judge(msgspec.msgpack.decode(job, type=ExamineJob)))


if __name__ == "__main__":
    rehearse()
    do_one_job(sys.argv[1:], _work)
