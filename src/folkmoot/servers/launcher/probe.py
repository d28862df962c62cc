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


def is_ready(listen_fd: int, *, encrypted: bool = False) -> bool:
    """Whether GET /readyz answers 200 through the listening socket."""
    family, address = own_address(listen_fd)
    asking: socket.socket | None = None
    try:
        with socket.socket(family, socket.SOCK_STREAM) as plain:
            plain.settimeout(TIMEOUT_S)
            plain.connect(address)
            asking = _encrypt(plain) if encrypted else plain
            asking.sendall(REQUEST)
            answer = b""
            while b"\r\n" not in answer and len(answer) < 4_096:
                part = asking.recv(4_096)
                if not part:
                    break
                answer += part
    except OSError:
        return False
    finally:
        if asking is not None:
            asking.close()
    return answer.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200"))


def _encrypt(plain: socket.socket) -> socket.socket:
    """TLS to ourselves: whose certificate it is does not matter."""
    import ssl  # only where it is needed: this process should cost next to no memory

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain)
