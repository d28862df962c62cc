"""Where other nodes come in: a TLS port of the first node's process manager.

One JSON object a line each way. Who asks proves itself by the token's secret; the node asked is
known to them by the fingerprint in the token. The answer carries what the new node needs.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from folkmoot.data_folder import Node, load_node, tls_paths
from folkmoot.errors import OperatorError
from folkmoot.servers.manager import membership

LINE_BYTES_MAX: Final = 16_384
TIMEOUT_S: Final = 10.0
ANSWER_S: Final = 20.0
"""A busy machine signs slowly, and who is let in without hearing of it has to ask again."""
LET_IN_S_MAX: Final = 8.0
LET_IN_LOOK_S: Final = 0.05
CONNECTIONS_MAX: Final = 8
REFUSED_WAIT_S: Final = 0.5
OWN_SETTINGS: Final = ("collaboration_servers", "front_doors")
"""Settings that each node has for itself; the others are the zone's."""

CREDENTIALS: Final = ("collaboration", "service")
"""What a node without an engine gets; only engines need the administrator's."""

log = logging.getLogger("folkmoot.manager")


class Admission(msgspec.Struct, frozen=True):
    """The answer to a node that comes in; `error` is a sentence for its operator."""

    error: str = ""
    zone: str = ""
    authority: str = ""
    certificate: str = ""
    credentials: dict[str, str] = {}
    settings: dict[str, Any] = {}
    engine_servers: list[str] = []
    engine: bool = False


def join_port(node: Node) -> int:
    return node.zone_port + membership.JOIN_PORT_OFFSET


class JoinServer:
    """Answers nodes that want to come in. Caller: `start` once, `close` at the end."""

    def __init__(self, data: Path, node: Node) -> None:
        self._data = data
        self._node = node
        self._open = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Errors: OSError when the port is taken."""
        paths = tls_paths(self._data)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(paths.certificate, paths.key)
        # Who joins has none yet; who renews its own shows it.
        context.load_verify_locations(str(paths.authority))
        context.verify_mode = ssl.CERT_OPTIONAL
        self._server = await asyncio.start_server(
            self._serve,
            self._node.zone_address,
            join_port(self._node),
            ssl=context,
            limit=LINE_BYTES_MAX,
            reuse_address=True,
        )

    def close(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open <= CONNECTIONS_MAX:
                async with asyncio.timeout(TIMEOUT_S):
                    line = await reader.readline()
                async with asyncio.timeout(ANSWER_S):
                    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
                    answer: Admission | membership.Renewal
                    if shown:
                        answer = await self._renew(shown, line)
                    else:
                        answer = await self._answer(line)
                    writer.write(msgspec.json.encode(answer) + b"\n")
                    await writer.drain()
        except (TimeoutError, ValueError, OSError) as error:
            # Who asks too slowly or too much gets no answer.
            log.warning("who asked to come in got no answer: %r", error)
        finally:
            self._open -= 1
            writer.close()

    async def _answer(self, line: bytes) -> Admission:
        try:
            asked = msgspec.json.decode(line, type=membership.JoinRequest)
        except msgspec.MsgspecError:
            await asyncio.sleep(REFUSED_WAIT_S)
            return Admission("The request is not understood; is it of the same version?")
        try:
            admitted = await asyncio.to_thread(admission, self._data, self._node, asked)
            await until_let_in(self._data, asked.request.encode())
            return admitted
        except OperatorError as error:
            log.warning("a node that wanted to join was refused: %s", error)
            await asyncio.sleep(REFUSED_WAIT_S)
            return Admission(str(error))
        except Exception:
            log.exception("a node could not be let in")
            return Admission("The zone's first node failed to answer; see `folkmoot logs` there.")

    async def _renew(self, shown: bytes, line: bytes) -> membership.Renewal:
        from folkmoot.servers.manager.renewal import renewed_by_first

        try:
            asked = msgspec.json.decode(line, type=membership.RenewalRequest)
            request = asked.renew.encode()
            made = await asyncio.to_thread(renewed_by_first, self._data, shown, request)
            return membership.Renewal(certificate=made.decode())
        except (msgspec.MsgspecError, OperatorError) as error:
            log.warning("a certificate was not renewed: %s", error)
            await asyncio.sleep(REFUSED_WAIT_S)
            return membership.Renewal(str(error))


async def until_let_in(
    data: Path,
    request: bytes,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Returns when the engine here knows the key of who asked, or that has taken too long.

    All processes of a node that comes in would knock at the engine meanwhile, again and again.
    """
    from folkmoot.engine.certificates import pin_of_request

    key, give_up_s = pin_of_request(request), clock() + LET_IN_S_MAX
    while (pins := load_node(data).pins) and key not in pins and clock() < give_up_s:
        await sleep(LET_IN_LOOK_S)


def admission(data: Path, node: Node, asked: membership.JoinRequest) -> Admission:
    """Lets a node in. Errors: `OperatorError`, with a sentence for its operator."""
    from folkmoot.engine.certificates import issue, pin_of_request

    with membership.changed(data) as content:
        member = membership.admit(content, asked, int(time.time()))
        if asked.node == node.name:
            raise OperatorError(f"The zone has a node {asked.node} already.")
        member.key = pin_of_request(asked.request.encode())
        certificate = issue(data, asked.request.encode(), asked.node, asked.address)
    log.info("the node %s has joined%s", asked.node, " as an engine node" if member.engine else "")
    users = tuple(node.engine_credentials) if member.engine else CREDENTIALS
    return Admission(
        zone=node.zone,
        authority=tls_paths(data).authority.read_text(),
        certificate=certificate.decode(),
        credentials={user: node.engine_credentials[user] for user in users},
        settings={k: v for k, v in node.settings.items() if k not in OWN_SETTINGS},
        engine_servers=node.engine_urls,
        engine=member.engine,
    )
