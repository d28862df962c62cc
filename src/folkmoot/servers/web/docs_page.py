"""The API's description as one page, made on the server: no script, nothing from elsewhere."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from typing import Any, Final

from litestar.connection import Request
from litestar.openapi.plugins import OpenAPIRenderPlugin

SCHEMA_PATH: Final = "/api/docs/openapi.json"

_STYLE: Final = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
section { border-top: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
code, pre { font: 14px/1.5 ui-monospace, monospace; }
pre { overflow-x: auto; padding: .5rem; border: 1px solid
  color-mix(in srgb, currentColor 25%, transparent); border-radius: 4px; }
h2 code { font-size: 1.1rem; }
"""


class DocsPage(OpenAPIRenderPlugin):
    """Litestar's hook for a page about the API."""

    def __init__(self) -> None:
        super().__init__(path="/")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return page(openapi_schema).encode()


def page(schema: Mapping[str, Any]) -> str:
    """The whole page for an OpenAPI document."""
    info = schema["info"]
    sections = [
        _operation(method.upper(), path, operation)
        for path, item in schema["paths"].items()
        for method, operation in item.items()
        if isinstance(operation, dict)
    ]
    shapes = [
        f"<h3 id='{html.escape(name)}'><code>{html.escape(name)}</code></h3>{_pretty(shape)}"
        for name, shape in schema.get("components", {}).get("schemas", {}).items()
    ]
    title = f"{html.escape(info['title'])} {html.escape(info['version'])}"
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width'>"
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{title}</h1><p>{html.escape(info.get('description') or '')}</p>"
        f"<p>The same for programs: <a href='{SCHEMA_PATH}'>OpenAPI as JSON</a>.</p>"
        f"{''.join(sections)}<section><h2>Shapes</h2>{''.join(shapes)}</section>"
        "</main></body></html>"
    )


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    parts = []
    parts.append(
        f"<section><h2><code>{method} {html.escape(path)}</code></h2>"
        f"<p><strong>{html.escape(operation.get('summary', ''))}</strong> "
        f"{html.escape(operation.get('description', ''))}</p>"
    )
    body = operation.get("requestBody")
    if body:
        parts.append(f"<p>Body: {_shape_of(body)}</p>")
    parts.append("<ul>")
    for status, response in operation.get("responses", {}).items():
        told = html.escape(response.get("description", ""))
        parts.append(f"<li><code>{html.escape(status)}</code> {told} {_shape_of(response)}</li>")
    parts.append("</ul></section>")
    return "".join(parts)


def _shape_of(holder: Mapping[str, Any]) -> str:
    for content in holder.get("content", {}).values():
        reference = content.get("schema", {}).get("$ref", "")
        if reference:
            name = html.escape(reference.rpartition("/")[2])
            return f"<a href='#{name}'><code>{name}</code></a>"
    return ""


def _pretty(shape: Any) -> str:
    return f"<pre>{html.escape(json.dumps(shape, indent=2))}</pre>"
