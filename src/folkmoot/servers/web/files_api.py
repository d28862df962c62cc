"""Files over HTTP: their bytes, for who was given a ticket, so that no browser would run them."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from typing import Any, Final

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from folkmoot.errors import Refused
from folkmoot.ports import ObjectInfo
from folkmoot.servers.doors import tickets
from folkmoot.servers.files.names import disposition
from folkmoot.servers.named import describe_named
from folkmoot.servers.web.problems import Problem, documented
from folkmoot.servers.web.services import Services, check_room
from folkmoot.servers.web.uploads_api import bearer_of

log = logging.getLogger(__name__)

AnyRequest = Request[Any, Any, Any]

OTHER: Final = "application/octet-stream"
SHOWN: Final = ("image/png", "image/jpeg", "image/gif", "image/webp")
"""Types that are told as such; they were decoded once when they came (see `files.kinds`)."""

CONFINED: Final = "default-src 'none'; sandbox"
_RANGE: Final = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")


def file_handlers(services: Services) -> list[HTTPRouteHandler]:
    """The handler under `/api/v1/rooms/{slug}/files`."""

    @get(
        "/api/v1/rooms/{slug:str}/files/{file:str}",
        summary="Download a file",
        response_description="The bytes, as a download; ranges are answered",
        responses={
            200: ResponseSpec(None, description="The bytes", media_type=OTHER),
            **documented(400, 403, 404, 503),
        },
    )
    async def download_file(
        slug: FromPath[str],
        file: FromPath[str],
        request: AnyRequest,
        ticket: FromQuery[str] = "",
        preview: FromQuery[bool] = False,
    ) -> Response[Any]:
        """Gives a file to who has a ticket: the answer to the conference's query `file`. It comes
        in the header Authorization, or as `ticket` in a link."""
        key = await services.through_engine(services.keys.signing)
        told = tickets.FileTicket.verify(key, ticket or bearer_of(request), services.now_ms())
        if told.file != file:
            raise Refused("token_invalid")
        await check_room(services, slug, told.conference)
        name = told.preview if preview else told.object
        type_ = "image/webp" if preview else told.type if told.type in SHOWN else OTHER
        return await serve_object(
            services, request, name, type_, {"Content-Disposition": disposition(told.name)}
        )

    return [download_file]


async def serve_object(
    services: Services, request: AnyRequest, name: str, type_: str, headers: dict[str, str]
) -> Response[Any]:
    """An object's bytes, or the part that was asked for. Errors: `Problem`."""
    objects = services.engine.objects
    info = await services.through_engine(lambda: describe_named(objects, name)) if name else None
    if info is None:
        raise Problem(404, "file_gone", "This file is no longer there.")
    etag = f'"{info.sha256}"'
    headers = headers | {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Content-Security-Policy": CONFINED,
        "Cache-Control": "private, no-cache",
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(None, status_code=304, headers=headers)
    asked = request.headers.get("range", "")
    if request.headers.get("if-range", etag) != etag:
        asked = ""
    first, after, status = _part(asked, info.bytes)
    if status == 416:
        raise Problem(416, "range_unsatisfiable", f"The file has {info.bytes} bytes.")
    if status == 206:
        headers["Content-Range"] = f"bytes {first}-{after - 1}/{info.bytes}"
    headers["Content-Length"] = str(after - first)
    if request.scope.get("head"):
        after = first
    body = _bytes(services, info, first, after)
    return Stream(body, status_code=status, headers=headers, media_type=type_)


async def _bytes(
    services: Services, info: ObjectInfo, first: int, after: int
) -> AsyncIterator[bytes]:
    """Errors: `Damaged`, which breaks the download off: it must not look whole."""
    left = after - first
    if not left:
        return
    with services.giving_bytes():
        pieces = services.engine.objects.read(info, first)
        async for piece in pieces:
            yield piece[:left] if len(piece) > left else piece
            left -= len(piece)
            if left <= 0:
                return


def _part(asked: str, size: int) -> tuple[int, int, int]:
    """First byte, the byte after the last, and the status; several ranges are answered whole."""
    told = _RANGE.fullmatch(asked.strip())
    if told is None or told[1] == told[2] == "":
        return 0, size, 200
    if told[1] == "":
        count = int(told[2])
        return (max(0, size - count), size, 206) if count else (0, 0, 416)
    first, last = int(told[1]), int(told[2]) if told[2] else size - 1
    if first >= size or last < first:
        return 0, 0, 416
    return first, min(last + 1, size), 206
