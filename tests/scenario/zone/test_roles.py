"""Roles and doors in a real zone: who is put out stays out on every server, whatever is killed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from folkmoot.client import Conference, ConferenceEnded, JoinRefused, OperationRejected, connect
from folkmoot.testing.zone import Zone

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


def key_of(link: str) -> str:
    return link.partition("#k=")[2]


async def test_a_lobby_survives_the_death_of_its_server(zone: Zone) -> None:
    room = await zone.create_room(lobby=True, closed=["chat"])
    host = key_of(room["links"]["host"])
    async with (
        connect(zone.url, room=room["slug"], name="Ada", key=host) as ada,
        connect(zone.url, room=room["slug"], name="Bob") as bob,
    ):
        assert ada.roster.role == "host"
        assert bob.roster.role == "waiting"
        await ada.roster.tell_waiting("Soon")
        await until(lambda: bob.roster.lobby and bob.roster.lobby["message"] == "Soon")
        server = bob.server
        pid = await zone.kill(server)
        await until(lambda: bob.reconnections and bob.session.attached)
        assert bob.roster.role == "waiting"
        assert set(bob.state.roster["persons"]) == set()
        await until(lambda: ada.roster.waiting)
        await ada.roster.admit(list(ada.roster.waiting))
        await until(lambda: bob.roster.role == "participant")
        assert {p["name"] for p in bob.roster.persons.values()} == {"Ada", "Bob"}
        with pytest.raises(OperationRejected, match="role"):
            await bob.chat.post("closed for me")
        await ada.roster.allow("chat", ["participant", "viewer"])
        await bob.chat.post("open for me")
        await until(lambda: ada.state.chat["messages"])
        await zone.wait_replaced(server, pid)


async def test_a_banned_person_is_out_on_every_server_with_every_token(zone: Zone) -> None:
    room = await zone.create_room()
    host = key_of(room["links"]["host"])
    slug = room["slug"]
    async with (
        connect(zone.url, room=slug, name="Ada", key=host) as ada,
        connect(zone.url, room=slug, name="Eve", device="eves laptop") as eve,
    ):
        own = await eve.roster.link("own")
        async with connect(zone.url, room=slug, name="Eve", person=own["person"]) as phone:
            await until(lambda: len(ada.state.roster["sessions"]) == 3)
            assert phone.session.person == eve.session.person
            assert len(ada.roster.persons) == 2
            token, generation = eve.session.token, eve.session.generation
            await ada.roster.remove(eve.session.person)
            for one in (eve, phone):
                await until(lambda one=one: one.ended)
                assert one.ended is not None
                assert (one.ended.code, one.ended.reason) == ("session_closed", "banned")
        for more in (
            {"person": own["person"]},
            {"person": eve.person_token},
            {"device": "eves laptop"},
            {"device": "eves laptop", "key": host},
        ):
            with pytest.raises(ConferenceEnded, match="cannot come back"):
                async with connect(zone.url, room=slug, name="Eve", **more):
                    pass
        for path in ("/s/collaboration-1", "/s/collaboration-2"):
            again = Conference(zone.url, "", [path])
            again.session.token, again.session.generation = token, generation
            await until(lambda again=again: again.ended)
            assert again.ended is not None
            assert again.ended.reason == "banned"
            await again.close()
        await ada.roster.unban(eve.session.person)
        async with connect(zone.url, room=slug, name="Eve", person=own["person"]) as back:
            assert back.roster.role == "participant"


async def test_a_host_who_is_killed_is_stood_in_for_and_hosts_again(zone: Zone) -> None:
    room = await zone.create_room()
    host = key_of(room["links"]["host"])
    slug = room["slug"]
    async with connect(zone.url, room=slug, name="Ben") as ben:
        async with connect(zone.url, room=slug, name="Ada", key=host) as ada:
            await ada.roster.configure(host_grace_ms=5_000)
            token = ada.person_token
        await until(lambda: ben.roster.role == "host")
        async with connect(zone.url, room=slug, name="Ada", key=host, person=token) as back:
            await until(lambda: back.roster.role == "host" and ben.roster.role == "participant")
            told = await back.roster.attendance()
            assert [row["name"] for row in told["rows"]] == ["Ben", "Ada"]
            await back.roster.end()
            await until(lambda: ben.ended)
            assert ben.ended is not None
            assert ben.ended.reason == "ended"
    with pytest.raises(ConferenceEnded, match="is over"):
        async with connect(zone.url, room=slug, name="Ben"):
            pass


async def test_links_give_the_roles_they_are_made_for(zone: Zone) -> None:
    room = await zone.create_room(passcode="4711")
    slug = room["slug"]
    async with connect(zone.url, room=slug, name="Ada", key=key_of(room["links"]["host"])) as ada:
        personal = await ada.roster.link("personal", name="Cleo", role="presenter")
        viewer = await ada.roster.link("viewer")
        assert viewer["key"] == room["links"]["viewer"].partition("#v=")[2]
        async with (
            connect(zone.url, room=slug, name="Cleo", person=personal["person"]) as cleo,
            connect(zone.url, room=slug, name="Vic", passcode=" 4711 ", **viewer) as vic,
        ):
            assert cleo.roster.role == "presenter"
            assert vic.roster.role == "viewer"
        with pytest.raises(ConferenceEnded, match="passcode is not right"):
            async with connect(zone.url, room=slug, name="Bob", passcode="0815"):
                pass
        with pytest.raises(JoinRefused, match="not valid"):
            async with connect(zone.url, room=slug, name="Bob", key="a" * 26):
                pass
