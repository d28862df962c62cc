"""Machines of a zone fail while people talk; every promise is checked after each failure."""

from __future__ import annotations

import time

import pytest

from folkmoot.testing.machines import Machines
from folkmoot.testing.machines.machine import wait_until
from folkmoot.testing.machines.story import Story

SILENT_S_MAX = 15.0
"""For a busy machine of tests; bench/ measures how long it takes."""

HOME_S_MAX = 30.0


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
    assert story.on("h3") == []
    assert story.end().fail == 0


def test_the_host_that_leads_everything_loses_its_power(zone: Machines, story: Story) -> None:
    zone.lead("h1")
    story.begin()
    with story.fault("leader_off") as at_s:
        zone["h1"].power_off()
        story.sees_silent(zone["h2"], "h1", SILENT_S_MAX)
        story.wait_saved(at_s)
    story.end()


def test_a_minority_is_cut_off_and_comes_back(zone: Machines, story: Story) -> None:
    """Those who can reach both sides go over; those who cannot are told that saving is paused."""
    zone.place("inside")
    story.begin()
    minority = story.random.choice(["h1", "h2", "h3"])
    others = [name for name in zone.hosts if name != minority]
    with story.fault(f"cut off {minority}") as at_s:
        zone.network.divide([minority, "people"], [*others, "people"])
        story.wait_saved(at_s)
        time.sleep(3.0)
        zone.network.heal()
    story.end()


def test_a_host_stands_still_and_goes_on(zone: Machines, story: Story) -> None:
    story.begin()
    frozen = story.random.choice(["h1", "h2", "h3"])
    asked = "h2" if frozen != "h2" else "h3"
    with story.fault(f"freeze {frozen}") as at_s:
        zone[frozen].freeze()
        story.sees_silent(zone[asked], frozen, SILENT_S_MAX)
        story.wait_saved(at_s)
        zone[frozen].thaw()
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
    """Hosts of which a process uses another host's engine."""
    found = set()
    for name in zone.engines():
        told = zone.engine_of(name, "/connz?limit=1000")
        found |= {one["name"].split()[0] for one in told.get("connections", ())} - {name}
    return found


pytestmark = pytest.mark.timeout(150)
