"""Gathers the fragments of `changes/` into a section of `CHANGELOG.md` and removes them."""

from __future__ import annotations

import argparse
import datetime
import re
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KINDS = ("upgrade", "added", "changed", "deprecated", "removed", "fixed", "security")
NAME = re.compile(rf"[\w-]+\.({'|'.join(KINDS)})\.md")
HEAD = "## [Unreleased]\n"


def fragments(folder: Path) -> dict[str, list[Path]]:
    """Files by kind, in the order of their names. Errors: ValueError for a wrong name."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*.md")):
        if path.name == "README.md":
            continue
        match = NAME.fullmatch(path.name)
        if match is None:
            raise ValueError(f"{path.name} is not named <issue>-<words>.<kind>.md; see README.md")
        found.setdefault(match[1], []).append(path)
    return found


def section(version: str, day: str, found: dict[str, list[Path]]) -> str:
    """The text of one release."""
    lines = [f"## [{version}] - {day}\n"]
    for kind in KINDS:
        if kind in found:
            lines.append(f"### {kind.capitalize()}\n")
            texts = (" ".join(path.read_text("utf-8").split()) for path in found[kind])
            lines.append("".join(f"- {text}\n" for text in texts))
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python scripts/changelog.py")
    parser.add_argument("version")
    version = parser.parse_args(arguments).version
    try:
        found = fragments(ROOT / "changes")
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    changelog = ROOT / "CHANGELOG.md"
    text = changelog.read_text("utf-8")
    if not found or HEAD not in text:
        print("There is nothing to release, or CHANGELOG.md lost its head.", file=sys.stderr)
        return 1
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    changelog.write_text(text.replace(HEAD, f"{HEAD}\n{section(version, day, found)}"), "utf-8")
    for paths in found.values():
        for path in paths:
            path.unlink()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
