"""The scripts behind `make`: the page's staleness, the environment's move, release notes."""

from __future__ import annotations

import importlib.util
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


def load(name: str) -> types.ModuleType:
    spec = importlib.util.spec_from_file_location(f"scripts_{name}", SCRIPTS / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def page_script() -> types.ModuleType:
    return load("page")


@pytest.fixture(scope="module")
def environment_script() -> Iterator[types.ModuleType]:
    before = sys.dont_write_bytecode
    yield load("environment")
    sys.dont_write_bytecode = before


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "web" / "src").mkdir(parents=True)
    (tmp_path / "web" / "package.json").write_text("{}")
    (tmp_path / "web" / "package-lock.json").write_text("{}")
    (tmp_path / "web" / "src" / "main.ts").write_text("export {};")
    return tmp_path


def built(
    page_script: types.ModuleType, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[str, ...]]:
    """The npm commands of one build, made without Node."""
    commands: list[tuple[str, ...]] = []

    def npm(page: object, *arguments: str) -> None:
        commands.append(arguments)
        where = checkout / "web" / "node_modules"
        if arguments[0] == "run":
            where = checkout / "src" / "folkmoot" / "web_dist"
        where.mkdir(parents=True, exist_ok=True)
        (where / "index.html").write_text("made")

    monkeypatch.setattr(page_script.Page, "npm", npm)
    page_script.Page(checkout).build()
    return commands


def test_a_page_is_stale_until_it_was_built(
    page_script: types.ModuleType, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert page_script.Page(checkout).is_stale()
    commands = built(page_script, checkout, monkeypatch)
    assert commands == [("ci", "--no-audit", "--no-fund", "--ignore-scripts"), ("run", "build")]
    assert not page_script.Page(checkout).is_stale()


def test_a_page_is_stale_again_when_a_source_changes_and_needs_no_new_packages(
    page_script: types.ModuleType, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(page_script, checkout, monkeypatch)
    (checkout / "web" / "src" / "main.ts").write_text("export const changed = 1;")
    assert page_script.Page(checkout).is_stale()
    assert built(page_script, checkout, monkeypatch) == [("run", "build")]


def test_other_packages_are_fetched_when_the_lock_changes(
    page_script: types.ModuleType, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(page_script, checkout, monkeypatch)
    (checkout / "web" / "package-lock.json").write_text('{"other": 1}')
    assert built(page_script, checkout, monkeypatch)[0][0] == "ci"


@pytest.mark.parametrize("name", ["node_modules/x.js", "test-results/x.png", ".cache/x"])
def test_what_builds_and_tests_leave_does_not_make_a_page_stale(
    page_script: types.ModuleType, checkout: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    built(page_script, checkout, monkeypatch)
    left = checkout / "web" / name
    left.parent.mkdir(exist_ok=True)
    left.write_text("left")
    assert not page_script.Page(checkout).is_stale()


def test_an_sdist_without_sources_of_the_page_is_never_stale(
    page_script: types.ModuleType, tmp_path: Path
) -> None:
    assert not page_script.Page(tmp_path).is_stale()


def test_a_build_without_a_page_is_an_error(
    page_script: types.ModuleType, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def npm(page: object, *arguments: str) -> None:
        (checkout / "web" / "node_modules").mkdir(exist_ok=True)

    monkeypatch.setattr(page_script.Page, "npm", npm)
    with pytest.raises(page_script.PageError, match=r"left no index\.html"):
        page_script.Page(checkout).build()
    assert page_script.Page(checkout).is_stale()


def test_a_moved_environment_has_the_new_path_in_its_scripts(
    environment_script: types.ModuleType, tmp_path: Path
) -> None:
    old, new = tmp_path / ".venv.tmp", tmp_path / ".venv"
    (old / "bin").mkdir(parents=True)
    (old / "bin" / "folkmoot").write_text(f"#!{old}/bin/python\nimport sys\n")
    (old / "bin" / "node").write_bytes(b"\x7fELF\0" + bytes(old))
    (old / "bin" / "python").symlink_to(sys.executable)
    (old / "pyvenv.cfg").write_text(f"command = python3 -m venv {old}\n")
    environment_script.move(old, new)
    assert not old.exists()
    assert (new / "bin" / "folkmoot").read_text() == f"#!{new}/bin/python\nimport sys\n"
    assert (new / "bin" / "node").read_bytes() == b"\x7fELF\0" + bytes(old)
    assert (new / "pyvenv.cfg").read_text() == f"command = python3 -m venv {new}\n"


def test_an_old_python_is_refused_with_a_sentence(
    environment_script: types.ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment_script.sys, "version_info", (3, 9, 2))
    with pytest.raises(environment_script.SetupError, match=r"3\.11 or newer .* python3 is 3\.9"):
        environment_script.check_python()


def test_a_python_without_venv_says_what_to_install(
    environment_script: types.ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(environment_script.SetupError, match="apt install python3-venv"):
        environment_script.check_python()


def test_fragments_become_a_section_of_the_changelog(tmp_path: Path) -> None:
    changelog = load("changelog")
    (tmp_path / "README.md").write_text("how to")
    (tmp_path / "7-carets.fixed.md").write_text("Carets stay\nwhere they are.\n")
    (tmp_path / "8-format.upgrade.md").write_text("Stop all nodes first.\n")
    text = changelog.section("0.2.0", "2027-01-01", changelog.fragments(tmp_path))
    assert text == (
        "## [0.2.0] - 2027-01-01\n\n### Upgrade\n\n- Stop all nodes first.\n\n"
        "### Fixed\n\n- Carets stay where they are.\n"
    )


def test_a_fragment_of_unknown_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "7-carets.better.md").write_text("Better.")
    with pytest.raises(ValueError, match=r"7-carets\.better\.md"):
        load("changelog").fragments(tmp_path)


PASSED = "tests/a.py ..\n====== 12 passed, 1 skipped in 3.20s ======\n"
BROKEN = "====== 2 failed, 7 passed, 1 error in 65.02s (0:01:05) ======\n"


@pytest.mark.parametrize(
    ("machines", "beside", "failed", "last", "code"),
    [
        (PASSED, "ok style\n" + PASSED, "", "48 passed, 0 failed", 0),
        (PASSED, BROKEN, "unit\n", "43 passed, 3 failed", 1),
        (PASSED, PASSED, "checks\n", "48 passed, 1 failed", 1),
        (PASSED, "killed\n", "unit\n", "36 passed, 2 failed", 1),
        ("", "", "machines\nunit\n", "24 passed, 4 failed", 1),
    ],
)
def test_the_last_line_counts_what_all_runs_said(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    machines: str,
    beside: str,
    failed: str,
    last: str,
    code: int,
) -> None:
    (tmp_path / "machines").write_text(machines)
    for lane in ("zones", "browsers"):
        (tmp_path / lane).write_text(PASSED)
    (tmp_path / "beside").write_text(beside)
    if failed:
        (tmp_path / "failed").write_text(failed)
    assert load("count_tests").main(tmp_path) == code
    assert capsys.readouterr().out.splitlines()[-1] == last
