"""What the Python client says of slides."""

from __future__ import annotations

import struct
from typing import Any, cast

from folkmoot.client.slides import DRAFT_TOPIC, SlidesApi


def test_what_is_drawn_is_told_in_the_shape_of_a_mark() -> None:
    told: list[tuple[str, Any]] = []

    class Here:
        def send_live(self, topic: str, body: object) -> None:
            told.append((topic, body))

    slides = SlidesApi(cast(Any, Here()))
    slides.draft("f", 2, "m", [(0.0, 1.0)], width=0.004)
    slides.drop_draft()
    mark = {"deck": "f", "page": 2, "mark": "m", "tool": "pen", "colour": "#e03131", "width": 40}
    points = struct.pack(">2H", 0, 10_000)
    assert told == [(DRAFT_TOPIC, mark | {"points": points}), (DRAFT_TOPIC, None)]
