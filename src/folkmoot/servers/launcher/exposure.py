"""Whether people's connections would go over a network unencrypted, and who agreed to that.

Decided before anything is started or joined. May not live here: how encryption is done.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from typing import Any, Final

from folkmoot.data_folder import Node
from folkmoot.errors import OperatorError

Found = tuple[Any, Any, int, str, Any]
"""What `socket.getaddrinfo` tells of one address."""

_WHAT_TO_DO: Final = (
    "{host} can be reached from other machines, and what people say there would not be encrypted."
    " Give a certificate with --tls-cert FILE and --tls-key FILE; or listen on 127.0.0.1 behind a"
    " proxy that does TLS; or add --insecure if everybody on that network may read along: the page"
    " then says so to all."
)


def resolve(host: str, port: int) -> Sequence[Found]:
    """Addresses to listen on. Errors: `OperatorError` for a name that nobody knows."""
    try:
        found: Sequence[Any] = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        raise OperatorError(
            f"{host} is not an address of this machine ({error.strerror}); choose another --host."
        ) from None
    return found


def unencrypted(node: Node, host: str) -> bool:
    """Whether people of other machines reach this node, started on `host`, without encryption.

    Errors: `OperatorError` when they would and nobody said `--insecure`.
    """
    if node.roles and "front" not in node.roles:
        return False  # nobody comes in here
    if node.domain or node.encrypted or _address(host).is_loopback:
        return False
    if not node.insecure:
        raise OperatorError(_WHAT_TO_DO.format(host=host))
    return True


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return ipaddress.ip_address(str(resolve(host, 0)[0][4][0]))
