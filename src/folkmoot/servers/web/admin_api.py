"""GET /api/v1/zone: the zone for its operator, who shows an admin token."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final

from litestar import get
from litestar.handlers import HTTPRouteHandler

from folkmoot.errors import Refused
from folkmoot.ports import LogUnavailable
from folkmoot.servers.doors.tickets import AdminToken
from folkmoot.servers.web.problems import Problem, documented, too_often
from folkmoot.servers.web.rates import Rates
from folkmoot.servers.web.rooms_api import AnyRequest
from folkmoot.servers.web.services import Services

FAILURES_PER_MINUTE_MAX: Final = 10
FOLLOWERS_LOOKS: Final = 3
FOLLOWERS_WAIT_S: Final = 0.1

log = logging.getLogger("folkmoot.security")


def admin_handlers(services: Services) -> list[HTTPRouteHandler]:
    """The handlers that need an admin token."""
    failures = Rates(FAILURES_PER_MINUTE_MAX)

    @get(
        "/api/v1/zone",
        summary="The zone for its operator",
        response_description="Nodes, processes, conferences and recent failures",
        responses=documented(401, 429, 503),
    )
    async def zone(request: AnyRequest) -> dict[str, Any]:
        """Needs `Authorization: Bearer` with what `folkmoot token --admin` prints."""
        await _admit(services, failures, request)
        if services.watch is None:
            raise Problem(503, "not_ready", "The server is starting. Try again.", retry_after_s=1)
        return await services.watch.look()

    return [zone]


async def _admit(services: Services, failures: Rates, request: AnyRequest) -> None:
    """Errors: `Problem` 401, 429 after too many failures from one network, 503."""
    client = request.scope.get("client")
    address = client[0] if client else ""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    key = await services.through_engine(services.keys.signing)
    try:
        shown = token.strip() if kind.lower() == "bearer" else ""
        found = AdminToken.verify(key, shown, services.now_ms())
        if not await _counts(services, found.id):
            raise Refused("token_invalid")
    except Refused as refused:
        wait_s = failures.wait_s(address, services.now_ms()) if token else 0
        if wait_s:
            raise too_often(wait_s) from None
        if token:
            log.warning("an admin token from %s was refused: %s", address, refused.code)
        expired = refused.code == "token_expired"
        raise Problem(
            401,
            "token_expired" if expired else "token_invalid",
            ("This admin token has expired." if expired else "An admin token is needed here.")
            + " Print a new one on the server with: folkmoot token --admin.",
        ) from None


async def _counts(services: Services, id: str) -> bool:
    """Whether a token with a good signature was not revoked.

    Shape: while the engine is away nobody can tell, and an operator needs this page then most.
    """
    try:
        # A follower may not have yet what was written a moment ago.
        for _ in range(FOLLOWERS_LOOKS):
            if await services.admins.counts(id):
                return True
            await asyncio.sleep(FOLLOWERS_WAIT_S)
    except LogUnavailable:
        return True
    return False
