"""Three people write minutes with a table, tasks and a picture, keep them and go back to them.

Meanwhile the server that they are on dies, and the one that keeps versions.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from folkmoot.testing.zone import Zone

from .conftest import WAIT_MS, Person
from .test_accessibility import AXE, PHONE, Auditor

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

CALM = {"reduced_motion": "reduce"}  # colours are measured when nothing fades any more
PASTE = """async () => {
  const canvas = document.createElement("canvas");
  canvas.width = 3000;
  canvas.height = 1500;
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#226b51";
  pen.fillRect(0, 0, 3000, 1500);
  const blob = await new Promise((made) => canvas.toBlob(made, "image/png"));
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File([blob], "field.png", { type: "image/png" }));
  const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
  document.querySelector(".fm-prose").dispatchEvent(event);
}"""
"""Somebody pastes a picture that is larger than a page shows it."""
CONTENT = "() => JSON.stringify(document.querySelector('.fm-prose').editor.getJSON())"
SAME = f"(other) => ({CONTENT})() === other"
FAR_PASTE = """() => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/html", "<p>See <img src='https://far.example/x.png' alt='plan'></p>");
  const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
  document.querySelector(".fm-prose").dispatchEvent(event);
}"""


def text(page: Page) -> Any:
    return page.get_by_role("textbox", name="Shared notes")


async def same_text(people: list[Person], *words: str) -> dict[str, Any]:
    """What the notes are in all pages, once these words are in them."""
    for one in people:
        for word in words:
            await expect(text(one.page)).to_contain_text(word, timeout=WAIT_MS)
        await expect(one.page.locator(".fm-save")).to_have_attribute(
            "data-state", "saved", timeout=WAIT_MS
        )
    first = await people[0].page.evaluate(CONTENT)
    for one in people[1:]:
        await one.page.wait_for_function(SAME, arg=first)
    content: dict[str, Any] = json.loads(first)
    return content


async def history_of(person: Person) -> Any:
    await person.page.get_by_role("button", name="History", exact=True).click()
    dialog = person.page.get_by_role("dialog", name="History of")
    await dialog.wait_for()
    return dialog


async def test_three_people_keep_minutes_while_servers_are_killed(
    zone: Zone, person: Callable[..., Any]
) -> None:
    if not AXE.is_file():
        pytest.fail("axe-core is missing; run `make web-test`", pytrace=False)
    auditor = Auditor()
    ada = await person("Ada", **CALM)
    link = await ada.start_room(zone, "Harvest")
    bob = await person("Bob", color_scheme="dark", **CALM)
    await bob.open_room(link)
    cy = await person("Cy", **PHONE, **CALM)
    await cy.open_room(link)
    people = [ada, bob, cy]
    keys = ada.page.keyboard

    await text(ada.page).click()
    await keys.type("# Minutes\nAll came.\n[ ] bring tea\nbring cups\n\n")
    await ada.page.get_by_role("button", name="Insert").click()
    await ada.page.get_by_role("menuitem", name="Table").click()
    for number, cell in enumerate(("Who", "What", "When", "Ada", "Tea", "Noon")):
        if number:
            await keys.press("Tab")
        await keys.type(cell)
    await keys.press("Alt+Shift+ArrowRight")
    await keys.press("Control+Enter")
    await bob.page.get_by_role("checkbox", name="Done: bring tea").check()
    await auditor.look(ada.page, "notes")
    await auditor.look(bob.page, "notes in the dark")
    await cy.shot("notes-phone")

    pid = await zone.kill("collaboration-1")
    await ada.page.evaluate(PASTE)
    await text(bob.page).get_by_text("All came.").click()
    await bob.page.keyboard.press("End")
    await bob.page.keyboard.type(" Nobody was late.")
    await zone.wait_replaced("collaboration-1", pid)
    for one in people:
        await one.page.locator(".fm-image img").wait_for()
    before = await same_text(people, "Nobody was late.", "Noon")
    kinds = [node["type"] for node in before["content"]]
    assert kinds[:2] == ["heading", "paragraph"] and {"taskList", "table", "image"} <= set(kinds)
    table = before["content"][kinds.index("table")]
    assert [len(row["content"]) for row in table["content"]] == [4, 4, 4]
    tasks = before["content"][kinds.index("taskList")]["content"]
    assert [task["attrs"]["checked"] for task in tasks] == [True, False]
    await ada.page.locator(".fm-image img").click()
    await keys.press("F2")
    await ada.page.get_by_label("What the picture shows").fill("The field")
    await keys.press("Enter")
    await bob.page.get_by_role("img", name="The field").wait_for()
    await ada.shot("notes-picture")
    before = await same_text(people, "Noon")

    pid = await zone.kill("documents-1")
    dialog = await history_of(ada)
    await dialog.get_by_role("button", name="Keep as it is now").click()
    await keys.type("Before the storm")
    await keys.press("Enter")
    await zone.wait_replaced("documents-1", pid)
    await dialog.get_by_role("option", name="Before the storm").wait_for()
    await dialog.locator(".fm-preview-text .fm-author", has_text="Nobody").wait_for()
    await auditor.look(ada.page, "history")
    await ada.shot("notes-history")
    # Between versions each edit is to be seen, and the bold step back is made by keys alone.
    await dialog.get_by_text("All edits", exact=True).click()
    await dialog.get_by_role("option").first.wait_for()
    slider = dialog.get_by_role("slider", name="Moment that is shown")
    await slider.focus()
    await keys.press("Home")
    await expect(dialog.locator(".fm-preview-text")).not_to_contain_text("Nobody")
    await keys.press("End")
    await dialog.locator(".fm-preview-text .fm-author", has_text="Nobody").wait_for()
    await auditor.look(ada.page, "edits")
    await ada.shot("notes-edits")
    await dialog.get_by_role("button", name="Export").click()
    then = ada.page.get_by_role("dialog", name="Files of")
    async with ada.page.expect_download() as downloading:
        await then.get_by_role("button", name="Markdown").click()
    assert "Nobody was late." in Path(await (await downloading.value).path()).read_text()
    await keys.press("Escape")
    await then.wait_for(state="detached")
    await dialog.get_by_text("Versions", exact=True).click()
    await text(bob.page).click()
    await bob.page.keyboard.press("Control+a")
    await bob.page.keyboard.type("All swept away")
    await bob.page.evaluate(FAR_PASTE)  # asks no foreign server for anything
    await expect(text(cy.page)).to_contain_text("See plan", timeout=WAIT_MS)
    await dialog.get_by_role("button", name="Restore this version").click()
    sure = ada.page.get_by_role("dialog", name="Restore this version")
    await sure.get_by_role("button", name="Restore this version").click()
    await dialog.get_by_role("button", name="Undo").wait_for()
    await keys.press("Escape")
    await dialog.wait_for(state="detached")
    assert await same_text(people, "Nobody was late.", "Noon") == before
    for one in people:
        await one.page.get_by_role("img", name="The field").wait_for()

    await ada.page.get_by_role("button", name="Copies of").click()
    await ada.page.get_by_role("menuitem", name="Export as a file").click()
    files = ada.page.get_by_role("dialog", name="Files of")
    async with ada.page.expect_download() as downloading:
        await files.get_by_role("button", name="Word (DOCX)").click()
    assert (await downloading.value).suggested_filename == "Notes.docx"
    await auditor.look(ada.page, "files of a document")
    await ada.shot("notes-export")

    dialog = await history_of(bob)
    await dialog.get_by_role("option").first.wait_for()
    await auditor.look(bob.page, "history in the dark")
    await bob.shot("notes-history-dark")
    # Anybody goes back to any moment, here to before everything was swept away.
    await dialog.get_by_text("All edits", exact=True).click()
    await dialog.get_by_role("option").first.wait_for()
    await dialog.get_by_role("slider").focus()
    await bob.page.keyboard.press("Home")
    await auditor.look(bob.page, "edits in the dark")
    await bob.shot("notes-edits-dark")
    await dialog.get_by_role("button", name="Restore this moment").click()
    sure = bob.page.get_by_role("dialog", name="Restore this moment")
    await sure.get_by_role("button", name="Restore this moment").click()
    await dialog.get_by_role("button", name="Undo").wait_for()
    await expect(text(cy.page)).not_to_contain_text("Nobody", timeout=WAIT_MS)
    assert list(auditor.found.items()) == []
