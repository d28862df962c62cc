"""The page's table of the server's reasons is in step with what the reducers say."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "web" / "src" / "session" / "reasons.ts"


def pattern(sentence: ast.expr) -> str | None:
    """A regular expression for what a reducer gives with a rejection; None if it is computed."""
    if isinstance(sentence, ast.Constant) and isinstance(sentence.value, str):
        return re.escape(re.sub(r"[0-9]+", "#", sentence.value))
    if isinstance(sentence, ast.JoinedStr):
        return "".join(
            re.escape(re.sub(r"[0-9]+", "#", str(part.value)))
            if isinstance(part, ast.Constant)
            else r"(?:#|\w+)"
            for part in sentence.values
        )
    return None


def said() -> list[str]:
    """Every sentence of every `Rejected` in the reducers."""
    calls = [
        node
        for path in sorted((ROOT / "src" / "folkmoot" / "apps").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Rejected"
    ]
    patterns = [pattern(call.args[1]) for call in calls if len(call.args) > 1]
    return [found for found in patterns if found is not None]


def test_every_reason_that_the_page_translates_is_one_that_a_reducer_gives() -> None:
    known = re.findall(r'^  "(.+)": "\w+",$', TABLE.read_text(), re.MULTILINE)
    assert len(known) > 30
    patterns = said()
    unknown = [one for one in known if not any(re.fullmatch(p, one) for p in patterns)]
    assert unknown == []
