"""The real children: what they are not allowed, what they answer, and that they leave nothing."""

from __future__ import annotations

import asyncio
import fcntl
import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from folkmoot.servers.applications.child_process import ConfinedChild
from folkmoot.servers.applications.jobs import ChildLimits, Died
from folkmoot.servers.slides.job import Draw, Drawn, Opened, Reply
from folkmoot.servers.slides.libreoffice import PREFIX, LibreOffice, find, tidy
from folkmoot.servers.slides.pages import drawing_child, replies
from folkmoot.testing import decks

TRIES = """
import errno, os, socket
from folkmoot.servers.applications.confined import confine
confine(10, 1 << 30)
def said(name, work):
    try:
        work()
    except OSError as error:
        print(name, errno.errorcode[error.errno])
    else:
        print(name, "done")
said("network", lambda: socket.socket(socket.AF_INET))
said("neighbours", lambda: socket.socket(socket.AF_UNIX))
said("program", lambda: os.execv("/bin/true", ["true"]))
said("file", lambda: os.write(os.open("/dev/shm/folkmoot-try", os.O_CREAT | os.O_WRONLY), b"x"))
print("user", os.getuid(), os.getgroups())
"""


def tried(source: str) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True, timeout=60
    )
    return dict(line.split(" ", 1) for line in done.stdout.splitlines())


def test_a_child_has_no_network_no_programs_no_files_and_no_root() -> None:
    found = tried(TRIES)
    Path("/dev/shm/folkmoot-try").unlink(missing_ok=True)
    assert found["network"] == found["neighbours"] == found["program"] == "EACCES"
    assert found["file"] in ("EFBIG", "EACCES", "EPERM")
    if os.geteuid() == 0:
        assert found["user"] == "65534 []"


def test_a_filter_that_leaves_programs_still_has_no_network() -> None:
    found = tried(
        TRIES.replace(
            "confine(10, 1 << 30)",
            "from folkmoot.servers.applications import syscalls as s; s.no_new_privileges(); "
            "s.forbid(local_sockets=True, programs=True)",
        ).replace('"/bin/true", ["true"]', '"/nowhere", ["true"]')
    )
    Path("/dev/shm/folkmoot-try").unlink(missing_ok=True)
    assert (found["network"], found["neighbours"]) == ("EACCES", "done")
    assert (found["program"], found["file"]) == ("ENOENT", "done")


async def test_pages_come_one_by_one_from_the_real_child() -> None:
    said = [reply async for reply in replies(drawing_child(), Draw(decks.pdf(), 1, 1))]
    opened, *drawn = said
    assert isinstance(opened, Opened)
    assert [page.text for page in drawn if isinstance(page, Drawn)] == ["First", "Second", "Third"]


async def test_who_stops_listening_leaves_no_child() -> None:
    child = drawing_child()
    parts = child.parts(msgspec.msgpack.encode(Draw(decks.pdf(["x"] * 200), 1, 1)))
    first = await anext(parts)
    assert isinstance(first, bytes) and msgspec.msgpack.decode(first, type=Reply)
    pid = child.pid
    assert Path(f"/proc/{pid}").exists()
    await parts.aclose()
    assert not Path(f"/proc/{pid}").exists()


async def test_a_child_that_needs_too_much_memory_or_time_is_ended() -> None:
    pdf = decks.pdf(["x"] * 200)
    job = msgspec.msgpack.encode(Draw(pdf, 1, 1))
    for limits, reason in (
        (ChildLimits(30.0, 60, 64 << 20), ""),
        (ChildLimits(30.0, 1, 1 << 30), "SIGXCPU"),
        (ChildLimits(0.001, 60, 1 << 30), "no reply"),
    ):
        child = ConfinedChild("folkmoot.servers.slides.child", "slides", limits)
        *_, last = [part async for part in child.parts(job)]
        assert isinstance(last, Died) and last.by_itself, last
        assert reason in last.reason


# LibreOffice


@pytest.fixture
def office(require_tool: Callable[..., str]) -> LibreOffice:
    require_tool("soffice", "libreoffice")
    made = LibreOffice()
    assert made.program
    return made


