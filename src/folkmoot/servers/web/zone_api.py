"""The zone over HTTP: servers, status, health, metrics."""

from __future__ import annotations

from typing import Any

from litestar import MediaType, get
from litestar.handlers import HTTPRouteHandler

from folkmoot.errors import OperatorError
from folkmoot.servers.web.problems import Problem, documented
from folkmoot.servers.web.rooms_api import AnyRequest, address_of
from folkmoot.servers.web.schemas import Health, ServerList, Site
from folkmoot.servers.web.services import Services


def zone_handlers(services: Services) -> list[HTTPRouteHandler]:
    """The handlers about the zone and this process."""

    @get(
        "/api/v1/servers",
        summary="Collaboration servers, best first",
        response_description="The servers",
    )
    async def servers(request: AnyRequest) -> ServerList:
        return ServerList(servers=services.servers(address_of(request)))

    @get(
        "/api/v1/status",
        summary="Processes of the zone",
        response_description="Zone, nodes and processes",
        responses=documented(503),
    )
    async def status() -> dict[str, Any]:
        """The same as `folkmoot status --json`."""
        try:
            return await services.query_status()
        except (OperatorError, OSError):
            raise Problem(
                503,
                "manager_unavailable",
                "The process manager does not answer just now. Try again in a few seconds.",
                retry_after_s=2,
            ) from None

    @get("/livez", summary="Whether this process works", response_description="It does")
    async def livez() -> Health:
        return Health(ok=True)

    @get(
        "/readyz",
        summary="Whether people can join",
        response_description="They can",
        responses=documented(503),
    )
    async def readyz() -> Health:
        why = services.not_ready_because()
        if why:
            raise Problem(503, "not_ready", why, retry_after_s=1)
        return Health(ok=True)

    @get(
        "/metrics",
        summary="Counters as Prometheus text",
        response_description="The counters",
        media_type=MediaType.TEXT,
    )
    async def metrics() -> str:
        return services.metrics.text(
            {
                "engine_connected": (
                    "1 while the engine is connected.",
                    float(services.engine.connected),
                ),
                "collaboration_servers_ready": (
                    "Collaboration servers that take clients.",
                    len(services.zone.ranked_servers()),
                ),
                "zone_processes": (
                    "Processes this one knows to be alive.",
                    len(services.zone.processes()),
                ),
            }
        )

    return [servers, _site(services), status, livez, readyz, metrics]


def _site(services: Services) -> HTTPRouteHandler:
    @get(
        "/api/v1/site",
        summary="What a page tells everybody",
        response_description="Whether the connection is open to others",
    )
    async def site(request: AnyRequest) -> Site:
        """What people should know of the address they came by, before they write anything."""
        return Site(insecure=services.unencrypted and request.scope["scheme"] == "http")

    return site
