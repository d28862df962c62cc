"""Breakouts on a real zone: everybody goes, servers die, everybody is back with what they wrote."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from pycrdt import Text

from folkmoot.client import connect
from folkmoot.client.conference import Conference
from folkmoot.client.errors import ClientError, ConferenceEnded, OperationRejected
from folkmoot.testing.zone import running_zone


async def ended(conference: Conference) -> str:
    async with asyncio.timeout(60):
        while conference.ended is None:
            await asyncio.sleep(0.02)
    return conference.ended.code


async def results(conference: Conference, count: int) -> dict[str, str]:
    async with asyncio.timeout(90):
        while len(conference.state.breakouts["results"]) < count:
            await asyncio.sleep(0.02)
    return {r["name"]: r["text"] for r in conference.state.breakouts["results"]}


@pytest.mark.timeout(240)
async def test_everybody_comes_back_with_what_they_wrote_whatever_dies(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        zone = await stack.enter_async_context(running_zone(tmp_path / "data"))
        room = await zone.create_room("Plenary")
        key = room["links"]["host"].partition("#k=")[2]
        slug = room["slug"]
        hana = await stack.enter_async_context(connect(zone.url, room=slug, name="Hana", key=key))
        ada = await stack.enter_async_context(connect(zone.url, room=slug, name="Ada"))
        bob = await stack.enter_async_context(connect(zone.url, room=slug, name="Bob"))
        await hana.breakouts.create(["North", "South"])
        await hana.breakouts.assign({ada.session.person: 1, bob.session.person: 2})
        with pytest.raises(OperationRejected):
            await ada.breakouts.enter(1)
        with pytest.raises(ClientError):
            await ada.get("breakout", {})
        await hana.breakouts.open()

        north = await ada.breakouts.enter(1)
        stack.push_async_callback(north.close)
        south = await bob.breakouts.enter(2)
        stack.push_async_callback(south.close)
        visit = await hana.breakouts.enter(1)
        stack.push_async_callback(visit.close)
        assert north.session.person == ada.session.person
        with pytest.raises(OperationRejected) as refused:
            await bob.breakouts.enter(1)
        assert refused.value.code == "not_allowed"
        assert hana.state.breakouts["people"] == {
            ada.session.person: 1,
            bob.session.person: 2,
            hana.session.person: 1,
        }

        pad = north.documents["pad"]
        await pad.loaded()
        text = pad.get("content", type=Text)
        text += "what the north found"
        await pad.saved()
        await visit.polls.create("Go on?", ["Yes", "No"])
        poll = visit.state.polls["polls"][0]["poll"]
        await visit.polls.start(poll)
        await north.polls.vote(poll, [0])
        await visit.polls.close(poll)
        await visit.polls.publish(poll)
        await zone.kill("collaboration-1")
        await south.chat.post("nothing to write home about")
        await zone.kill("export-1")
        await hana.breakouts.recall()
        await zone.kill("collaboration-2")

        assert [await ended(c) for c in (north, south, visit)] == ["session_closed"] * 3
        brought = (await results(hana, 1))["North"]
        assert brought.startswith("## Pad\n\nwhat the north found\n\n## Polls"), brought
        assert "Go on?" in brought
        assert "1" in brought.partition("Yes")[2].partition("No")[0]
        assert await results(ada, 1) == await results(hana, 1)
        await hana.chat.post("welcome back")
        with pytest.raises(OperationRejected):
            await ada.breakouts.enter(1)


async def test_who_was_in_a_breakout_cannot_go_back_in_when_it_is_over(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        zone = await stack.enter_async_context(running_zone(tmp_path / "data"))
        room = await zone.create_room("Plenary")
        key = room["links"]["host"].partition("#k=")[2]
        hana = await stack.enter_async_context(
            connect(zone.url, room=room["slug"], name="Hana", key=key)
        )
        await hana.breakouts.create(["North"], choose=True)
        await hana.breakouts.open(minutes=5)
        await hana.submit("breakouts", "enter", {"room": 1})
        ticket = (await hana.get("breakout", {}))["ticket"]
        await hana.breakouts.recall()
        async with asyncio.timeout(60):
            first = hana.beside(ticket)
            stack.push_async_callback(first.close)
            # The order to end it is carried into its log by itself, before or after this.
            with pytest.raises(ConferenceEnded) as over:
                await first.wait_attached()
                await ended(first)
                raise first.ended or AssertionError
        assert over.value.code in ("session_closed", "room_ended")