def folders() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob(f"{PREFIX}*"))


async def pages_of(office: LibreOffice, kind: str, data: bytes) -> list[Drawn]:
    pdf = await office.pdf_of(kind, data)
    assert isinstance(pdf, bytes), pdf
    said = [reply async for reply in replies(drawing_child(), Draw(pdf, 1, 1))]
    return [page for page in said if isinstance(page, Drawn)]


VIEW = """
import os, socket, sys
from pathlib import Path
from folkmoot.servers.applications import syscalls
from folkmoot.servers.slides import office_child
if syscalls.leave_namespaces():
    work = office_child._view(Path(sys.argv[1]), "/usr/lib/libreoffice/program/soffice.bin")
    print("root", *sorted(os.listdir("/")))
    print("work", *os.listdir(work))
    print("network", *[name for _, name in socket.if_nameindex()])
else:
    print("root not allowed")
"""


def test_the_view_of_the_file_system_holds_nothing_of_anybodys(tmp_path: Path) -> None:
    root = Path(tempfile.mkdtemp(prefix=f"{PREFIX}view-"))
    try:
        done = subprocess.run(
            [sys.executable, "-c", VIEW, str(root)],
            capture_output=True, text=True, check=True, timeout=60,
        )  # fmt: skip
        found = dict(line.partition(" ")[::2] for line in done.stdout.splitlines())
        if found["root"] != "not allowed":
            assert set(found["root"].split()) <= {
                "bin", "dev", "etc", "lib", "lib32", "lib64", "sbin", "tmp", "usr", "var", "work",
            }  # fmt: skip
            assert (found["work"], found["network"]) == ("", "lo")
        assert list(root.iterdir()) == [], "it went with the process"
    finally:
        root.rmdir()


async def test_libreoffice_sees_nothing_of_the_machine(office: LibreOffice, tmp_path: Path) -> None:
    """A page that shows a picture from the disk and one from the network shows neither."""
    before = folders()
    secret = Path(tempfile.gettempdir()) / f"folkmoot-secret-{os.getpid()}.png"
    secret.write_bytes(decks.picture())
    secret.chmod(0o644)
    try:
        linked = (
            '<draw:frame svg:x="2cm" svg:y="6cm" svg:width="20cm" svg:height="8cm">'
            f'<draw:image xlink:href="file://{secret}" xlink:type="simple"/></draw:frame>'
        )
        (page,) = await pages_of(office, "odp", decks.odp(["Linked"], linked))
        assert page.text.startswith("Linked")
        with Image.open(io.BytesIO(page.large)) as image:
            colours = image.convert("RGB").getcolors(1 << 20) or []
        assert (0, 128, 128) not in [colour for _, colour in colours]
    finally:
        secret.unlink()
    assert folders() == before


async def test_libreoffice_that_is_given_rubbish_says_so_and_leaves_nothing(
    office: LibreOffice,
) -> None:
    before = folders()
    said = await office.pdf_of("odp", decks.zipped({"mimetype": "x", "content.xml": "<a/>"}))
    assert isinstance(said, Died) and said.by_itself
    assert folders() == before


async def test_libreoffice_ends_with_its_server(office: LibreOffice) -> None:
    """What converts is cut off: the sandbox and LibreOffice in it are gone."""
    work = asyncio.create_task(office.pdf_of("odp", decks.odp([f"Page {n}" for n in range(300)])))
    async with asyncio.timeout(60):
        while not (found := _running(office.program)):
            await asyncio.sleep(0.01)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    async with asyncio.timeout(20):
        while found & _running(office.program):
            await asyncio.sleep(0.01)


def _running(program: str) -> set[int]:
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if line.startswith(program.encode() + b"\0"):
                found.add(int(entry.name))
    return found


def test_folders_of_servers_that_died_are_removed_and_those_in_use_stay() -> None:
    left, used = (Path(tempfile.mkdtemp(prefix=PREFIX)) for _ in range(2))
    for folder in (left, used):
        (folder / "lock").touch()
    with (used / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert tidy() >= 1
        assert not left.exists() and used.exists()
    shutil.rmtree(used)
    assert find() == "" or Path(find()).is_file()
