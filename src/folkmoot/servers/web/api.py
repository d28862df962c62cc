"""The API as a Litestar application."""

from __future__ import annotations

from typing import Final

from litestar import Litestar
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from folkmoot import __version__
from folkmoot.servers.web.admin_api import admin_handlers
from folkmoot.servers.web.decks_api import deck_handlers
from folkmoot.servers.web.docs_page import DocsPage
from folkmoot.servers.web.exports_api import export_handlers
from folkmoot.servers.web.files_api import file_handlers
from folkmoot.servers.web.problems import handle
from folkmoot.servers.web.rooms_api import room_handlers
from folkmoot.servers.web.services import Services
from folkmoot.servers.web.uploads_api import upload_handlers
from folkmoot.servers.web.zone_api import zone_handlers

BODY_BYTES_MAX: Final = 64 * 1024


def build_api(services: Services) -> Litestar:
    """The application; everything it knows is in `services`."""
    return Litestar(
        route_handlers=[
            *room_handlers(services),
            *export_handlers(services),
            *upload_handlers(services), *file_handlers(services), *deck_handlers(services),
            *zone_handlers(services), *admin_handlers(services),
        ],
        exception_handlers={Exception: handle},
        request_max_body_size=BODY_BYTES_MAX,
        logging_config=None,
        openapi_config=OpenAPIConfig(
            title="Folkmoot",
            version=__version__,
            description="Errors are JSON with a code for programs and a message for people.",
            use_handler_docstrings=True,
            path="/api/docs",
            render_plugins=[DocsPage(), JsonRenderPlugin(path="/openapi.json")],
        ),
    )
