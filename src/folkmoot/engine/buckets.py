"""Key-value buckets on the engine's streams (the port is `ports.Bucket`).

Laid out as NATS key-value buckets, so its own tools can read them; but deleting removes the key
without a marker, since nobody watches these buckets.
"""

from __future__ import annotations

import re

from folkmoot.engine import headers as h
from folkmoot.engine import jetstream
from folkmoot.engine.link import Link
from folkmoot.errors import invariant
from folkmoot.ports import BucketEntry, LogUnavailable

_KEY = re.compile(r"[-/_=a-zA-Z0-9]+(\.[-/_=a-zA-Z0-9]+)*")


class EngineBucket:
    """One bucket. A read may be stale when the bucket has several replicas."""

    def __init__(self, link: Link, name: str, timeout_s: float) -> None:
        self._link = link
        self._stream = f"KV_{name}"
        self._prefix = f"$KV.{name}."
        self._timeout_s = timeout_s

    async def get(self, key: str) -> BucketEntry | None:
        stored = await jetstream.newest(
            self._link, self._stream, self._subject(key), self._timeout_s
        )
        if stored is None or h.value_of(stored.headers, h.OPERATION) in (b"DEL", b"PURGE"):
            return None
        return BucketEntry(key, stored.payload, stored.sequence)

    async def create(self, key: str, value: bytes) -> int:
        return await self.update(key, value, 0)

    async def update(self, key: str, value: bytes, revision: int) -> int:
        subject, expected = self._subject(key), jetstream.expect(revision)
        return await jetstream.store(self._link, subject, value, self._timeout_s, expected)

    async def put(self, key: str, value: bytes) -> int:
        return await jetstream.store(self._link, self._subject(key), value, self._timeout_s)

    async def delete(self, key: str, upto: int = 0) -> None:
        """Deletes an entry; with `upto` only if it was not written after that revision."""
        subject, before = self._subject(key), upto + 1 if upto else 0
        await jetstream.purge(self._link, self._stream, subject, before, self._timeout_s)

    async def keys(self, prefix: str = "") -> list[str]:
        """Sorted keys that begin with `prefix`."""
        found = await jetstream.subjects(
            self._link, self._stream, self._prefix + ">", self._timeout_s
        )
        cut = len(self._prefix)
        return [subject[cut:] for subject in found if subject[cut:].startswith(prefix)]

    async def check_gone(self, key: str) -> None:
        if await jetstream.count(self._link, self._stream, self._subject(key), self._timeout_s):
            raise LogUnavailable(f"a replica does not know {key} yet")

    def _subject(self, key: str) -> str:
        invariant(_KEY.fullmatch(key) is not None, "a bucket's key is well formed", key=key)
        return self._prefix + key
