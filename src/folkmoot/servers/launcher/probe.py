"""Asks our own port whether a person could use it now."""

from __future__ import annotations

import socket
from typing import Final

TIMEOUT_S: Final = 1.0
REQUEST: Final = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def own_address(listen_fd: int) -> tuple[socket.AddressFamily, tuple[str, int]]:
    """Where to reach the listening socket from this machine."""
    listening = socket.socket(fileno=listen_fd)
    try:
        host, port = listening.getsockname()[:2]
        # A socket that listens everywhere is reached by the loopback.
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
        return listening.family, (host, port)
    finally:
        listening.detach()


def is_ready(listen_fd: int) -> bool:
    """Whether GET /readyz answers 200 through the listening socket."""
    family, address = own_address(listen_fd)
    try:
        with socket.socket(family, socket.SOCK_STREAM) as asking:
            asking.settimeout(TIMEOUT_S)
            asking.connect(address)
            asking.sendall(REQUEST)
            answer = b""
            while b"\r\n" not in answer and len(answer) < 4_096:
                part = asking.recv(4_096)
                if not part:
                    break
                answer += part
    except OSError:
        return False
    return answer.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200"))
