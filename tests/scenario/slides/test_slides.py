"""Slides in a real zone: shown while they are made, taken over, drawn on, fetched and let go."""

from __future__ import annotations

import asyncio
import io
import os
import signal
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image

from folkmoot.client import ClientError, Conference, OperationRejected, connect
from folkmoot.servers.slides.job import Draw, Drawn
from folkmoot.servers.slides.pages import drawing_child, replies
from folkmoot.testing import decks
from folkmoot.testing.zone import Zone, running_zone

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

WAIT_S = 90.0
Deck = dict[str, Any]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def zone(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Zone]:
    async with running_zone(tmp_path_factory.mktemp("slides") / "data") as zone:
        yield zone


def deck_of(conference: Conference, id_: str) -> Deck:
    found = [deck for deck in conference.state.slides["decks"] if deck["deck"] == id_]
    return found[0] if found else {"phase": "", "ready": 0, "reason": ""}


async def until(condition: Callable[[], object], what: Callable[[], object]) -> None:
    try:
        async with asyncio.timeout(WAIT_S):
            while not condition():
                await asyncio.sleep(0.002)
    except TimeoutError:
        raise AssertionError(f"in {WAIT_S:g} s it never came: {what()}") from None


async def ended(conference: Conference, id_: str) -> Deck:
    """The deck once it is through, well or not."""
    await until(
        lambda: deck_of(conference, id_)["phase"] in ("ready", "failed"),
        lambda: deck_of(conference, id_),
    )
    return deck_of(conference, id_)


async def test_a_server_killed_in_the_middle_is_followed_by_one_that_goes_on(zone: Zone) -> None:
    room = await zone.create_room("Slides")
    slug, key = room["slug"], room["links"]["host"].partition("#k=")[2]
    async with (
        connect(zone.url, room=slug, name="Ada", key=key) as ada,
        connect(zone.url, room=slug, name="Bob") as bob,
    ):
        told: list[tuple[str, int]] = []

        async def follow() -> None:
            async for event in bob.events():
                deck = event.body if event.app == "slides" and event.type == "changed" else None
                told.extend([(deck["phase"], deck["ready"])] if deck else [])

        following = asyncio.ensure_future(follow())
        pdf = decks.pdf([f"Page {n}" for n in range(1, 121)])
        deck = await ada.files.upload(pdf, "Talk.pdf", purpose="deck")
        await until(lambda: deck_of(bob, deck)["ready"] >= 2, lambda: deck_of(bob, deck))
        assert deck_of(bob, deck)["phase"] == "converting", "pages are there before it is ready"
        pid = await zone.pid("documents-1")
        os.kill(pid, signal.SIGKILL)
        before = deck_of(bob, deck)["ready"]
        # The meeting goes on, with the pages that are there.
        await ada.slides.turn(deck, 2)
        await ada.slides.mark(deck, 2, "m1", [(0.1, 0.2), (0.5, 0.5)])
        with pytest.raises(OperationRejected, match="role"):
            await bob.slides.turn(deck, 3)
        await until(lambda: deck_of(bob, deck)["phase"] == "ready", lambda: deck_of(bob, deck))
        done = deck_of(bob, deck)
        assert (done["ready"], done["page"], len(done["marks"])) == (120, 2, 1)
        ready = [count for phase, count in told if phase == "converting"]
        assert ready == sorted(ready) and before in ready, "what was there stayed there"
        assert [phase for phase, _ in told].count("ready") == 1
        await zone.wait_replaced("documents-1", pid)
        following.cancel()
        await look_at(bob, deck)


async def look_at(bob: Conference, deck: str) -> None:
    """Pages, words and the PDF with its marks, over HTTP; nothing without a ticket."""
    large, small = (
        await bob.slides.picture(deck, 120),
        await bob.slides.picture(deck, 1, small=True),
    )
    assert large[8:12] == small[8:12] == b"WEBP" and len(small) < len(large) * 2
    words = await bob.slides.words(deck)
    assert [page["text"] for page in words] == [f"Page {n}" for n in range(1, 121)]
    with pytest.raises(ClientError, match="not there"):
        await bob.slides.picture(deck, 121)
    pdf = await bob.slides.pdf(deck)
    said = [reply async for reply in replies(drawing_child(), Draw(pdf, 2, 1_000))]
    (page,) = [one for one in said if isinstance(one, Drawn)]
    with Image.open(io.BytesIO(page.large)) as image:
        assert image.convert("RGB").getpixel((1_920 * 3 // 10, 1_080 * 35 // 100)) == (224, 49, 49)
    with pytest.raises(ClientError, match="not valid"):
        await bob.files.read(f"/api/v1/rooms/x/decks/{deck}/pages/1", "d1.x.y")


async def test_office_files_are_decks_with_notes_for_those_who_present(
    zone: Zone, require_tool: Callable[..., str]
) -> None:
    require_tool("soffice", "libreoffice")
    room = await zone.create_room("Office")
    slug, key = room["slug"], room["links"]["host"].partition("#k=")[2]
    async with (
        connect(zone.url, room=slug, name="Ada", key=key) as ada,
        connect(zone.url, room=slug, name="Bob") as bob,
    ):
        deck = await ada.files.upload(decks.odp(["A", "B"]), "Talk.odp", purpose="deck")
        await until(lambda: deck_of(ada, deck)["phase"] == "ready", lambda: deck_of(ada, deck))
        await until(lambda: deck_of(bob, deck)["phase"] == "ready", lambda: deck_of(bob, deck))
        assert [n["text"] for n in deck_of(ada, deck)["notes"]] == ["Notes of A", "Notes of B"]
        assert "notes" not in deck_of(bob, deck)
        # Whoever is made a presenter is given them, and who ceases to be one has them no more.
        person = bob.state.person
        await ada.submit("roster", "set_role", {"person": person, "role": "presenter"})
        await until(lambda: deck_of(bob, deck).get("notes"), lambda: deck_of(bob, deck))
        await ada.submit("roster", "set_role", {"person": person, "role": "participant"})
        await until(lambda: "notes" not in deck_of(bob, deck), lambda: deck_of(bob, deck))


async def test_bad_files_are_said_to_be_bad_and_the_server_is_unharmed(zone: Zone) -> None:
    room = await zone.create_room("Bad")
    slug, key = room["slug"], room["links"]["host"].partition("#k=")[2]
    pid = await zone.pid("documents-1")
    bad = {
        "locked.pdf": (decks.pdf(encrypted=True), "password"),
        "long.pdf": (decks.pdf(["x"] * 600), "600 pages"),
        "broken.pdf": (decks.pdf()[:300], "damaged"),
    }
    async with connect(zone.url, room=slug, name="Ada", key=key) as ada:
        for name, (data, says) in bad.items():
            deck = await ada.files.upload(data, name, purpose="deck")
            failed = await ended(ada, deck)
            assert failed["phase"] == "failed" and says in failed["reason"]
            await ada.slides.remove(deck)
        await until(lambda: not ada.state.slides["decks"], lambda: ada.state.slides)
        deck = await ada.files.upload(decks.pdf(["Fine"]), "fine.pdf", purpose="deck")
        assert (await ended(ada, deck))["phase"] == "ready"
    assert await zone.pid("documents-1") == pid
