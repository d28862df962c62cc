"""Files in the page: dropped, picked, refused, downloaded, removed, and a server that dies."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from folkmoot.testing import corpus
from folkmoot.testing.zone import Zone

from .conftest import WAIT_MS
from .test_accessibility import AXE, CALM, PHONE, RULES

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

DRAG = """
([kind, name, data]) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name));
  const target = document.querySelector(".fm-chat-panel");
  target.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
}
"""


async def drag(page: Page, kind: str, name: str, data: bytes) -> None:
    await page.evaluate(DRAG, [kind, name, base64.b64encode(data).decode()])


async def area(page: Page, name: str) -> None:
    areas = page.get_by_role("navigation", name="Areas of the room")
    await areas.get_by_role("button", name=name).click()


async def serious(page: Page) -> list[str]:
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = await page.evaluate(RULES)
    return found


async def test_files_are_dropped_picked_refused_downloaded_and_removed(
    zone: Zone, person: Callable[..., Any], tmp_path: Path
) -> None:
    ada = await person("Ada", **CALM)
    bob = await person("Bob", **PHONE, **CALM, color_scheme="dark")
    link = await ada.start_room(zone, "Files")
    await bob.open_room(link)

    # Ada drops a file, wherever she is in the room.
    await drag(ada.page, "dragenter", "Plan für Mai.pdf", corpus.PDF)
    await expect(ada.page.get_by_text("Drop to share with everyone here")).to_be_visible()
    await ada.shot("files-drop")
    await drag(ada.page, "drop", "Plan für Mai.pdf", corpus.PDF)
    files = ada.page.get_by_role("region", name="Files")
    shared = files.get_by_role("list", name="Files")
    await expect(shared.get_by_text("Plan für Mai.pdf")).to_be_visible()

    # Bob, on a phone, sees that there is something new, and gets it.
    areas = bob.page.get_by_role("navigation", name="Areas of the room")
    await areas.get_by_role("button", name="1 new file").click()
    row = bob.page.get_by_role("listitem").filter(has_text="Plan für Mai.pdf")
    async with bob.page.expect_download() as downloading:
        await row.get_by_role("button", name="Download").click()
    file = await downloading.value
    assert file.suggested_filename == "Plan für Mai.pdf"
    await file.save_as(tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == corpus.PDF
    await expect(row.get_by_role("button", name="Remove")).to_have_count(0)

    # She picks a picture and what only says that it is one.
    for name, data in (
        ("cat.png", corpus.picture(width=900, height=600)),
        ("dog.png", corpus.PAGE),
    ):
        (tmp_path / name).write_bytes(data)
    picker = files.locator("input[type=file]")
    await picker.set_input_files([tmp_path / "cat.png", tmp_path / "dog.png"])
    await expect(files.get_by_role("alert")).to_contain_text("not what the name's ending says")
    await expect(shared.locator("img")).to_have_count(1)
    await expect(bob.page.locator(".fm-file-face img")).to_have_count(1)
    await expect(bob.page.get_by_text("dog.png")).to_have_count(0)
    await ada.shot("files-desktop")
    await bob.shot("files-phone-dark")
    assert await serious(ada.page) == [] and await serious(bob.page) == []

    # Something larger goes on while the web server dies under it.
    big = os.urandom(45 << 20)
    (tmp_path / "big.bin").write_bytes(big)
    await picker.set_input_files([tmp_path / "big.bin"])
    await files.get_by_role("progressbar", name="Progress of “big.bin”").wait_for()
    web = await zone.kill("web-1")
    await expect(shared.get_by_text("big.bin")).to_be_visible(timeout=WAIT_MS)
    async with ada.page.expect_download() as downloading:
        await shared.get_by_role("button", name="Download “big.bin”").click()
    await (await downloading.value).save_as(tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == big
    await zone.wait_replaced("web-1", web)

    # She takes the first one back, by the keyboard.
    await files.get_by_role("button", name="Hide “dog.png”").click()
    await files.get_by_role("button", name="Remove “Plan für Mai.pdf”").press("Enter")
    dialog = ada.page.get_by_role("dialog", name="Remove this file?")
    await ada.shot("files-remove")
    await dialog.get_by_role("button", name="Remove").press("Enter")
    await expect(dialog).to_have_count(0)
    await expect(bob.page.get_by_text("Plan für Mai.pdf")).to_have_count(0)
    await expect(shared.get_by_role("listitem")).to_have_count(2)
