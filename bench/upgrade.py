"""Every process of every host is restarted while 30 participants talk; see `drain`."""

from __future__ import annotations

from bench.drain import measure, upgrade


def main(words: list[str]) -> bool:
    return measure("upgrade", upgrade, words)
