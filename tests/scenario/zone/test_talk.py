"""Polls, questions, agenda and reactions through the Python client, in a real zone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from folkmoot.client import Conference, OperationRejected, connect
from folkmoot.testing.zone import Zone

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


def key_of(link: str) -> str:
    return link.partition("#k=")[2]


def poll_of(conference: Conference, title: str) -> dict[str, Any]:
    polls = conference.state.polls["polls"]
    return next((poll for poll in polls if poll["title"] == title), {})


async def opened(ada: Conference, title: str, **terms: Any) -> str:
    await ada.polls.create(title, ["Soup", "Salad"], **terms)
    await until(lambda: poll_of(ada, title))
    poll = str(poll_of(ada, title)["poll"])
    await ada.polls.start(poll)
    return poll


async def test_who_leaves_and_comes_back_has_one_vote(zone: Zone) -> None:
    room = await zone.create_room()
    slug, host = room["slug"], key_of(room["links"]["host"])
    async with connect(zone.url, room=slug, name="Ada", key=host) as ada:
        final = await opened(ada, "Final", secret=True, changeable=False)
        free = await opened(ada, "Free", secret=True, changeable=True)
        async with connect(zone.url, room=slug, name="Bob") as bob:
            person, token = bob.session.person, bob.person_token
            for poll in (final, free):
                await bob.polls.vote(poll, [0])
            await bob.leave()
        await until(lambda: person not in ada.roster.persons)
        again = connect(zone.url, room=slug, name="Robert", person=token)
        async with again as bob:
            assert bob.session.person == person
            assert poll_of(bob, "Final")["mine"]["choices"] == [0]
            with pytest.raises(OperationRejected) as refused:
                await bob.polls.vote(final, [1])
            assert refused.value.code == "voted_already"
            await bob.polls.vote(free, [1])
            async with connect(zone.url, room=slug, name="Bob", device="another") as other:
                assert other.session.person != person
                await other.polls.vote(final, [1])
            for poll in (final, free):
                await ada.polls.close(poll)
                await ada.polls.publish(poll)
        await until(lambda: all(poll_of(ada, one)["published"] for one in ("Final", "Free")))
        assert poll_of(ada, "Final")["counts"] == [1, 1]
        assert poll_of(ada, "Free")["counts"] == [0, 1]


async def test_a_draft_and_the_agenda_are_edited_and_questions_opened_again(zone: Zone) -> None:
    room = await zone.create_room()
    slug, host = room["slug"], key_of(room["links"]["host"])
    async with connect(zone.url, room=slug, name="Ada", key=host) as ada:
        await ada.polls.create("Lunch?", ["Soup", "Salad"])
        await until(lambda: poll_of(ada, "Lunch?"))
        await ada.polls.edit(poll_of(ada, "Lunch?")["poll"], "Supper?", ["Tea", "Bread", "Nothing"])
        await until(lambda: poll_of(ada, "Supper?").get("options") == ["Tea", "Bread", "Nothing"])

        await ada.agenda.add("Welcome")
        await ada.agenda.add("Budget", duration_ms=60_000)
        await until(lambda: len(ada.state.agenda["items"]) == 2)
        welcome, budget = (item["id"] for item in ada.state.agenda["items"])
        await ada.agenda.edit(welcome, "Hello", duration_ms=120_000)
        await ada.agenda.move(budget, 0)
        await ada.agenda.go(budget)
        await ada.agenda.next(budget)
        with pytest.raises(OperationRejected) as refused:
            await ada.agenda.next(budget)
        assert refused.value.code == "changed_meanwhile"
        await until(lambda: ada.state.agenda["current"] == welcome)
        items = ada.state.agenda["items"]
        assert [(item["title"], item["duration_ms"]) for item in items] == [
            ("Budget", 60_000),
            ("Hello", 120_000),
        ]
        left_ms = ada.state.agenda["timer"]["ends_ms"] - ada.log_ms()
        assert 0 < left_ms < 180_000
        await ada.agenda.remove(budget)
        await until(lambda: len(ada.state.agenda["items"]) == 1)

        await ada.questions.ask("Why?")
        await until(lambda: ada.state.questions["questions"])
        question = ada.state.questions["questions"][0]["question"]
        await ada.questions.dismiss(question)
        await ada.questions.reopen(question)
        await ada.questions.allow_anonymous(False)
        await until(lambda: not ada.state.questions["anonymous_allowed"])
        assert ada.state.questions["questions"][0]["phase"] == "open"
        with pytest.raises(OperationRejected) as refused:
            await ada.questions.ask("Who?", anonymous=True)
        assert refused.value.code == "not_allowed"


async def test_a_reaction_floats_for_everyone_unless_it_is_closed(zone: Zone) -> None:
    room = await zone.create_room()
    slug, host = room["slug"], key_of(room["links"]["host"])
    floated: list[Any] = []
    refused: list[str] = []
    async with (
        connect(zone.url, room=slug, name="Ada", key=host) as ada,
        connect(zone.url, room=slug, name="Bob") as bob,
    ):
        ada.on_live = lambda number, topic, body: floated.append((number, topic, body))
        bob.on_notice = lambda notice: refused.append(getattr(notice, "code", ""))
        with pytest.raises(ValueError, match="A reaction is one of"):
            bob.react("hello")
        bob.react("👏")
        await until(lambda: floated)
        assert floated[0] == (0, "reactions", [["👏", 1, [bob.session.number]]])
        await ada.roster.allow("reactions", [])
        await until(lambda: "reactions" in bob.state.roster["locks"]["open_to"])
        bob.react("👏")
        await until(lambda: "live_dropped" in refused)
