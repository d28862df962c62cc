"""`folkmoot token --admin`: what an operator shows to see the zone's page."""

from __future__ import annotations

import secrets
import time
from pathlib import Path

from folkmoot.cli.operator import run, zone_engine
from folkmoot.data_folder import load_node
from folkmoot.servers.doors.keys import ZoneKeys
from folkmoot.servers.doors.tickets import AdminToken, sign_admin


def admin_token(data: Path, ttl_s: int) -> str:
    """A signed token that expires. Errors: `OperatorError`."""
    expires_ms = (int(time.time()) + ttl_s) * 1_000
    key = run(_signing_key(data))
    return sign_admin(key, AdminToken(secrets.token_hex(4), load_node(data).name, expires_ms))


async def _signing_key(data: Path) -> bytes:
    async with zone_engine(data) as engine:
        return await ZoneKeys(engine.bucket("zone")).signing()
