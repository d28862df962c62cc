"""A meeting goes on while its log takes nothing: also for those whose machine is gone."""

from __future__ import annotations

from folkmoot.drill.history import Line
from folkmoot.testing.machines import Machines
from folkmoot.testing.machines.machine import wait_until
from folkmoot.testing.machines.story import Story

SEEN_S_MAX = 30.0


def previews_of(lines: list[Line], authors: set[str], readers: set[str], since_s: float) -> int:
    """How often what these sent since then was shown to those before anything confirmed it."""
    sent = {
        line.key: line.who
        for line in lines
        if line.kind == "send" and line.who in authors and line.t > since_s
    }
    return sum(
        line.kind == "preview" and line.who in readers and sent.get(line.key, line.who) != line.who
        for line in lines
    )


def test_people_of_a_dead_machine_see_each_other_before_the_log_takes_them_in(
    zone: Machines, story: Story
) -> None:
    zone.lead("h1")
    story.begin()
    gone, others = set(story.on("h1")), set(story.on("h2")) | set(story.on("h3"))
    with story.fault("leader_off") as at_s:
        zone["h1"].power_off()
        wait_until(
            lambda: bool(previews_of(story.lines(), gone, gone, at_s)),
            SEEN_S_MAX,
            "those who lost their machine see each other",
        )
        wait_until(
            lambda: bool(previews_of(story.lines(), gone, others, at_s)),
            SEEN_S_MAX,
            "the others see those who lost their machine",
        )
        wait_until(
            lambda: bool(previews_of(story.lines(), others, gone, at_s)),
            SEEN_S_MAX,
            "those who lost their machine see the others",
        )
        story.wait_saved(at_s)
    assert story.end().fail == 0
