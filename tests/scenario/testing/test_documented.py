"""The examples of docs/testing.md do what they say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from folkmoot.testing.zone import running_zone

PAGE = Path(__file__).resolve().parents[3] / "docs" / "testing.md"
EXAMPLE = re.compile(r"<!-- example: (\w+) -->\n```python\n(.*?)```", re.DOTALL)


def example(name: str) -> Any:
    """The test function that an example defines."""
    source = dict(EXAMPLE.findall(PAGE.read_text("utf-8")))[name]
    defined: dict[str, Any] = {"__name__": "example"}
    exec(compile(source, f"{PAGE.name}:{name}", "exec"), defined)
    return next(value for key, value in defined.items() if key.startswith("test_"))


async def test_the_example_with_a_zone(tmp_path: Path) -> None:
    await example("zone")(tmp_path)


async def test_the_example_with_a_proxy(tmp_path: Path) -> None:
    async with running_zone(tmp_path / "data") as zone:
        await example("proxy")(zone)
