"""Versions of Folkmoot in environments of their own: wheels of the tree, of a changed copy, of a
commit, or given ones.

Nothing is downloaded: an environment finds all other packages where the tests' own has them.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Final

from folkmoot.errors import invariant

ROOT: Final = Path(__file__).resolve().parents[3]
NEXT: Final = "next"
"""Stands for a copy of the tree with a later version, a higher level and an operation more."""

NEXT_VERSION: Final = "99.0.0"
TELL: Final = (
    "import folkmoot; from folkmoot.conference.state import LEVEL;"
    "print(folkmoot.__version__, 'at', LEVEL)"
)
TELL_S: Final = 30.0
WAVE: Final = """

class _Wave(msgspec.Struct, forbid_unknown_fields=True):
    pass


class _Exports(Exports):
    later = {LEVEL: {"wave": _Wave}}
    rights = {**Exports.rights, "wave": Right(EVERYONE)}

    def reduce(self, state, body, context):
        if isinstance(body, _Wave):
            context.emit("waved", {"by": context.author.name})
        else:
            super().reduce(state, body, context)
"""
"""What the next version adds: an operation of an application that exists."""

WAVE_NEEDS: Final = """import msgspec
from folkmoot.conference.rights import EVERYONE, Right
from folkmoot.conference.state import LEVEL
"""


async def run(*command: str) -> str:
    """Errors: `InvariantViolated` with what it said."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    told = said.decode(errors="replace")
    invariant(process.returncode == 0, "the command succeeds", command=command, said=told)
    return told


async def make_python(folder: Path, source: str = "") -> str:
    """An environment with a version in it, made in the folder; returns its Python.

    Shape: `source` is a wheel's file, a commit of this repository, `next`, or empty for the tree.
    Errors: `InvariantViolated` with what git or pip said.
    """
    if source.endswith(".whl"):
        return await make_environment(folder / "environment", Path(source).absolute())
    if source in ("", NEXT):
        tree = copy_tree(folder / "tree")
    else:
        whole, archive = folder / "commit", folder / "commit.tar"
        whole.mkdir(parents=True)
        await run("git", "-C", str(ROOT), "archive", "--output", str(archive), source)
        await run("tar", "-xf", str(archive), "-C", str(whole))
        tree = copy_tree(folder / "tree", whole)
    if source == NEXT:
        make_next(tree)
    wheel = await build_wheel(tree, folder / "wheel")
    return await make_environment(folder / "environment", wheel)


def copy_tree(folder: Path, root: Path = ROOT) -> Path:
    """What a wheel is built from, without the page: its tools are not needed here."""
    folder.mkdir(parents=True)
    ignore = shutil.ignore_patterns("__pycache__", "web_dist")
    shutil.copytree(root / "src", folder / "src", ignore=ignore)
    for name in ("README.md", "LICENSE"):
        shutil.copy(root / name, folder / name)
    project = (root / "pyproject.toml").read_text("utf-8")
    project = project.replace("[tool.hatch.build.hooks.custom]\n", "")
    (folder / "pyproject.toml").write_text(project, "utf-8")
    return folder


def _changed(path: Path, pattern: str, by: str) -> None:
    text, count = re.subn(pattern, by, path.read_text("utf-8"), count=1, flags=re.MULTILINE)
    invariant(count == 1, "the next version changes the tree", path=str(path), pattern=pattern)
    path.write_text(text, "utf-8")


def make_next(folder: Path) -> None:
    """Raises a copy's version and level, and gives it one operation more."""
    package = folder / "src" / "folkmoot"
    _changed(package / "__init__.py", r'^__version__ = ".*"$', f'__version__ = "{NEXT_VERSION}"')
    _changed(
        package / "conference" / "state.py", r"^LEVEL: Final = (\d+)$", r"LEVEL: Final = \1 + 1"
    )
    apps = package / "apps" / "__init__.py"
    _changed(apps, r"^(\s+)Exports\(\),$", r"\1_Exports(),")
    _changed(apps, r"^(from folkmoot\.conference\.application import Applications)$", r"\1\n# next")
    _changed(apps, r"^# next$", (WAVE_NEEDS + WAVE).replace("\\", r"\\"))


def version_of(python: str) -> str:
    """The version and level in an environment, such as `0.2.0 at 2`."""
    told = subprocess.run(
        (python, "-P", "-c", TELL), capture_output=True, text=True, check=False, timeout=TELL_S
    )
    invariant(told.returncode == 0, "the environment has a Folkmoot", said=told.stderr)
    return told.stdout.strip()


async def build_wheel(tree: Path, into: Path) -> Path:
    """The wheel of a tree, built as a release is."""
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
    await run(*pip, "--no-index", "--wheel-dir", str(into), str(tree))
    return next(into.glob("folkmoot-*.whl"))


async def make_environment(folder: Path, wheel: Path) -> str:
    """An environment with that wheel in it; returns its Python."""
    await run(sys.executable, "-m", "venv", "--without-pip", str(folder))
    python = str(folder / "bin" / "python")
    place = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    packages = Path((await run(python, "-c", place)).strip())
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index")
    await run(*pip, "--no-compile", "--target", str(packages), str(wheel))
    ours = sysconfig.get_paths()
    paths = dict.fromkeys((ours["purelib"], ours["platlib"]))
    (packages / "tests.pth").write_text("\n".join(paths) + "\n")
    return python
