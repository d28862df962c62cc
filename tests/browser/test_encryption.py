"""People at browsers: over TLS all is well, without it everybody is told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import expect

from folkmoot.testing.certificates import Authority
from folkmoot.testing.zone import Zone, running_zone

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def encrypted(
    tmp_path_factory: pytest.TempPathFactory, require_tool: Callable[..., str]
) -> AsyncIterator[Zone]:
    require_tool("chromium")
    folder = tmp_path_factory.mktemp("encrypted")
    authority = Authority(folder / "files")
    authority.write()
    async with running_zone(folder / "data", *authority.options, trust=authority.trust) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def insecure(
    tmp_path_factory: pytest.TempPathFactory, require_tool: Callable[..., str]
) -> AsyncIterator[Zone]:
    require_tool("chromium")
    folder = tmp_path_factory.mktemp("insecure")
    async with running_zone(folder / "data", "--host", "0.0.0.0", "--insecure") as running:
        yield running


async def test_people_meet_over_tls_and_stay_when_a_server_is_killed(
    encrypted: Zone, person: Any
) -> None:
    ada = await person("Ada", ignore_https_errors=True)
    ben = await person("Ben", ignore_https_errors=True)
    link = await ada.start_room(encrypted, "Behind a lock")
    assert link.startswith("https://")
    await ben.open_room(link)
    await ada.say("Nobody reads along")
    await ben.sees("Nobody reads along")
    await expect(ben.page.get_by_role("note")).to_have_count(0)
    pid = await encrypted.kill("collaboration-1")
    await ben.say("still here")
    await ada.sees("still here")
    await encrypted.wait_replaced("collaboration-1", pid)
    await ada.all_saved()
    await ben.all_saved()


@pytest.mark.parametrize(
    ("look", "options"),
    [
        ("light", {}),
        ("dark-phone", {"color_scheme": "dark", "viewport": {"width": 390, "height": 780}}),
    ],
)
async def test_everybody_is_told_when_nothing_is_encrypted(
    insecure: Zone, person: Any, look: str, options: dict[str, Any]
) -> None:
    ada = await person("Ada", **options)
    await ada.page.goto(insecure.url)
    note = ada.page.get_by_role("note")
    await expect(note).to_contain_text("not encrypted")
    await ada.shot(f"insecure-home-{look}")
    await ada.start_room(insecure, "In the open")
    await expect(note).to_contain_text("not encrypted")
    await ada.shot(f"insecure-room-{look}")
