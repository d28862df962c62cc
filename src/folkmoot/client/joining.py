"""Joining: asking a web server for a ticket."""

from __future__ import annotations

import ssl
from typing import Any, Final

import httpx
import msgspec

from folkmoot.client.errors import JoinRefused

REQUEST_TIMEOUT_S: Final = 10.0


class Admission(msgspec.Struct, frozen=True):
    """Shape: `paths` are the servers', best first; `person_token` makes the next join the same
    person."""

    ticket: str
    paths: list[str]
    person_token: str = ""


def trust(base_url: str, tls: ssl.SSLContext | str | None) -> ssl.SSLContext | None:
    """Whom to believe that they are the server: a context, a file of authorities, or the system's.

    Shape: None for plain HTTP. Reading the system's authorities takes longer than all else here.
    Errors: OSError for a file that cannot be read.
    """
    if base_url.lower().startswith("http:"):
        return None
    if isinstance(tls, ssl.SSLContext):
        return tls
    return ssl.create_default_context(cafile=tls)


async def ask(
    base_url: str, room: str, body: dict[str, Any], encryption: ssl.SSLContext | None
) -> Admission:
    """Asks for a ticket with the body of the HTTP API.

    Errors: `JoinRefused` with the server's sentence, `ConnectionError` when nobody answers.
    """
    try:
        async with httpx.AsyncClient(
            timeout=REQUEST_TIMEOUT_S, trust_env=False, verify=encryption or False
        ) as http:
            answer = await http.post(f"{base_url.rstrip('/')}/api/v1/rooms/{room}/join", json=body)
    except httpx.TransportError as error:
        raise ConnectionError(f"No server answers at {base_url}: {error}") from error
    told = answer.json()
    if answer.is_error:
        raise JoinRefused(told.get("code", "refused"), told.get("message", answer.text))
    paths = [server["path"] for server in told["servers"]]
    return Admission(told["ticket"], paths, told.get("person_token", ""))


def request(
    name: str, key: str = "", *, person: str = "", device: str = "", passcode: str = ""
) -> dict[str, Any]:
    """The body: what is empty is left out."""
    told = {"name": name, "key": key, "person": person, "device": device, "passcode": passcode}
    return {field: value for field, value in told.items() if value or field == "name"}
