"""Machines of a zone fail while people talk; every promise is checked after each failure."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import pytest

from folkmoot.drill.history import Line
from folkmoot.testing.machines import Machines
from folkmoot.testing.machines.machine import wait_until
from folkmoot.testing.machines.story import Story

SEEN_S_MAX = 30.0
SILENT_S_MAX = 30.0
"""For a busy machine of tests; bench/ measures how long it takes."""

HOME_S_MAX = 30.0
NOTICED_S_MAX = 30.0
FAR_S = 60
PAUSE_S_MAX = 30.0
STILL_S = 6.0
"""Long enough that other engines took over what the frozen one led."""


def test_a_host_loses_its_power_and_its_people_go_on_elsewhere(
    zone: Machines, story: Story
) -> None:
    story.begin()
    gone = zone["h3"]
    assert len(story.on("h3")) == 2
    with story.fault("power_off") as at_s:
        gone.power_off()
        print(f"told after {story.sees_silent(zone['h1'], 'h3', SILENT_S_MAX):.2f} s")
        story.wait_saved(at_s)
        wait_until(lambda: story.on("h3") == [], HOME_S_MAX, "its people are elsewhere")
    # Who has left cannot be spoken for any more, on no machine (I10).
    left = story.on("h1")[0]
    story.people.leave(left)
    story.people.haunt(left, zone.url_of("h2"))
    assert story.end().fail == 0


def test_the_host_that_leads_everything_loses_its_power(zone: Machines, story: Story) -> None:
    """The log takes nothing for a while; all see each other meanwhile, its own people as well."""
    zone.lead("h1")
    story.begin()
    gone, others = set(story.on("h1")), set(story.on("h2")) | set(story.on("h3"))
    with story.fault("leader_off") as at_s:
        zone["h1"].power_off()
        for authors, readers in ((gone, gone), (gone, others), (others, gone)):
            wait_until(
                lambda: bool(previews_of(story.lines(), authors, readers, at_s)),  # noqa: B023
                SEEN_S_MAX,
                f"{sorted(readers)} see {sorted(authors)}",
            )
        story.sees_silent(zone["h2"], "h1", SILENT_S_MAX)
        story.wait_saved(at_s)
    assert story.end().fail == 0


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


def test_a_minority_is_cut_off_and_comes_back(zone: Machines, story: Story, tmp_path: Path) -> None:
    """Those who reach both sides go over; those who do not are told that saving is paused."""
    minority = story.random.choice(list(zone.hosts))
    others = [host.name for host in zone.others(minority)]
    story.begin()
    inside = zone.people(tmp_path / "inside.jsonl", "inside")
    zone.network.divide(["inside", minority], [*zone.hosts, "people"])
    story.come_apart("inside", inside, zone[minority].url)
    with story.fault(f"cut off {minority}") as at_s:
        zone.network.heal()
        zone.network.divide([minority, "inside", "people"], [*others, "people"])
        wait_until(lambda: told_of_pause(story, at_s), PAUSE_S_MAX, "those inside are told")
        story.wait_saved(at_s)
        wait_until(lambda: story.on(minority) == [], HOME_S_MAX, "those of both sides went over")
        zone.network.heal()
    story.end()


def told_of_pause(story: Story, since_s: float) -> bool:
    """Whether everybody who is cut off with the minority knows that nothing is saved now."""
    told = {
        line.who
        for line in story.lines()
        if line.kind == "saving" and line.code == "paused" and line.t > since_s
    }
    return {"inside-0", "inside-1"} <= told


def test_a_host_that_stood_still_goes_on_and_starts_its_engine_anew(
    zone: Machines, story: Story
) -> None:
    story.begin()
    frozen = story.random.choice(list(zone.hosts))
    asked = zone.others(frozen)[0]
    before = zone[frozen].pid_of("engine")
    with story.fault(f"freeze {frozen}") as at_s:
        zone[frozen].freeze()
        story.sees_silent(asked, frozen, SILENT_S_MAX)
        story.wait_saved(at_s)
        wait_until(lambda: story.on(frozen) == [], HOME_S_MAX, "its people are elsewhere")
        wait_until(lambda: time.monotonic() - at_s > STILL_S, 2 * STILL_S, "others had time")
        zone[frozen].thaw()
    wait_until(
        lambda: zone[frozen].pid_of("engine") not in (0, before), HOME_S_MAX, "another engine runs"
    )
    story.end()


def test_a_second_host_fails_while_the_first_one_comes_back(zone: Machines, story: Story) -> None:
    story.begin()
    with story.fault("first"):
        zone["h2"].power_off()
        story.sees_silent(zone["h1"], "h2", SILENT_S_MAX)
        zone["h2"].power_on()
        time.sleep(story.random.uniform(0.5, 2.0))
        zone["h3"].power_off()
        zone["h2"].wait_ready()
        second_s = story.people.mark("both")
        story.wait_saved(second_s)
    story.end()


def test_the_clock_of_a_host_jumps_and_people_come_in_by_it_all_the_same(
    zone: Machines, story: Story, require_jumping_clocks: None
) -> None:
    """Tickets live for 30 s, and are made on one host and read on another."""
    story.begin()
    wrong = story.random.choice(list(zone.hosts))
    right = zone.others(wrong)[0].name
    for seconds in (300, -300):
        with story.fault(f"clock of {wrong} {seconds:+d} s"):
            zone[wrong].jump_clock(seconds)
            wait_until(partial(is_off_by, zone, right, wrong, seconds), NOTICED_S_MAX, "it is told")
            story.come(wrong, 1)
            for name in (story.come_by(right, wrong), story.come_by(wrong, right)):
                assert name in story.on(name.split("-")[1])
    zone[wrong].jump_clock(0)
    wait_until(partial(is_off_by, zone, right, wrong, 0), NOTICED_S_MAX, "it is right again")
    story.end()


def is_off_by(zone: Machines, asked: str, of: str, seconds: int) -> bool:
    """Whether a host's clock is so wrong, as another one's status says."""
    told = next(node for node in zone[asked].status()["nodes"] if node["name"] == of)
    return abs(int(told["clock_off_s"]) - seconds) < FAR_S


def test_dead_connections_between_engines_are_noticed_and_made_anew(
    zone: Machines, story: Story
) -> None:
    """Only those that are open are dead, nobody is told, and new ones would work."""
    one, other = (host.name for host in zone.others(story.random.choice(list(zone.hosts))))
    story.begin()
    with story.fault(f"half open {one} {other}"):
        assert zone.network.half_open(one, other) > 0
        story.sees_silent(zone[one], other, SILENT_S_MAX)
        wait_until(lambda: sees_all(zone, one, other), NOTICED_S_MAX, "they see each other again")
    story.end()


def sees_all(zone: Machines, *asked: str) -> bool:
    return all(node["state"] == "alive" for name in asked for node in zone[name].status()["nodes"])


def test_everybody_uses_the_engine_of_their_own_host_again_after_it_was_away(
    zone: Machines, story: Story
) -> None:
    """Or the end of another host would cut them off, and they would see it late."""
    wait_until(lambda: not strangers(zone), HOME_S_MAX, "all use their own engine")
    story.begin()
    with story.fault("engine"):
        zone["h2"].kill("engine")
        wait_until(lambda: strangers(zone) == {"h2"}, HOME_S_MAX, "those of h2 found another one")
        wait_until(lambda: not strangers(zone), HOME_S_MAX, "all use their own engine again")
    story.end()


def strangers(zone: Machines) -> set[str]:
    """Hosts of which a process uses another host's engine; `?` for one that is just coming.

    An engine knows who is there before it knows the name.
    """
    found = set()
    for name in zone.engines():
        told = zone.engine_of(name, "/connz?limit=1000")
        found |= {one.get("name", "?").split()[0] for one in told.get("connections", ())} - {name}
    return found


pytestmark = pytest.mark.timeout(150)
