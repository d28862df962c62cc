"""Attendance as a file that spreadsheets read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

_COLUMNS: Final = (
    "name", "role", "first came (UTC)", "last here (UTC)", "minutes", "visits", "messages", "edits"
)  # fmt: skip


def to_csv(told: list[dict[str, Any]]) -> str:
    """Attendance as CSV (RFC 4180), one line for each person."""
    lines = [",".join(_COLUMNS)]
    for row in told:
        visits = row["visits"]
        cells = (
            row["name"],
            row["role"],
            _time(visits[0][0]) if visits else "",
            _time(visits[-1][1]) if visits else "",
            f"{row['present_ms'] // 60_000}",
            str(len(visits)),
            str(row["messages"]),
            str(row["edits"]),
        )
        lines.append(",".join(_cell(cell) for cell in cells))
    return "\r\n".join(lines) + "\r\n"


def _cell(text: str) -> str:
    """A cell; what a spreadsheet would take for a formula is made a text by an apostrophe."""
    if text[:1] in ("=", "+", "-", "@", "\t"):
        text = "'" + text
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\r\n') else text


def _time(time_ms: int) -> str:
    moment = datetime.fromtimestamp(time_ms // 1_000, UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S")
