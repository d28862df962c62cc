"""`folkmoot token --admin`: what an operator shows to see the zone's page; lists and revokes."""

from __future__ import annotations

import secrets
import time
from pathlib import Path

from folkmoot.cli.operator import patiently, run, zone_engine
from folkmoot.data_folder import load_node
from folkmoot.errors import OperatorError
from folkmoot.servers.doors.admins import Admins
from folkmoot.servers.doors.keys import ZoneKeys
from folkmoot.servers.doors.tickets import AdminToken


def admin_token(data: Path, ttl_s: int) -> str:
    """A signed token that expires. Errors: `OperatorError`."""
    return run(_made(data, ttl_s))


async def _made(data: Path, ttl_s: int) -> str:
    now_ms = int(time.time()) * 1_000
    token = AdminToken(secrets.token_hex(4), load_node(data).name, now_ms + ttl_s * 1_000)
    async with zone_engine(data) as engine:
        key = await patiently(ZoneKeys(engine.bucket("zone")).signing)
        admins = Admins(engine.bucket("zone"))
        await patiently(lambda: admins.note(token, now_ms))
    return token.sign(key)


def listed_admins(data: Path, now_s: int) -> str:
    """Admin tokens as a table. Errors: `OperatorError`."""
    lines = []
    for token in run(_listed(data)):
        left_s = token.expires_ms // 1_000 - now_s
        if left_s > 0:
            counts = f"counts for {max(1, left_s // 60)} minutes"
            lines.append(f"{token.id}  admin   {counts}, made on {token.node}")
    return "\n".join(lines) or "There are no admin tokens."


async def _listed(data: Path) -> list[AdminToken]:
    async with zone_engine(data) as engine:
        return await patiently(Admins(engine.bucket("zone")).listed)


def revoke_admin(data: Path, id: str) -> None:
    """Makes an admin token useless at once. Errors: `OperatorError` when there is none."""
    if not run(_revoke(data, id)):
        raise OperatorError(
            f"There is no admin token {id}; `folkmoot token --admin --list` shows them."
        )


async def _revoke(data: Path, id: str) -> bool:
    async with zone_engine(data) as engine:
        admins = Admins(engine.bucket("zone"))
        # Asked first: after a second try there is none, though there was.
        there = id.isalnum() and await patiently(lambda: admins.counts(id))
        return there and await patiently(lambda: _gone(admins, id))


async def _gone(admins: Admins, id: str) -> bool:
    await admins.revoke(id)
    return True
