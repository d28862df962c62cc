"""Uploads over HTTP: tus 1.0 with its extensions creation, expiration and termination.

A server keeps nothing of an upload but the piece that it is about to store: any web server of the
zone goes on with it at any moment. See docs/files.md.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import email.utils
import logging
from typing import Any, Final

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery

from folkmoot.errors import Refused
from folkmoot.ports import Conflict, LogUnavailable
from folkmoot.servers.applications.work import FILES
from folkmoot.servers.doors import tickets
from folkmoot.servers.doors.rooms import is_id, new_id
from folkmoot.servers.files import names
from folkmoot.servers.files.records import (
    COMPLETE,
    ENDED,
    RECEIVING,
    Found,
    UploadRecord,
)
from folkmoot.servers.web.problems import Problem, documented, too_often
from folkmoot.servers.web.schemas import UploadState
from folkmoot.servers.web.services import Services, check_room
from folkmoot.servers.web.upload_bytes import parts_of, refuse_full, store_full, take
from folkmoot.servers.web.upload_gate import TUS_VERSION

log = logging.getLogger(__name__)

AnyRequest = Request[Any, Any, Any]

UPLOADS_EACH_MAX: Final = 8
UPLOADS_ROOM_MAX: Final = 64
"""Uploads of one person, and of one conference, that are under way."""

METADATA_CHARACTERS_MAX: Final = 4_096
LENGTH_DIGITS_MAX: Final = 15
OUTCOME_WAIT_S_MAX: Final = 10
OUTCOME_EVERY_S: Final = 0.2
ASK_EVERY_S: Final = 2.0
CHANGES_MAX: Final = 10

_PATH: Final = "/api/v1/rooms/{slug:str}/uploads"


def unknown_upload() -> Problem:
    return Problem(
        404, "upload_unknown", "This upload is no longer there. Begin again with the whole file."
    )


def upload_handlers(services: Services) -> list[HTTPRouteHandler]:
    """The handlers under `/api/v1/rooms/{slug}/uploads`."""
    return [_creating(services), _telling(services), _taking(services), _ending(services)]


def bearer_of(request: AnyRequest) -> str:
    """The ticket in the header `Authorization`. Errors: `Refused`."""
    scheme, _, ticket = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not ticket:
        raise Refused("token_invalid")
    return ticket.strip()


async def _admitted(services: Services, slug: str, request: AnyRequest) -> tickets.UploadTicket:
    """Who asks. Errors: `Refused`, `Problem`."""
    version = request.headers.get("tus-resumable", TUS_VERSION)
    if version != TUS_VERSION:
        raise Problem(412, "tus_version", f"This server speaks version {TUS_VERSION} of tus.")
    key = await services.through_engine(services.keys.signing)
    ticket = tickets.UploadTicket.verify(key, bearer_of(request), services.now_ms())
    await check_room(services, slug, ticket.conference)
    return ticket


async def _find(services: Services, ticket: tickets.UploadTicket, upload: str) -> Found:
    """Errors: `Problem` 404, also for what is somebody else's."""
    found = None
    if is_id(upload):
        found = await services.through_engine(
            lambda: services.uploads.find(ticket.conference, upload)
        )
    if found is None or found.record.person != ticket.person:
        raise unknown_upload()
    return found


def _headers(services: Services, record: UploadRecord, offset: int) -> dict[str, str]:
    expires_s = (services.now_ms() + services.settings.upload_idle_ms) / 1_000
    return {
        "Tus-Resumable": TUS_VERSION,
        "Upload-Offset": str(offset),
        "Upload-Length": str(record.bytes),
        "Upload-Expires": email.utils.formatdate(expires_s, usegmt=True),
        "Cache-Control": "no-store",
    }


