"""Writes the room's settings for the TypeScript client from those of `conference.rights`.

`python -m folkmoot.testing.room_settings` writes the file; a test fails until it is current.
"""

from __future__ import annotations

import json
from typing import Final

from folkmoot.conference.rights import SETTINGS
from folkmoot.protocol.typescript import DIRECTORY

FILE: Final = DIRECTORY / "settings.gen.ts"


def source() -> str:
    rows = "".join(
        f"  {name}: {{ openTo: {json.dumps([str(role) for role in setting.open_to])},"
        f" activity: {json.dumps(setting.activity)} }},\n"
        for name, setting in SETTINGS.items()
    )
    return (
        "// Generated from src/folkmoot/conference/rights.py by `make web-types`. Do not edit.\n"
        "export interface SettingEntry {\n"
        "  /** Who has it in a new room, of participants and viewers. */\n"
        "  readonly openTo: readonly string[];\n"
        "  /** Whether it stops while activities are suspended. */\n"
        "  readonly activity: boolean;\n}\n\n"
        f"export const SETTINGS = {{\n{rows}}} as const satisfies Record<string, SettingEntry>;\n"
    )


if __name__ == "__main__":
    FILE.write_text(source(), encoding="utf-8")
