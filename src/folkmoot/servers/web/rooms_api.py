"""Rooms over HTTP: create one, look at it, join it."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody

from folkmoot.conference.batch import RoomPlan
from folkmoot.conference.doors import passcode_proof
from folkmoot.conference.rights import SETTINGS
from folkmoot.errors import Refused
from folkmoot.servers.doors import names, tickets
from folkmoot.servers.doors.rooms import (
    RoomRecord,
    host_path,
    new_id,
    participant_path,
    role_for,
    viewer_path,
)
from folkmoot.servers.web.problems import Problem, documented, too_often, unknown_room
from folkmoot.servers.web.rates import Rates, network_of
from folkmoot.servers.web.schemas import (
    CreateRoom,
    Joined,
    JoinRoom,
    RoomCreated,
    RoomInfo,
    RoomLinks,
)
from folkmoot.servers.web.services import Services

DEVICE_CHARACTERS_MAX: Final = 64

AnyRequest = Request[Any, Any, Any]


def address_of(request: AnyRequest) -> str:
    """The address by which the client sees us, as `http://host:port`; the Host was checked."""
    return f"{request.scope['scheme']}://{request.headers['host']}"


def room_handlers(services: Services) -> list[HTTPRouteHandler]:
    """The handlers under `/api/v1/rooms`."""
    return [_creating(services), _showing(services), _joining(services)]


def network_asking(request: AnyRequest) -> str:
    client = request.scope.get("client")
    return network_of(client[0] if client else "")


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
        responses=documented(400, 415, 429, 503),
    )
    async def create_room(data: JSONBody[CreateRoom], request: AnyRequest) -> RoomCreated:
        """Makes a room. Keep the host link: it is told only here."""
        _admit(services.creations, request, services.now_ms())
        created = services.rooms.draft(names.title(data.title), _plan(data))
        await services.through_engine(lambda: services.rooms.store(created))
        key = await services.through_engine(services.keys.signing)
        record, address = created.record, address_of(request)
        viewers = tickets.viewer_key(key, record.id)
        return RoomCreated(
            id=record.id,
            slug=record.slug,
            title=record.title,
            links=RoomLinks(
                host=address + host_path(record.slug, created.host_key),
                participant=address + participant_path(record.slug),
                viewer=address + viewer_path(record.slug, viewers),
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
        responses=documented(400, 403, 404, 415, 429, 503),
    )
    async def join_room(
        slug: FromPath[str], data: JSONBody[JoinRoom], request: AnyRequest
    ) -> Joined:
        """Gives a ticket for the first frame to one of the servers, and the servers."""
        _admit(services.joins, request, services.now_ms())
        name = names.display_name(data.name)
        record = await _find(services, slug)
        key = await services.through_engine(services.keys.signing)
        ticket = _ticket(data, name, record, key, network_asking(request), services.now_ms())
        servers = await services.servers_soon(address_of(request), record.id)
        return Joined(
            ticket=ticket.sign(key),
            session=ticket.session,
            person=ticket.person,
            name=name,
            role=ticket.role,
            servers=servers,
            person_token=_token_of(ticket, services.now_ms()).sign(key),
        )

    return join_room


def _plan(data: CreateRoom) -> RoomPlan | None:
    """How the doors of a new room begin; none where all is as usual."""
    unknown = [name for name in data.closed if name not in SETTINGS]
    if unknown:
        raise Problem(400, "request_malformed", f"There is no setting called {unknown[0][:40]!r}.")
    plan = RoomPlan(
        lobby=data.lobby,
        passcode=names.passcode(data.passcode),
        participants_max=data.participants_max,
        close_when_empty_ms=data.close_when_empty_ms,
        closed=tuple(data.closed),
    )
    return None if plan == RoomPlan() else plan


def _ticket(
    data: JoinRoom, name: str, record: RoomRecord, key: bytes, network: str, now_ms: int
) -> tickets.Ticket:
    """Errors: `Refused` for a key that is wrong, or an invitation that is."""
    told = _person(data.person, record, key, now_ms)
    invited = told is not None and told.role != ""
    if told is not None and told.role and not data.key:
        role: tickets.Role = told.role
    else:
        role = role_for(record, data.key, tickets.viewer_key(key, record.id))
    return tickets.Ticket(
        conference=record.id,
        person=told.person if told else new_id(),
        session=new_id(),
        name=name,
        role=role,
        expires_ms=tickets.Ticket.expiry_ms(now_ms),
        device=tickets.hidden(key, record.id, "device", data.device[:DEVICE_CHARACTERS_MAX]),
        address=tickets.hidden(key, record.id, "address", network),
        passcode=_passcode_proof(record.id, data.passcode),
        invited=invited,
        plan=record.plan,
    )


def _person(
    text: str | None, record: RoomRecord, key: bytes, now_ms: int
) -> tickets.PersonToken | None:
    """Who says to come. What a browser kept and is of no use any more makes a new person."""
    if not text:
        return None
    try:
        told = tickets.PersonToken.verify(key, text, now_ms)
    except Refused as refused:
        if refused.code == "token_expired":
            return None
        raise
    if told.conference != record.id:
        raise Refused("token_invalid")
    return told


def _token_of(ticket: tickets.Ticket, now_ms: int) -> tickets.PersonToken:
    expires_ms = tickets.PersonToken.expiry_ms(now_ms)
    return tickets.PersonToken(ticket.conference, ticket.person, "", "", expires_ms)


def _passcode_proof(conference: str, given: str) -> str:
    passcode = names.passcode(given)
    return passcode_proof(conference, passcode) if passcode else ""
