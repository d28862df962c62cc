from __future__ import annotations

import json

import msgspec
import pytest

from folkmoot.protocol import frames
from folkmoot.testing.frames import GOLDEN, golden


def test_the_examples_for_other_languages_are_current() -> None:
    assert GOLDEN.read_text(encoding="utf-8") == golden(), (
        "the frames have changed: run `python -m folkmoot.testing.frames`"
    )


@pytest.mark.parametrize(
    "example",
    json.loads(GOLDEN.read_text(encoding="utf-8")),
    ids=lambda example: f"{example['side']} {example['name']} {example['kind']}",
)
def test_every_example_is_read_and_written_again(example: dict[str, object]) -> None:
    data = bytes.fromhex(str(example["hex"]))
    frame: msgspec.Struct
    if example["side"] == "client":
        frame = frames.decode_client(data)
    else:
        (frame,) = frames.decode_server(frames.join_frames([data]))
    assert type(frame).__name__ == example["name"]
    if example["exact"]:
        assert frames.encode(frame) == data
