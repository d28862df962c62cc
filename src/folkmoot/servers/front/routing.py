"""The front door's decision: from the first bytes of a connection to who gets it. Pure.

Only the request line is looked at, and nothing is consumed: the process that gets the socket
reads and judges the whole request itself. May not live here: sockets, time.
"""

from __future__ import annotations

import enum
import re
from typing import Final, NamedTuple

from folkmoot.servers.front.hello import HANDSHAKE_RECORD, read_hello

REQUEST_LINE_BYTES_MAX: Final = 8 * 1024

_TOKEN: Final = re.compile(rb"[A-Z]{1,16}\Z")
_TARGET: Final = re.compile(rb"(?:[a-zA-Z]{2,8}://[^/?#]*)?(/[^?#]*)")
_SERVER: Final = re.compile(rb"/s/([a-z0-9][a-z0-9-]{0,62})(?:/|\Z)")
_EDITOR: Final = re.compile(rb"/(?:yjs/|hocuspocus(?:/|\Z))")


class Kind(enum.Enum):
    MORE = "more"
    """The request line is not complete."""
    SERVER = "server"
    """For the process named in `server`."""
    WEB = "web"
    """For any web server."""
    EDITOR = "editor"
    """An editor that is not ours: for any collaboration server, the same one for the same `key`."""
    TLS = "tls"
    """Encrypted: for the process named in `server` if that runs, else for one of `roles`."""
    REFUSE = "refuse"
    """Answer with `status` and `text`, and close."""


class Decision(NamedTuple):
    kind: Kind
    server: str = ""
    status: int = 0
    text: str = ""
    roles: tuple[str, ...] = ()
    key: str = ""


MORE: Final = Decision(Kind.MORE)
WEB: Final = Decision(Kind.WEB)
NOT_HTTP: Final = Decision(
    Kind.REFUSE, status=400, text="This port speaks plain HTTP; this was not an HTTP request."
)
NOT_TLS: Final = Decision(
    Kind.REFUSE,
    status=400,
    text="This port speaks HTTPS only. Put https:// in front of the address.",
)
LINE_TOO_LONG: Final = Decision(
    Kind.REFUSE, status=414, text="The address is too long. Use a link of at most 8000 characters."
)
TOO_LATE: Final = Decision(
    Kind.REFUSE, status=408, text="The request did not arrive in time. Try again."
)


def decide(head: bytes) -> Decision:
    """Says where a connection goes whose first bytes are `head`.

    Shape: MORE only while `head` could still become a request line and is within the limit; the
    answer for longer bytes that begin with `head` is the same unless it was MORE.
    """
    line_start = head.lstrip(b"\r\n") if head[:1] in (b"\r", b"\n") else head
    line, newline, _ = line_start.partition(b"\n")
    method, space, rest = line.partition(b" ")
    if space or newline or len(method) > 16:
        if not _TOKEN.match(method):
            return NOT_HTTP
    elif method and not method.isalpha():
        return NOT_HTTP
    if not newline:
        return MORE if len(head) < REQUEST_LINE_BYTES_MAX else LINE_TOO_LONG
    if len(line) > REQUEST_LINE_BYTES_MAX:
        return LINE_TOO_LONG
    target, _, version = rest.rstrip(b"\r").rpartition(b" ")
    if not version.startswith(b"HTTP/"):
        return NOT_HTTP
    path = _TARGET.match(target)
    server = _SERVER.match(path[1]) if path else None
    if path and _EDITOR.match(path[1]):
        # Editors of one address meet on one server; those of bare Hocuspocus may be of any room.
        key = "" if path[1].rstrip(b"/") == b"/hocuspocus" else path[1].decode("latin-1")
        return Decision(Kind.EDITOR, roles=EDITORS, key=key)
    return Decision(Kind.SERVER, server=server[1].decode("ascii")) if server else WEB


EDITORS: Final = ("collaboration-",)
PAGES_FIRST: Final = ("web-", "collaboration-")
MEETINGS_FIRST: Final = ("collaboration-", "web-")
PROCESS_NAME: Final = re.compile(r"(collaboration-[a-z0-9-]{1,40})\..+")


def decide_encrypted(head: bytes) -> Decision:
    """The same for a port where everything must be encrypted: nobody can look at the request.

    Shape: a name such as `collaboration-1.example.org` chooses the process. Without one, who also
    offers HTTP/2 is a browser that asks for pages; it never does so for a WebSocket. A wrong guess
    is put right by who decrypts.
    """
    if head and head[0] != HANDSHAKE_RECORD:
        return NOT_TLS
    hello = read_hello(head, complete=len(head) >= REQUEST_LINE_BYTES_MAX)
    if hello is None:
        return MORE
    named = PROCESS_NAME.fullmatch(hello.name)
    roles = PAGES_FIRST if "h2" in hello.protocols and named is None else MEETINGS_FIRST
    return Decision(Kind.TLS, server=named[1] if named else "", roles=roles)


_PHRASES: Final = {
    400: "Bad Request",
    408: "Request Timeout",
    414: "URI Too Long",
    503: "Service Unavailable",
}


def answer(status: int, text: str) -> bytes:
    """A whole small HTTP response that ends its connection."""
    body = text.encode() + b"\n"
    head = (
        f"HTTP/1.1 {status} {_PHRASES[status]}\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Cache-Control: no-store\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        f"Content-Length: {len(body)}\r\n"
        + ("Retry-After: 1\r\n" if status == 503 else "")
        + "Connection: close\r\n\r\n"
    )
    return head.encode("ascii") + body
