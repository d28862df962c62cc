"""A meeting over TLS goes on whatever dies, and while its certificate is replaced."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest
import pytest_asyncio

from folkmoot.client import Conference, connect
from folkmoot.testing.certificates import Authority
from folkmoot.testing.operator import command
from folkmoot.testing.zone import Zone, running_zone

pytestmark = pytest.mark.asyncio(loop_scope="module")

WAIT_S = 30.0
PEOPLE_MAX = 16


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = Authority(tmp_path_factory.mktemp("files"))
    made.write()
    return made


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def zone(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Zone]:
    data = tmp_path_factory.mktemp("zone") / "data"
    async with running_zone(data, *authority.options, trust=authority.trust) as running:
        yield running


async def everybody_hears(speaker: Conference, listener: Conference, text: str) -> None:
    heard = listener.events()
    await speaker.chat.post(text)
    async with asyncio.timeout(WAIT_S):
        async for event in heard:
            if event.type == "state_replaced" or (event.body or {}).get("text") == text:
                return


def shown(zone: Zone, trust: ssl.SSLContext) -> bytes:
    """The certificate that a new connection is shown."""
    with (
        socket.create_connection(("127.0.0.1", zone.port), timeout=10) as plain,
        trust.wrap_socket(plain, server_hostname="127.0.0.1") as asking,
    ):
        return asking.getpeercert(binary_form=True) or b""


async def test_a_meeting_over_tls_goes_on_whatever_is_killed(zone: Zone) -> None:
    room = (await zone.create_room())["slug"]
    async with (
        connect(zone.url, room=room, name="Ada", tls=zone.trust) as ada,
        connect(zone.url, room=room, name="Ben", tls=zone.trust) as ben,
    ):
        await everybody_hears(ada, ben, "hello")
        for door in ("front-1", "front-2"):
            pid = await zone.kill(door)
            await zone.wait_replaced(door, pid)
        pid = await zone.kill("web-1")
        await everybody_hears(ben, ada, "who was at the door?")
        await zone.wait_replaced("web-1", pid)
        assert (ada.reconnections, ben.reconnections) == (0, 0), "nobody was cut"
        for server in ("collaboration-1", "collaboration-2"):
            pid = await zone.kill(server)
            await everybody_hears(ada, ben, f"without {server}")
            await zone.wait_replaced(server, pid)
        assert ada.reconnections + ben.reconnections > 0
    async with httpx.AsyncClient(verify=zone.trust or False, trust_env=False) as http:
        page = await http.get(f"{zone.url}/api/v1/site")
        assert page.json() == {"insecure": False}
        assert "strict-transport-security" not in page.headers, "other programs live on localhost"
        named = await http.get(f"{zone.url}/api/v1/site", headers={"host": "meet.example"})
        assert named.headers["strict-transport-security"] == "max-age=31536000"
        plain = await http.get(zone.url.replace("https:", "http:"))
        assert plain.status_code == 400
        assert "https://" in plain.text
        spoofed = await http.get(
            f"{zone.url}/api/v1/rooms/{room}", headers={"x-forwarded-proto": "http"}
        )
        assert spoofed.status_code == 200


async def test_who_is_decrypted_by_a_process_that_drains_goes_on_through_another(
    zone: Zone, authority: Authority
) -> None:
    room = (await zone.create_room())["slug"]

    async def somebody_is_relayed() -> bool:
        try:
            await zone.wait_status(lambda rows: any(row["relayed"] for row in rows), 1.0)
        except TimeoutError:
            return False
        return True

    async with AsyncExitStack() as stack:
        people: list[Conference] = []
        while len(people) < 4 or not await somebody_is_relayed():
            assert len(people) < PEOPLE_MAX, "nobody came through another process"
            one = connect(zone.url, room=room, name=f"P{len(people)}", tls=zone.trust)
            people.append(await stack.enter_async_context(one))
            if len(people) % 2:
                # Servers take turns; an odd one in between changes whose it is.
                await asyncio.to_thread(shown, zone, authority.trust)
        data = ("--data", str(zone.folder))
        for server in ("collaboration-1", "collaboration-2"):
            code, told = await command("drain", "--process", server, *data)
            assert code == 0, told
            (row,) = [row for row in await zone.status() if row["id"] == server]
            assert (row["attached"], row["relayed"]) == (0, 0)
            pid = await zone.kill(server)
            await everybody_hears(people[0], people[1], f"without {server}")
            await zone.wait_replaced(server, pid)
            code, told = await command("drain", "--process", server, "--undo", *data)
            assert code == 0, told
        assert [person.reconnections for person in people] == [0] * len(people)


async def test_people_on_a_detour_get_a_straight_connection_and_notice_nothing(
    zone: Zone,
) -> None:
    room = (await zone.create_room())["slug"]
    async with AsyncExitStack() as stack:
        people: list[Conference] = []
        async with asyncio.timeout(WAIT_S):
            while not any(person.moves for person in people):
                if len(people) < PEOPLE_MAX:
                    one = connect(zone.url, room=room, name=f"P{len(people)}", tls=zone.trust)
                    people.append(await stack.enter_async_context(one))
                await asyncio.sleep(0.2)
        await everybody_hears(people[0], people[1], "all here")
        assert [person.reconnections for person in people] == [0] * len(people)


async def test_a_certificate_is_replaced_without_a_cut_and_a_broken_one_kept_out(
    zone: Zone, authority: Authority
) -> None:
    room = (await zone.create_room())["slug"]
    data = ("--data", str(zone.folder))
    async with (
        connect(zone.url, room=room, name="Ada", tls=str(authority.file)) as ada,
        connect(zone.url, room=room, name="Ben", tls=authority.trust) as ben,
    ):
        before = shown(zone, authority.trust)
        key = authority.key.read_bytes()
        authority.write(days=7)
        right = authority.key.read_bytes()
        authority.key.write_bytes(key)
        code, told = await command("certificate", *data)
        assert code == 2
        assert "The new pair is not used: The key" in told
        code, told = await command("status", *data)
        assert "the new pair is not used: The key" in told
        assert shown(zone, authority.trust) == before

        authority.key.write_bytes(right)
        code, told = await command("certificate", *data)
        assert (code, "expires in 7 days" in told, "renew it" in told) == (0, True, True), told
        async with asyncio.timeout(WAIT_S):
            seen: set[bytes] = {before}
            while before in seen:
                # Any of the processes may answer; all must have taken it.
                seen = {shown(zone, authority.trust) for _ in range(8)}
                await asyncio.sleep(0.1)
        assert len(seen) == 1
        await everybody_hears(ada, ben, "still here")
        assert (ada.reconnections, ben.reconnections) == (0, 0)
        async with connect(zone.url, room=room, name="Cleo", tls=zone.trust) as cleo:
            await everybody_hears(cleo, ada, "hello")


async def test_nobody_is_served_below_tls_1_2(zone: Zone, authority: Authority) -> None:
    old = ssl.create_default_context(cafile=str(authority.file))
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1 is deprecated"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.warns(DeprecationWarning, match="TLSv1 is deprecated"):
        old.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.raises(OSError):
        await asyncio.to_thread(shown, zone, old)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    assert await asyncio.to_thread(shown, zone, old)
