"""Rooms over HTTP: create one, look at it, join it."""

from __future__ import annotations

from typing import Any

from litestar import Request, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody

from folkmoot.protocol.limits import TICKET_LIFETIME_MS
from folkmoot.servers.doors import names, tickets
from folkmoot.servers.doors.rooms import (
    RoomRecord,
    host_path,
    new_id,
    participant_path,
    role_for,
)
from folkmoot.servers.web.problems import documented, too_often, unknown_room
from folkmoot.servers.web.rates import Rates
from folkmoot.servers.web.schemas import (
    CreateRoom,
    Joined,
    JoinRoom,
    RoomCreated,
    RoomInfo,
    RoomLinks,
)
from folkmoot.servers.web.services import Services

AnyRequest = Request[Any, Any, Any]


def address_of(request: AnyRequest) -> str:
    """The address by which the client sees us, as `http://host:port`; the Host was checked."""
    return f"{request.scope['scheme']}://{request.headers['host']}"


def room_handlers(services: Services) -> list[HTTPRouteHandler]:
    """The handlers under `/api/v1/rooms`."""
    return [_creating(services), _showing(services), _joining(services)]


def _admit(rates: Rates, request: AnyRequest, now_ms: int) -> None:
    client = request.scope.get("client")
    wait_s = rates.wait_s(client[0] if client else "", now_ms)
    if wait_s:
        raise too_often(wait_s)


async def _find(services: Services, slug: str) -> RoomRecord:
    record = await services.through_engine(lambda: services.rooms.find(slug))
    if record is None:
        raise unknown_room()
    return record


def _creating(services: Services) -> HTTPRouteHandler:
    @post(
        "/api/v1/rooms",
        status_code=201,
        summary="Create a room",
        response_description="The room with its links",
        responses=documented(400, 429, 503),
    )
    async def create_room(data: JSONBody[CreateRoom], request: AnyRequest) -> RoomCreated:
        """Makes a room. Keep the host link: it is told only here."""
        _admit(services.creations, request, services.now_ms())
        created = services.rooms.draft(names.title(data.title))
        await services.through_engine(lambda: services.rooms.store(created))
        record, address = created.record, address_of(request)
        return RoomCreated(
            id=record.id,
            slug=record.slug,
            title=record.title,
            links=RoomLinks(
                host=address + host_path(record.slug, created.host_key),
                participant=address + participant_path(record.slug),
            ),
        )

    return create_room


def _showing(services: Services) -> HTTPRouteHandler:
    @get(
        "/api/v1/rooms/{slug:str}",
        summary="Look at a room",
        response_description="The room",
        responses=documented(400, 404, 429, 503),
    )
    async def show_room(slug: FromPath[str], request: AnyRequest) -> RoomInfo:
        """Tells a room's title to who has its link."""
        _admit(services.joins, request, services.now_ms())
        record = await _find(services, slug)
        return RoomInfo(slug=record.slug, title=record.title)

    return show_room


def _joining(services: Services) -> HTTPRouteHandler:
    @post(
        "/api/v1/rooms/{slug:str}/join",
        status_code=200,
        summary="Join a room",
        response_description="A ticket, and where to use it",
        responses=documented(400, 403, 404, 429, 503),
    )
    async def join_room(
        slug: FromPath[str], data: JSONBody[JoinRoom], request: AnyRequest
    ) -> Joined:
        """Gives a ticket for the first frame to one of the servers, and the servers."""
        _admit(services.joins, request, services.now_ms())
        name = names.display_name(data.name)
        record = await _find(services, slug)
        role = role_for(record, data.key)
        key = await services.through_engine(services.keys.signing)
        servers = await services.servers_soon(address_of(request), record.id)
        ticket = tickets.Ticket(
            conference=record.id,
            person=new_id(),
            session=new_id(),
            name=name,
            role=role,
            expires_ms=services.now_ms() + TICKET_LIFETIME_MS,
        )
        return Joined(
            ticket=tickets.sign_ticket(key, ticket),
            session=ticket.session,
            person=ticket.person,
            name=name,
            role=role,
            servers=servers,
        )

    return join_room
