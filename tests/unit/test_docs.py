"""The documentation says what the code says, and its links lead somewhere."""

from __future__ import annotations

import argparse
import importlib.util
import re
import types
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


def commands() -> dict[str, argparse.ArgumentParser]:
    action = next(a for a in parser()._actions if isinstance(a, argparse._SubParsersAction))
    return dict(action.choices)


def test_the_readme_names_every_command_and_option() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    missing = []
    for name, command in commands().items():
        if f"`folkmoot {name}" not in readme:
            missing.append(name)
        for action in command._actions:
            long = [o for o in action.option_strings if o.startswith("--") and o != "--help"]
            if action.help != argparse.SUPPRESS:
                missing += [f"{name} {option}" for option in long if option not in readme]
    assert not missing


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
