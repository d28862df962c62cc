from __future__ import annotations

from pathlib import Path

import pytest

from folkmoot.protocol import typescript


def test_generated_files_are_current() -> None:
    assert typescript.stale() == []


def test_check_fails_until_the_files_are_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typescript.main(["--check", "--directory", str(tmp_path)]) == 1
    assert "make web-types" in capsys.readouterr().err
    assert typescript.main(["--directory", str(tmp_path)]) == 0
    assert typescript.main(["--check", "--directory", str(tmp_path)]) == 0


def test_a_changed_file_is_stale(tmp_path: Path) -> None:
    typescript.main(["--directory", str(tmp_path)])
    (tmp_path / "codes.gen.ts").write_text("", encoding="utf-8")
    assert typescript.stale(tmp_path) == ["codes.gen.ts"]


def test_a_type_that_no_frame_uses_is_refused() -> None:
    with pytest.raises(TypeError, match="no TypeScript shape"):
        typescript.shape_of(set[int])
