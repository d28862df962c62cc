"""Starts the engine after the disk failed below it: `python -m folkmoot.engine.distrust STORE ...`.

What the kernel could not write stays readable in its memory as if it were on the disk, and no later
`fsync` speaks of it again. An engine that is started on that takes it for stored. So what waits is
written out, what the kernel holds of the store is dropped, and the engine, which takes this
process's place, reads what the disk has. Where that cannot be written no engine starts.

Source: https://wiki.postgresql.org/wiki/Fsync_Errors
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def drop_cache(store: Path) -> None:
    """Lets the kernel forget every file of the store. Errors: OSError with the file's name."""
    for path in sorted(store.rglob("*")):
        if not path.is_file():
            continue
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(path)) from error
        finally:
            os.close(descriptor)


def main() -> int:
    store, *engine = sys.argv[1:]
    try:
        drop_cache(Path(store))
    except OSError as error:
        print(
            f"The disk below {error.filename} fails ({error.strerror}): replace it, or mend its"
            " file system, before this machine keeps anything again.",
            file=sys.stderr,
        )
        return 1
    os.execv(engine[0], engine)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
