"""The child that runs LibreOffice: `python -m folkmoot.servers.slides.office_child CPU_S MEMORY
FOLDER PROGRAM`.

Reads an office file from its standard input and writes the PDF to its standard output. LibreOffice
sees a file system that holds libraries, fonts and one small folder in memory, no network, and no
other user's processes to speak to; where Linux does not allow that view, the limits, the filter of
system calls and the folder's own rights are left. All of it ends with this process.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from folkmoot.servers.applications import syscalls
from folkmoot.servers.applications.confined import NOBODY, become_nobody, limit
from folkmoot.servers.slides.profile import ENDINGS, PROFILE

FOLDER_BYTES_MAX: Final = 512 << 20
FILE_BYTES_MAX: Final = 256 << 20
OPEN_FILES_MAX: Final = 256
THREADS_MAX: Final = 512
BEHIND_PEOPLE: Final = 5
STARTS_MAX: Final = 3
ASKS_TO_BE_STARTED_AGAIN: Final = 81
"""LibreOffice's own status, once it has filled a new profile."""

_SEEN: Final = (
    "/usr", "/etc/fonts", "/etc/libreoffice", "/etc/alternatives", "/etc/ld.so.cache",
    "/etc/localtime", "/var/cache/fontconfig", "/dev/null", "/dev/zero", "/dev/urandom",
    "/dev/random",
)  # fmt: skip
_LINKED: Final = ("/bin", "/sbin", "/lib", "/lib32", "/lib64")


def main(arguments: list[str]) -> int:
    cpu_s, memory_bytes, folder, program = arguments
    os.nice(BEHIND_PEOPLE)
    data = sys.stdin.buffer.read()
    ending, _, content = data.partition(b"\n")
    if ending.decode() not in ENDINGS:
        return 2
    root = Path(folder)
    work = _view(root, program) if syscalls.leave_namespaces() else root
    home = work / "home"
    home.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(home, NOBODY, NOBODY)
    os.chdir(home)
    os.umask(0o077)
    limit(int(cpu_s), int(memory_bytes), file_bytes=FILE_BYTES_MAX, open_files=OPEN_FILES_MAX)
    resource.setrlimit(resource.RLIMIT_NPROC, (THREADS_MAX, THREADS_MAX))
    become_nobody()
    syscalls.no_new_privileges()
    syscalls.die_with_parent()
    syscalls.forbid(local_sockets=True, programs=True)
    return _convert(home, program, ending.decode(), content)


def _view(root: Path, program: str) -> Path:
    """A file system with what LibreOffice needs, and nothing of anybody's."""
    syscalls.mount(
        "tmpfs", str(root), "tmpfs", syscalls.MS_NOSUID | syscalls.MS_NODEV,
        f"size={FOLDER_BYTES_MAX},mode=755",
    )  # fmt: skip
    own = ("/opt",) if program.startswith("/opt/") else ()
    for path in (*_SEEN, *own):
        source, target = Path(path), root / path[1:]
        if not source.exists():
            continue
        if source.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()
        syscalls.mount(path, str(target), "", syscalls.MS_BIND | syscalls.MS_REC)
    for path in _LINKED:
        source = Path(path)
        if source.is_symlink():
            (root / path[1:]).symlink_to(os.readlink(source))
        elif source.is_dir():
            (root / path[1:]).mkdir()
            syscalls.mount(path, str(root / path[1:]), "", syscalls.MS_BIND | syscalls.MS_REC)
    (root / "tmp").mkdir()
    (root / "tmp").chmod(0o1777)
    (root / "work").mkdir()
    os.chroot(root)
    os.chdir("/")
    return Path("/work")


def _convert(home: Path, program: str, ending: str, content: bytes) -> int:
    profile = home / "profile" / "user"
    profile.mkdir(parents=True)
    (profile / "registrymodifications.xcu").write_text(PROFILE)
    source = home / f"in.{ending}"
    source.write_bytes(content)
    command = [
        program, "--headless", "--nologo", "--nodefault", "--norestore", "--nolockcheck",
        f"-env:UserInstallation=file://{home}/profile",
        "--convert-to", "pdf", "--outdir", str(home), str(source),
    ]  # fmt: skip
    environment = {
        "HOME": str(home), "TMPDIR": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8",
        "SAL_USE_VCLPLUGIN": "svp", "SAL_DISABLE_OPENCL": "1",
        # Where there is no /proc a program cannot tell where it lies.
        "LD_LIBRARY_PATH": str(Path(program).parent),
    }  # fmt: skip
    said = b""
    for _ in range(STARTS_MAX):
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, preexec_fn=syscalls.die_with_parent, check=False,
        )  # fmt: skip
        said = done.stdout
        if done.returncode != ASKS_TO_BE_STARTED_AGAIN:
            break
    made = home / "in.pdf"
    if not made.is_file():
        sys.stderr.write(said[-500:].decode(errors="replace"))
        return 3
    with made.open("rb") as pdf:
        shutil.copyfileobj(pdf, sys.stdout.buffer, 1 << 20)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
