"""The house style that a machine can check; the rest is in docs/README.md."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "folkmoot"
LINES_MAX = 600
TEST_LINES_MAX = 1_000
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 100

LONG_BY_NATURE = re.compile(r"https?:|# noqa|^import |^export .* from |^\s*([\w.]+: )?[\"`]")
"""Addresses, imports, and sentences in tables of translations."""

PURE = ("protocol", "conference", "apps")
"""Rooms whose results must be the same on every server."""

IMPURE_MODULES = {
    "asyncio", "datetime", "logging", "os", "random", "secrets", "socket", "subprocess",
    "threading", "time", "unicodedata", "uuid",
}  # fmt: skip
IMPURE_CALLS = {"hash", "id", "open", "input", "print", "eval", "exec"}
TOOLS_OF_PURE_ROOMS = {"protocol/typescript.py"}
"""Run by hand; nothing of Folkmoot imports them."""


def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def pure_files() -> list[Path]:
    files = [path for room in PURE for path in sorted((PACKAGE / room).rglob("*.py"))]
    return [f for f in files if f.relative_to(PACKAGE).as_posix() not in TOOLS_OF_PURE_ROOMS]


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=name_of(path))


def typescript_files() -> list[Path]:
    names = ("*.ts", "*.tsx")
    folders = (ROOT / "web" / "src", ROOT / "web" / "packages" / "client")
    found = {path for folder in folders for name in names for path in folder.rglob(name)}
    return sorted(p for p in found if "node_modules" not in p.parts and ".gen." not in p.name)


def is_test(path: Path) -> bool:
    return "test" in name_of(path)


def test_files_stay_small() -> None:
    long = {
        name_of(path): lines
        for path in [*python_files("src", "tests", "bench", "scripts"), *typescript_files()]
        for lines in [len(path.read_text(encoding="utf-8").splitlines())]
        if lines > (TEST_LINES_MAX if is_test(path) else LINES_MAX)
    }
    assert not long, f"split these: {long}"


def test_functions_stay_small() -> None:
    long = {
        f"{name_of(path)}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in python_files("src")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_LINES_MAX
    }
    assert not long, f"split these: {long}"


def test_lines_fit_a_screen() -> None:
    wide = [
        f"{name_of(path)}:{number}"
        for path in [
            *python_files("src", "tests", "bench", "scripts"),
            *(path for path in typescript_files() if not is_test(path)),
        ]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > COLUMNS_MAX and not LONG_BY_NATURE.search(line)
    ]
    assert not wide, wide


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        name_of(path)
        for path in python_files("src", "bench", "scripts")
        if path.stat().st_size and not ast.get_docstring(tree_of(path))
    ]
    assert not silent, f"no module docstring: {silent}"


def test_production_code_checks_with_invariant_and_not_with_assert() -> None:
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in python_files("src")
        if "testing" not in path.parts
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Assert)
    ]
    assert not found, f"assert vanishes under -O; use folkmoot.errors.invariant: {found}"


def impurities(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """What could make two replicas differ: imports, calls, floats, iterating over sets."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] in IMPURE_MODULES:
                    yield node.lineno, f"import {alias.name}"
        elif isinstance(node, ast.ImportFrom):
            if (node.module or "").partition(".")[0] in IMPURE_MODULES:
                yield node.lineno, f"from {node.module} import"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in IMPURE_CALLS:
                yield node.lineno, f"{node.func.id}()"
        elif isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node.lineno, f"the float {node.value}"
        elif isinstance(node, ast.For | ast.comprehension) and _is_set(node.iter):
            yield node.iter.lineno, "iterates over a set"


def _is_set(node: ast.expr) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in {"set", "frozenset"}
    return isinstance(node, ast.Set | ast.SetComp)


def test_pure_rooms_are_pure() -> None:
    found = [
        f"{name_of(path)}:{line} {what}"
        for path in pure_files()
        for line, what in impurities(tree_of(path))
    ]
    assert not found, found


@pytest.mark.parametrize(
    "source",
    [
        "import time",
        "from datetime import datetime",
        "x = hash('a')",
        "x = 0.5",
        "for x in {1, 2}: pass",
        "y = [x for x in set('ab')]",
    ],
)
def test_the_check_for_purity_sees(source: str) -> None:
    assert list(impurities(ast.parse(source)))


def test_no_path_of_a_machine_and_no_package_host_is_in_the_repository() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    foreign = re.compile(r"/(?:work|root|farm)/|https?://(?:registry|files|deb|pypi)\.")
    found = []
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if not path.is_file():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [
            f"{name}:{number}"
            for number, line in enumerate(text.splitlines(), 1)
            if foreign.search(line) and name != "tests/unit/test_house.py"
        ]
    assert not found, found


def _requirements(text: str) -> dict[str, str]:
    pairs = re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;]+)$", text, re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in pairs}


def test_every_dependency_is_pinned_and_the_constraints_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    direct = [*project["project"]["dependencies"], *(d for e in extras.values() for d in e)]
    direct += project["build-system"]["requires"]
    spec = importlib.util.spec_from_file_location("page", ROOT / "scripts" / "page.py")
    assert spec
    assert spec.loader
    page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(page)
    direct.append(page.NODE_REQUIREMENT)
    direct = sorted(set(direct))  # two extras may want the same
    pinned = _requirements("\n".join(direct))
    assert len(pinned) == len(direct), "a requirement without =="
    locked = _requirements((ROOT / "requirements" / "constraints.txt").read_text())
    assert {name: locked.get(name) for name in pinned} == pinned
