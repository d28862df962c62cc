"""The engine's adapter: NATS with JetStream behind our ports.

`Engine`, `connect` and `prepare` are loaded on first use, so that a process which only starts the
engine, or only names it in a type, does not carry the client library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from folkmoot.engine.connection import Engine, connect, prepare

__all__ = ["Engine", "connect", "prepare"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from folkmoot.engine import connection

        return getattr(connection, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
