"""The documentation says what the code says, and its links lead somewhere."""

from __future__ import annotations

import argparse
import importlib.util
import re
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

from folkmoot.cli.main import parser

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.fixture(scope="module")
def doc_tables() -> types.ModuleType:
    path = ROOT / "scripts" / "doc_tables.py"
    spec = importlib.util.spec_from_file_location("doc_tables", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_tables_are_those_of_the_code(doc_tables: types.ModuleType) -> None:
    assert not doc_tables.stale(), "run `make docs`"


def test_every_table_has_its_place(doc_tables: types.ModuleType) -> None:
    text = "".join(page.read_text("utf-8") for page in PAGES)
    missing = [mark for mark in doc_tables.tables() if f"<!-- table: {mark} -->" not in text]
    assert not missing


def commands_of(
    parser: argparse.ArgumentParser, before: str = ""
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Commands with those below them, by what one types after `folkmoot`."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                yield f"{before}{name}", command
                yield from commands_of(command, f"{before}{name} ")


def options_of(command: argparse.ArgumentParser) -> set[str]:
    return {
        option
        for action in command._actions
        if action.help != argparse.SUPPRESS
        for option in action.option_strings
        if option.startswith("--")
    }


@pytest.mark.parametrize(("name", "command"), [
    pytest.param(name, command, id=name)
    for name, command in commands_of(parser()) if not command._subparsers
])  # fmt: skip
def test_the_readmes_table_has_every_command_with_its_options_and_no_others(
    name: str, command: argparse.ArgumentParser
) -> None:
    """`--help` and `--data`, which all of them have, are told once below the table."""
    readme = (ROOT / "README.md").read_text("utf-8")
    lines = [line for line in readme.splitlines() if line.startswith("| `folkmoot ")]
    cells = [re.split(r"(?<!\\)\|", line)[1] for line in lines]
    told = [cell for cell in cells if re.search(rf"`folkmoot {name}[` \\[A-Z]", cell)]
    assert told, f"`folkmoot {name}` has no row"
    named = set(re.findall(r"--[a-z-]*[a-z]", " ".join(told)))
    everywhere = {"--help", "--data"}
    assert options_of(command) - everywhere <= named
    # One row may be of several commands, such as those that begin with `node`.
    family = [
        c for other, c in commands_of(parser()) if other.split()[0] == name.split(maxsplit=1)[0]
    ]
    assert named <= set().union(*map(options_of, family))


def test_the_architecture_lists_every_decision_record_in_order() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    listed = re.findall(r"^- \[\d{4} [^]]+\]\(adr/([^)]+)\)$", page, re.MULTILINE)
    assert listed == sorted(path.name for path in (ROOT / "docs" / "adr").glob("*.md"))


def test_the_architecture_has_every_room_of_the_house() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    house = page.partition("## The house")[2].partition("## Decision records")[0]
    source = ROOT / "src" / "folkmoot"
    rooms = {path.parent.name + "/" for path in source.glob("*/__init__.py")}
    rooms |= {path.name for path in source.glob("*.py") if path.name != "__init__.py"}
    rooms |= {path.name + "/" for path in (ROOT / "tests").iterdir() if any(path.glob("**/test_*"))}
    assert sorted(room for room in rooms if room not in house) == []


def test_make_targets_in_the_documentation_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {
        target
        for page in [*PAGES, ROOT / "CHANGELOG.md"]
        for target in re.findall(r"`make ([a-z-]+)", page.read_text("utf-8"))
    }
    assert named <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_to_files_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    broken = [link for link in links if not (page.parent / link).exists()]
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_source_files_named_in_the_documentation_exist(page: Path) -> None:
    named = re.findall(r"`((?:src|tests|web|scripts|bench)/[\w./-]+)`", page.read_text("utf-8"))
    assert not [name for name in named if not (ROOT / name).exists()]


def test_the_tests_that_the_documentation_names_exist() -> None:
    """A claim of docs/security.md or docs/reliability.md is worth what its test is worth."""
    sources = [*ROOT.glob("tests/**/*.py"), *ROOT.glob("tests/**/*.ts")]
    there = set(
        re.findall(r"def (test_[a-z0-9_]+)", "".join(p.read_text("utf-8") for p in sources))
    )
    named = set()
    for page in PAGES:
        named |= set(re.findall(r"`(test_[a-z0-9_]+)`", page.read_text("utf-8")))
    assert not named - there
