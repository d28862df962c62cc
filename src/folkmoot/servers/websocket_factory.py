"""How picows is made to serve a socket that somebody else accepted.

picows has no public way to do so, so its protocol factory is taken from `ws_create_server` by
showing it a `create_server` that keeps the factory; `self_test` serves one such socket end to end.
Both are tried at every start, for an update of picows may end this.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import types
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

import aiofastnet
import picows
import picows.api
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest

SELF_TEST_LIMIT_S: Final = 5.0


class PicowsLog:
    """What picows logs through: faults of clients are no errors of ours, our exceptions are."""

    __slots__ = ("_log",)

    def __init__(self, log: logging.Logger) -> None:
        self._log = log

    def isEnabledFor(self, _level: int) -> bool:  # noqa: N802 (logging's name)
        return False

    def _ignore(self, *_args: object) -> None:
        return None

    debug = info = warning = error = log = _ignore

    def exception(self, message: str, *args: object) -> None:
        self._log.exception(message, *args)


def take_protocol_factory(
    listener_factory: Callable[[WSUpgradeRequest], Any], options: Mapping[str, Any]
) -> Callable[[], Any]:
    """picows's factory of server protocols, made with these options.

    Errors: RuntimeError when picows is not built as this file expects.
    """
    taken: list[Callable[[], Any]] = []

    async def keep(_loop: object, factory: Callable[[], Any], **_address: object) -> None:
        taken.append(factory)

    creation: Coroutine[Any, Any, Any] = picows.ws_create_server(
        listener_factory, "127.0.0.1", 0, use_aiofastnet=True, **options
    )
    module: Any = picows.api
    original = module.aiofastnet
    module.aiofastnet = types.SimpleNamespace(create_server=keep)
    try:
        # Runs to its end in this one step, for `keep` never waits: nobody sees the replacement.
        creation.send(None)
    except StopIteration:
        pass
    finally:
        module.aiofastnet = original
        creation.close()
    if len(taken) != 1:
        raise RuntimeError("picows does not create its server through aiofastnet any more")
    return taken[0]


class _Echo(WSListener):
    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        transport.send(WSMsgType.BINARY, frame.get_payload_as_bytes())


_HANDSHAKE: Final = (
    b"GET /s/self-test HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: c2VsZi10ZXN0LXNlbGYtdA==\r\n\r\n"
)
_MASKED_HELLO: Final = b"\x82\x85\x00\x00\x00\x00hello"
_HELLO: Final = b"\x82\x05hello"


async def self_test(options: Mapping[str, Any]) -> None:
    """Serves one accepted socket the way `take` does and exchanges a message.

    Errors: whatever picows raises, or TimeoutError, when it does not work.
    """
    factory = take_protocol_factory(lambda _request: _Echo(), options)
    loop = asyncio.get_running_loop()
    with contextlib.ExitStack() as sockets:
        listening = sockets.enter_context(socket.create_server(("127.0.0.1", 0)))
        client = sockets.enter_context(socket.create_connection(listening.getsockname()))
        client.setblocking(False)
        accepted, _address = listening.accept()
        accepted.setblocking(False)
        async with asyncio.timeout(SELF_TEST_LIMIT_S):
            transport, _protocol = await aiofastnet.connect_accepted_socket(loop, factory, accepted)
            try:
                await loop.sock_sendall(client, _HANDSHAKE + _MASKED_HELLO)
                answer = b""
                while not answer.endswith(_HELLO):
                    part = await loop.sock_recv(client, 4_096)
                    if not part:
                        raise RuntimeError("picows closed a passed socket")
                    answer += part
            finally:
                transport.abort()
                await asyncio.sleep(0)
    if not answer.startswith(b"HTTP/1.1 101"):
        raise RuntimeError("picows did not accept a WebSocket handshake on a passed socket")
