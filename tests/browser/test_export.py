"""The copy of a room, asked for in the page while the server that makes it is frozen."""

from __future__ import annotations

import signal
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from folkmoot.testing.zone import Zone

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

WAIT_MS = 60_000


async def test_a_copy_is_made_once_its_server_is_back_and_people_go_on_meanwhile(
    zone: Zone, person: Callable[..., Any], tmp_path: Path
) -> None:
    ada = await person("Ada")
    await ada.start_room(zone, "Minutes")
    await ada.say("for the **minutes**")
    await ada.page.get_by_role("textbox", name="Shared notes").click()
    await ada.page.keyboard.type("# Harvest\nIn September")
    await ada.all_saved()
    frozen = await zone.kill("export-1", signal.SIGSTOP)
    await ada.page.get_by_role("button", name="Your settings and more").click()
    await ada.page.get_by_role("menuitem", name="Export chat and notes").click()
    dialog = ada.page.get_by_role("dialog", name="Export chat and notes")
    away = dialog.get_by_text("Export is briefly away.")
    await away.wait_for()
    await dialog.get_by_role("button", name="Make the file").click()
    await dialog.get_by_text("Waiting for its turn").wait_for()
    await ada.shot("export-away")

    # The dialog lies over the chat: somebody else shows that the meeting goes on.
    bob = await person("Bob")
    await bob.open_room(ada.page.url.split("#")[0])
    await bob.say("meanwhile")
    await bob.all_saved()

    download = dialog.get_by_role("button", name="Download")
    await expect(download).to_be_visible(timeout=WAIT_MS)
    await expect(away).to_have_count(0, timeout=WAIT_MS)
    await zone.wait_replaced("export-1", frozen)
    async with ada.page.expect_download() as downloading:
        await download.click()
    file = await downloading.value
    assert file.suggested_filename.startswith("folkmoot-")
    saved = tmp_path / "room.zip"
    await file.save_as(saved)
    with zipfile.ZipFile(saved) as archive:
        assert "for the \\*\\*minutes\\*\\*" in archive.read("chat.md").decode()
        assert archive.read("documents/notes.md").decode() == "# Harvest\n\nIn September\n"
    await ada.shot("export-ready")