def _creating(services: Services) -> HTTPRouteHandler:
    @post(
        _PATH,
        status_code=201,
        summary="Begin an upload (tus)",
        response_description="The upload's address is in the header Location",
        responses=documented(400, 403, 404, 413, 429, 503, 507),
    )
    async def begin_upload(slug: FromPath[str], request: AnyRequest) -> Response[None]:
        """Takes Upload-Length and Upload-Metadata (name, purpose), for who has a ticket: the
        answer to the conference's query `upload`."""
        client = request.scope.get("client")
        wait_s = services.upload_rates.wait_s(client[0] if client else "", services.now_ms())
        if wait_s:
            raise too_often(wait_s)
        ticket = await _admitted(services, slug, request)
        length = _number(request.headers.get("upload-length", ""), "Upload-Length")
        told = metadata_of(request.headers.get("upload-metadata", ""))
        if told.get("purpose", ticket.purpose) != ticket.purpose:
            raise Refused("token_invalid")
        _check_length(length, ticket)
        await _check_room(services, ticket)
        if services.store_full():
            raise store_full()
        record = UploadRecord(
            ticket.conference,
            new_id(),
            ticket.person,
            ticket.purpose,
            names.clean(told.get("name") or told.get("filename") or ""),
            length,
            services.now_ms(),
        )
        await _create(services, record)
        headers = _headers(services, record, 0)
        headers["Location"] = f"/api/v1/rooms/{slug}/uploads/{record.upload}"
        return Response(None, status_code=201, headers=headers)

    return begin_upload


async def _create(services: Services, record: UploadRecord) -> None:
    async def once() -> None:
        try:
            await services.uploads.create(record)
        except Conflict:
            return  # an earlier try, whose answer was lost: nobody else has this id

    try:
        await services.through_engine(once)
    except Problem as problem:
        raise (store_full() if problem.body.code == "storage_full" else problem) from None


