"""Exports over HTTP: the download of a finished one, for who was given a ticket for it."""

from __future__ import annotations

import hashlib
import logging
import re
from typing import Any, Final

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery

from folkmoot.errors import Refused
from folkmoot.ports import Damaged
from folkmoot.servers.doors import tickets
from folkmoot.servers.files import names
from folkmoot.servers.named import get_named
from folkmoot.servers.web.problems import Problem, documented
from folkmoot.servers.web.services import Services, check_room

log = logging.getLogger(__name__)

_TYPES: Final = {
    "zip": "application/zip",
    "md": "text/markdown; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
_NOT_IN_A_NAME: Final = re.compile(r"[^A-Za-z0-9_-]")


def export_handlers(services: Services) -> list[HTTPRouteHandler]:
    """The handler under `/api/v1/rooms/{slug}/exports`."""

    @get(
        "/api/v1/rooms/{slug:str}/exports/{export:str}",
        summary="Download an export",
        response_description="The archive or document",
        responses={
            200: ResponseSpec(None, description="The archive", media_type="application/zip"),
            **documented(400, 403, 404, 503),
        },
    )
    async def download(
        slug: FromPath[str],
        export: FromPath[str],
        ticket: FromQuery[str],
    ) -> Response[bytes]:
        """Gives the archive, or the one document, to who has a ticket: the answer to the conference's query `export`."""
        key = await services.through_engine(services.keys.signing)
        told = tickets.ExportTicket.verify(key, ticket, services.now_ms())
        await check_room(services, slug, told.conference)
        if told.export != export:
            raise Refused("token_invalid")
        data = await services.through_engine(lambda: _read(services, told))
        name = names.clean(told.name.replace("/", "-")) if told.name else _archive_of(slug)
        headers: dict[str, Any] = {
            "Content-Disposition": names.disposition(name),
            "Cache-Control": "no-store",
            # What people wrote is saved, never shown by the browser as a page of ours.
            "Content-Security-Policy": "sandbox",
        }
        media_type = _TYPES.get(names.ending_of(name), "application/octet-stream")
        return Response(data, media_type=media_type, headers=headers)

    return [download]


def _archive_of(slug: str) -> str:
    return f"folkmoot-{_NOT_IN_A_NAME.sub('', slug)[:80]}.zip"


async def _read(services: Services, ticket: tickets.ExportTicket) -> bytes:
    try:
        data = await get_named(services.engine.objects, ticket.object)
    except Damaged as error:
        log.error("alarm: export %s: %s", ticket.object, error)
        data = None
    if data is None or hashlib.sha256(data).hexdigest() != ticket.sha256:
        raise Problem(
            404, "export_gone", "This export is no longer there. Make a new one in the room."
        )
    return data
