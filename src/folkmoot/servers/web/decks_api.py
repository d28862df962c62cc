"""Slides over HTTP: images and text of pages, and a deck as PDF with what was drawn on it.

What is given was made by our own children from whatever was uploaded, never the upload itself; the
PDF is a download, and nothing here would be run by a browser.
"""

from __future__ import annotations

import logging
from typing import Any, Final, Literal

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery

from folkmoot.errors import Refused
from folkmoot.ports import Damaged, LogUnavailable
from folkmoot.protocol.limits import DECK_PAGES_MAX
from folkmoot.servers.doors import tickets
from folkmoot.servers.files.names import clean, disposition
from folkmoot.servers.named import get_named
from folkmoot.servers.slides.annotated import (
    ANSWER_S,
    SUBJECT,
    Asked,
    Told,
)
from folkmoot.servers.slides.job import Small
from folkmoot.servers.slides.store import large_name, small_name, text_name
from folkmoot.servers.web.files_api import CONFINED, serve_object
from folkmoot.servers.web.problems import Problem, documented
from folkmoot.servers.web.services import Services, check_room
from folkmoot.servers.web.uploads_api import bearer_of

log = logging.getLogger(__name__)

AnyRequest = Request[Any, Any, Any]

WEBP: Final = "image/webp"
KEPT: Final = "private, max-age=604800, immutable"
"""The address of a page names one making of it (`v`), which never changes."""


def deck_handlers(services: Services) -> list[HTTPRouteHandler]:
    """The handlers under `/api/v1/rooms/{slug}/decks`."""
    return [*_page_handlers(services), *_whole_handlers(services)]


def _page_handlers(services: Services) -> list[HTTPRouteHandler]:

    @get(
        "/api/v1/rooms/{slug:str}/decks/{deck:str}/pages/{page:int}",
        summary="Look at a page of slides",
        response_description="The page as a picture",
        responses={
            200: ResponseSpec(None, description="The picture", media_type=WEBP),
            **documented(400, 403, 404, 503),
        },
    )
    async def page_image(
        slug: FromPath[str],
        deck: FromPath[str],
        page: FromPath[int],
        request: AnyRequest,
        size: FromQuery[Literal["large", "small"]] = "large",
    ) -> Response[bytes]:
        """Gives a page to who has a ticket in the header Authorization: the answer to the
        conference's query `deck`. The answer's `version`, put into the address as `v`, lets
        browsers keep it."""
        ticket = await _admitted(services, slug, deck, bearer_of(request))
        headers = _headers(f'"{_version(ticket)}-{page}-{size}"')
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(b"", status_code=304, headers=headers)
        if size == "large":
            data = await _read(services, large_name(ticket.folder, _checked(page)))
        else:
            data = (await _small(services, ticket, page)).image
        return Response(data, media_type=WEBP, headers=headers)

    @get(
        "/api/v1/rooms/{slug:str}/decks/{deck:str}/pages/{page:int}/text",
        summary="Read the text of a page of slides",
        response_description="The text, and where its lines are",
        responses={**documented(400, 403, 404, 503)},
    )
    async def page_text(
        slug: FromPath[str], deck: FromPath[str], page: FromPath[int], request: AnyRequest
    ) -> Response[bytes]:
        """`{text, lines}`: each line is x, y, width and height in ten-thousandths of the page's
        width and height, and its text. For searching, selecting and reading aloud."""
        ticket = await _admitted(services, slug, deck, bearer_of(request))
        headers = _headers(f'"{_version(ticket)}-{page}-text"')
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(b"", status_code=304, headers=headers)
        small = await _small(services, ticket, page)
        body = msgspec.json.encode({"text": small.text, "lines": small.lines})
        return Response(body, media_type="application/json", headers=headers)

    return [page_image, page_text]