def _number(text: str, header: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > LENGTH_DIGITS_MAX:
        raise Problem(400, "request_malformed", f"The header {header} must be a whole number.")
    return int(text)


def metadata_of(text: str) -> dict[str, str]:
    """What Upload-Metadata says. Errors: `Problem` 400."""
    told = {}
    try:
        if len(text) > METADATA_CHARACTERS_MAX:
            raise ValueError("too long")
        for pair in filter(None, (part.strip() for part in text.split(","))):
            key, _, value = pair.partition(" ")
            told[key] = base64.b64decode(value.strip(), validate=True).decode("utf-8")
    except (ValueError, binascii.Error):
        raise Problem(
            400,
            "request_malformed",
            "The header Upload-Metadata must be keys with values in base64, set apart by commas.",
        ) from None
    return told


def _check_length(length: int, ticket: tickets.UploadTicket) -> None:
    if length == 0:
        raise Problem(400, "empty", "The file is empty.")
    if length > ticket.bytes_max:
        megabytes = ticket.bytes_max / (1 << 20)
        raise Problem(
            413, "too_large", f"The file is too large: {megabytes:.0f} MB can be shared here now."
        )


async def _check_room(services: Services, ticket: tickets.UploadTicket) -> None:
    """Errors: `Problem` 429 when too many uploads are under way."""
    under_way = [
        record
        for record in await services.through_engine(lambda: services.uploads.of(ticket.conference))
        if record.phase not in ENDED
    ]
    own = sum(record.person == ticket.person for record in under_way)
    if own >= UPLOADS_EACH_MAX or len(under_way) >= UPLOADS_ROOM_MAX:
        raise Problem(
            429,
            "too_many_uploads",
            "Too many uploads are under way. Let one end first, or cancel one.",
            retry_after_s=5,
        )


# What became of it


def _telling(services: Services) -> HTTPRouteHandler:
    @get(
        _PATH + "/{upload:str}",
        summary="Look at an upload (tus)",
        response_description="How far it is, and what became of it",
        responses=documented(400, 403, 404, 503),
    )
    async def show_upload(
        slug: FromPath[str], upload: FromPath[str], request: AnyRequest, wait: FromQuery[int] = 0
    ) -> Response[UploadState]:
        """Tells the offset to go on from. With `wait`, waits so many seconds (10 at most) for the
        file to be examined."""
        ticket = await _admitted(services, slug, request)
        found = await _find(services, ticket, upload)
        found, offset = await _progress(services, found)
        if found.record.phase == COMPLETE:
            found = await _outcome(services, found, min(max(wait, 0), OUTCOME_WAIT_S_MAX))
        record = found.record
        state = UploadState(
            record.upload, record.phase, offset, record.bytes,
            record.file, record.code, record.message,
        )  # fmt: skip
        return Response(state, headers=_headers(services, record, offset))

    return show_upload


async def _progress(services: Services, found: Found) -> tuple[Found, int]:
    """Where it is. One that was left when only its end had to be noted is complete now."""
    record = found.record
    if record.phase != RECEIVING:
        return found, record.bytes
    unfinished = await services.through_engine(
        lambda: services.engine.objects.resume(record.upload)
    )
    if unfinished.bytes >= record.bytes:
        found = await _complete(services, found)
    return found, unfinished.bytes


async def _complete(services: Services, found: Found) -> Found:
    """Notes that all is there, and asks that it be examined. Errors: `Problem`."""

    async def once() -> Found:
        current = found
        for _ in range(CHANGES_MAX):
            if current.record.phase != RECEIVING:
                return current
            try:
                return await services.uploads.change(
                    current, phase=COMPLETE, complete_ms=services.now_ms()
                )
            except Conflict:
                newer = await services.uploads.find(found.record.conference, found.record.upload)
                if newer is None:
                    raise unknown_upload() from None
                current = newer
        raise LogUnavailable("the upload's record is written by others")

    try:
        complete = await services.through_engine(once)
    except Problem as problem:
        if problem.body.code == "storage_full":
            problem = await refuse_full(services, found.record)
        raise problem from None
    await _ask(services, complete.record)
    return complete


async def _ask(services: Services, record: UploadRecord) -> None:
    """Asks for the examination. May be lost: who waits asks again, and sweepers do."""
    work = {"conference": record.conference, "document": record.upload}
    try:
        await services.engine.messaging.publish(FILES, msgspec.msgpack.encode(work))
    except LogUnavailable as error:
        log.info("upload %s: %s", record.upload, error)


async def _outcome(services: Services, found: Found, wait_s: int) -> Found:
    """Waits for the end of the examination."""
    loop = asyncio.get_running_loop()
    ends_s, ask_s = loop.time() + wait_s, 0.0
    while found.record.phase == COMPLETE:
        if loop.time() >= ask_s:
            ask_s = loop.time() + ASK_EVERY_S
            await _ask(services, found.record)
        if loop.time() >= ends_s:
            break
        await asyncio.sleep(OUTCOME_EVERY_S)
        found = await _again(services, found.record)
    return found


async def _again(services: Services, record: UploadRecord) -> Found:
    """Errors: `Problem` 404."""
    newer = await services.through_engine(
        lambda: services.uploads.find(record.conference, record.upload)
    )
    if newer is None:
        raise unknown_upload()
    return newer


# The bytes


def _taking(services: Services) -> HTTPRouteHandler:
    @patch(
        _PATH + "/{upload:str}",
        status_code=204,
        request_max_body_size=None,
        summary="Go on with an upload (tus)",
        response_description="How far it is now, in Upload-Offset",
        responses=documented(400, 403, 404, 409, 413, 415, 503, 507),
    )
    async def take_bytes(
        slug: FromPath[str], upload: FromPath[str], request: AnyRequest
    ) -> Response[None]:
        """Takes bytes from Upload-Offset on. What was stored stays when the request breaks off."""
        ticket = await _admitted(services, slug, request)
        offset = _number(request.headers.get("upload-offset", ""), "Upload-Offset")
        found = await _find(services, ticket, upload)
        record = found.record
        found, stored = await _progress(services, found)
        if offset != stored:
            raise Problem(
                409, "wrong_offset", f"The upload stands at byte {stored}. Go on from there."
            )
        if found.record.phase == RECEIVING:
            with services.taking_bytes():
                stored = await take(services, record, offset, parts_of(request))
            if stored == record.bytes:
                await _complete(services, found)
        return Response(None, status_code=204, headers=_headers(services, record, stored))

    return take_bytes


def _ending(services: Services) -> HTTPRouteHandler:
    @delete(
        _PATH + "/{upload:str}",
        status_code=204,
        summary="Cancel an upload (tus)",
        responses=documented(400, 403, 404, 409, 503),
    )
    async def cancel_upload(
        slug: FromPath[str], upload: FromPath[str], request: AnyRequest
    ) -> Response[None]:
        """Ends an upload that is under way, and leaves nothing of it."""
        ticket = await _admitted(services, slug, request)
        found = await _find(services, ticket, upload)
        if found.record.phase != RECEIVING:
            raise Problem(409, "upload_over", "All of it has come. Remove the file instead.")
        await services.through_engine(lambda: services.engine.objects.drop(upload))
        await services.through_engine(lambda: services.uploads.forget(found.record))
        return Response(None, status_code=204, headers={"Tus-Resumable": TUS_VERSION})

    return cancel_upload
