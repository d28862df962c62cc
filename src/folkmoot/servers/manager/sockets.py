"""Unix sockets in the data folder, whose path may be longer than a socket address can hold.

Standard library only. A socket is named by way of a descriptor of its folder: `/proc/self/fd/N/x`
is short however deep the data folder lies.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def short_path(path: Path) -> Iterator[str]:
    """A name of the path that fits into a socket address, valid inside the `with`."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def bind(path: Path, kind: socket.SocketKind) -> socket.socket:
    """A non-blocking socket bound to the path; what a predecessor left there is replaced."""
    bound = socket.socket(socket.AF_UNIX, kind)
    try:
        path.unlink(missing_ok=True)
        with short_path(path) as name:
            bound.bind(name)
        os.chmod(path, 0o600)
        bound.setblocking(False)
    except BaseException:
        bound.close()
        raise
    return bound


def connect(path: Path, kind: socket.SocketKind, timeout_s: float) -> socket.socket:
    """A socket connected to the path. Errors: OSError when nobody listens there."""
    connected = socket.socket(socket.AF_UNIX, kind)
    try:
        connected.settimeout(timeout_s)
        with short_path(path) as name:
            connected.connect(name)
    except BaseException:
        connected.close()
        raise
    return connected