def _whole_handlers(services: Services) -> list[HTTPRouteHandler]:

    @get(
        "/api/v1/rooms/{slug:str}/decks/{deck:str}/text",
        summary="Read the text of all pages",
        response_description="The text of each page, in order",
        responses={**documented(400, 403, 404, 503)},
    )
    async def deck_text(
        slug: FromPath[str], deck: FromPath[str], request: AnyRequest
    ) -> Response[bytes]:
        """A list with `{text, lines}` of each page, once the deck is ready."""
        ticket = await _admitted(services, slug, deck, bearer_of(request))
        data = await _read(services, text_name(ticket.folder))
        headers = _headers(f'"{_version(ticket)}-text"')
        return Response(data, media_type="application/json", headers=headers)

    @get(
        "/api/v1/rooms/{slug:str}/decks/{deck:str}/pdf",
        summary="Download slides as PDF, with what was drawn on them",
        response_description="The PDF",
        responses={
            200: ResponseSpec(None, description="The PDF", media_type="application/pdf"),
            **documented(400, 403, 404, 503),
        },
    )
    async def deck_pdf(
        slug: FromPath[str],
        deck: FromPath[str],
        request: AnyRequest,
        ticket: FromQuery[str] = "",
    ) -> Response[Any]:
        """The pages as they were uploaded, with the marks that are on them now. The ticket comes in
        the header Authorization, or as `ticket` in a link."""
        told = await _admitted(services, slug, deck, ticket or bearer_of(request))
        if not told.export:
            raise Refused("not_allowed")
        made = await _annotated(services, told)
        name = disposition(clean(f"{told.title}.pdf"))
        headers = {"Content-Disposition": name}
        return await serve_object(services, request, made, "application/pdf", headers)

    return [deck_text, deck_pdf]


async def _admitted(services: Services, slug: str, deck: str, text: str) -> tickets.DeckTicket:
    """Errors: `Refused`, `Problem`."""
    key = await services.through_engine(services.keys.signing)
    ticket = tickets.DeckTicket.verify(key, text, services.now_ms())
    if ticket.deck != deck:
        raise Refused("token_invalid")
    await check_room(services, slug, ticket.conference)
    return ticket


def _version(ticket: tickets.DeckTicket) -> str:
    return ticket.folder.rstrip("/").rpartition("/")[2]


def _headers(etag: str) -> dict[str, str]:
    return {
        "ETag": etag,
        "Cache-Control": KEPT,
        "Content-Security-Policy": CONFINED,
    }


def _checked(page: int) -> int:
    if not 1 <= page <= DECK_PAGES_MAX:
        raise _no_page()
    return page


def _no_page() -> Problem:
    return Problem(404, "page_not_ready", "This page is not there, or not yet.")


async def _small(services: Services, ticket: tickets.DeckTicket, page: int) -> Small:
    data = await _read(services, small_name(ticket.folder, _checked(page)))
    return msgspec.msgpack.decode(data, type=Small)


async def _read(services: Services, name: str) -> bytes:
    try:
        with services.giving_bytes():
            data = await services.through_engine(lambda: get_named(services.engine.objects, name))
    except Damaged as error:
        log.error("alarm: page %s: %s", name, error)
        data = None
    if data is None:
        raise _no_page()
    return data


async def _annotated(services: Services, ticket: tickets.DeckTicket) -> str:
    """The object with the PDF, made by a documents server that is there. Errors: `Problem`."""
    asked = msgspec.msgpack.encode(Asked(ticket.conference, ticket.deck))
    for entry in services.zone.processes("documents"):
        if entry.suspect or entry.state != "ready":
            continue
        try:
            answer = await services.engine.messaging.request(
                f"{SUBJECT}{entry.server}", asked, ANSWER_S
            )
            told = msgspec.msgpack.decode(answer, type=Told)
        except (LogUnavailable, msgspec.DecodeError):
            continue
        if told.again:
            raise Problem(503, "service_away", told.reason, retry_after_s=2)
        if not told.object:
            raise Problem(404, "deck_gone", told.reason)
        return told.object
    raise Problem(503, "service_away", "The PDF cannot be made just now. Try again in a moment.")
