"""Headers that every answer carries. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from folkmoot.servers.doors.origin import host_sane

_CSP: Final = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "font-src 'self' data:; img-src 'self' data: blob:; media-src 'self' blob:; "
    "worker-src 'self' blob:; manifest-src 'self'; connect-src 'self'{sockets} data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
_PERMISSIONS: Final = (
    b"camera=(self), microphone=(self), display-capture=(self), geolocation=(), usb=(), "
    b"payment=(), browsing-topics=()"
)
_FIXED: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", _PERMISSIONS),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


_HSTS: Final = (b"strict-transport-security", b"max-age=31536000")


def security_headers(
    host: str, origins: Collection[str] = (), *, always_encrypted: bool = False
) -> list[tuple[bytes, bytes]]:
    """The headers for a request to this Host.

    Shape: the policy names the host's WebSocket addresses, for not every browser counts them as
    'self', and the zone's nodes, which are at `origins`; a Host that is not sane is never put into
    it. A host that is `always_encrypted` is to be asked with TLS only from now on; the
    developer's own machine is not, since other programs answer there too.
    """
    sockets = f" ws://{host} wss://{host}" if host_sane(host) else ""
    # Files go on by way of another node where the one that the page came from is gone.
    sockets += "".join(f" {o} {o.replace('http', 'ws', 1)}" for o in sorted(origins))
    policy = (b"content-security-policy", _CSP.format(sockets=sockets).encode())
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    local = name in ("localhost", "127.0.0.1", "[::1]") or name.endswith(".localhost")
    return [policy, *_FIXED, *([_HSTS] if always_encrypted and not local else [])]
