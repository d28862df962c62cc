"""LibreOffice: whether it is here, and one run of it for one file, in a sandbox of its own."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

from folkmoot.servers.applications.child_process import ConfinedChild
from folkmoot.servers.applications.jobs import ChildLimits, Died

LIMITS: Final = ChildLimits(wall_s=150.0, cpu_s=120, memory_bytes=4 << 30)
PREFIX: Final = "folkmoot-slides-"
MISSING: Final = (
    "This server cannot open office files, for LibreOffice is not installed on it. "
    "Save the slides as PDF and upload that."
)
_PROGRAMS: Final = ("soffice", "libreoffice")
_PLACES: Final = ("/usr/lib/libreoffice/program", "/usr/lib64/libreoffice/program")


def find() -> str:
    """Path of its program, empty when it is not installed."""
    for name in _PROGRAMS:
        found = shutil.which(name)
        if found:
            program = Path(found).resolve().parent / "soffice.bin"
            if program.is_file():
                return str(program)
    places = [*_PLACES, *sorted(map(str, Path("/opt").glob("libreoffice*/program")))]
    return next((f"{p}/soffice.bin" for p in places if Path(p, "soffice.bin").is_file()), "")


class LibreOffice:
    """One at a time: it takes much memory, and two of them are one user."""

    def __init__(self, program: str | None = None) -> None:
        self.program = find() if program is None else program
        self._one = asyncio.Lock()

    async def pdf_of(self, kind: str, data: bytes) -> bytes | Died:
        """The file as a PDF. Caller: has looked the file through; `program` is not empty."""
        async with self._one:
            folder, lock = _make_folder()
            try:
                child = ConfinedChild(
                    "folkmoot.servers.slides.office_child", "office", LIMITS,
                    (str(folder), self.program),
                )  # fmt: skip
                return await child.run(kind.encode() + b"\n" + data)
            finally:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)


def _make_folder() -> tuple[Path, int]:
    """An empty folder, and a lock that tells that somebody works in it."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    # Whoever LibreOffice runs as may pass through, and sees what is its own.
    folder.chmod(0o711)
    lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return folder, lock


def tidy() -> int:
    """Removes folders that servers left behind which died; how many."""
    removed = 0
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
            continue
        try:
            lock = os.open(folder / "lock", os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            continue  # just being made, or just being removed
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
        except BlockingIOError:
            pass
        finally:
            os.close(lock)
    return removed
