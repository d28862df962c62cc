"""Streams of an engine that stands alone, kept while it starts: it removes what it cannot read.

An engine that meets an error while it opens a stream, such as one block that the disk does not give
back, deletes the stream with all that is in it and calls itself healthy (nats-server 2.15.1). Alone
it has the only copy. So every file of the store has a second name (a hard link, which takes no room
and no time) until the engine is ready and every stream is still there.

Source: docs/adr/0022-streams-are-kept-while-the-engine-starts.md
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

KEPT: Final = ".kept"
STREAMS: Final = "jetstream/*/streams/*"
STREAM_FILE: Final = "meta.inf"
"""A stream without it is none."""


def kept_of(store: Path) -> Path:
    """The folder beside the store: on the same disk, and unknown to the engine."""
    return store.with_name(store.name + KEPT)


def lost(store: Path) -> list[str]:
    """Names of streams that are kept and that the store has no more."""
    return [path.name for path in _lost(store)]


def keep(store: Path) -> list[str]:
    """Puts back what was lost, and keeps all that is there; returns the names of what was put back.

    Caller: while no engine runs on the store; `forget` when it has started well.
    Errors: OSError, when the disk knows no second names for a file, among others.
    """
    kept = kept_of(store)
    back = []
    for path in _lost(store):
        place = store / path.relative_to(kept)
        shutil.rmtree(place, ignore_errors=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        path.replace(place)
        back.append(path.name)
    forget(store)
    for path in _streams(store):
        shutil.copytree(path, kept / path.relative_to(store), copy_function=os.link)
    return back


def forget(store: Path) -> None:
    """Takes the second names away."""
    shutil.rmtree(kept_of(store), ignore_errors=True)


def _streams(folder: Path) -> list[Path]:
    found = folder.glob(STREAMS)
    return sorted(path for path in found if (path / STREAM_FILE).is_file())


def _lost(store: Path) -> list[Path]:
    kept = kept_of(store)
    return [
        path
        for path in _streams(kept)
        if not (store / path.relative_to(kept) / STREAM_FILE).is_file()
    ]
