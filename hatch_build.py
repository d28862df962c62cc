"""Build hook: `pip install .` builds the page too, when it is out of date.

Node is asked for only then, as a requirement of this one build, so that an editable install with a
current page, and an install from an sdist, stay quick and need no Node.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent / "scripts"))

import page


class PageBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        return [page.NODE_REQUIREMENT] if page.Page(Path(self.root)).is_stale() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        ours = page.Page(Path(self.root))
        if ours.is_stale():
            ours.build()
