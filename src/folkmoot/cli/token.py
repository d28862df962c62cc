"""`folkmoot token`: prints what another machine needs to join this zone; lists and revokes."""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path
from typing import Final

from folkmoot.data_folder import load_node, tls_paths
from folkmoot.errors import OperatorError

TTL_S_MAX: Final = 30 * 86_400
UNITS_S: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def add_token(command: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    command.add_argument(
        "--ttl",
        default="1h",
        metavar="TIME",
        help="how long it can be used, as 30m, 1h, 2d (%(default)s)",
    )
    command.add_argument(
        "--engine", action="store_true", help="for a machine that will keep the data too"
    )
    command.add_argument(
        "--admin", action="store_true", help="print what the zone's page (/zone) asks for instead"
    )
    command.add_argument("--list", action="store_true", help="show tokens and who used them")
    command.add_argument("--revoke", metavar="ID", help="make a token useless")


def run_token(asked: argparse.Namespace) -> int:
    data = asked.data.resolve()
    if asked.admin and (asked.list or asked.revoke):
        from folkmoot.cli.admin import listed_admins, revoke_admin

        if asked.list:
            print(listed_admins(data, int(time.time())))
        else:
            revoke_admin(data, asked.revoke)
            print(f"The admin token {asked.revoke} is useless now.")
    elif asked.list:
        print(listed(data, int(time.time())))
    elif asked.revoke:
        from folkmoot.servers.manager.membership import revoke_token

        revoke_token(data, asked.revoke)
        print(f"The token {asked.revoke} is useless now.")
    elif asked.admin:
        from folkmoot.cli.admin import admin_token

        print(admin_token(data, seconds(asked.ttl)))
    else:
        print(made(data, int(time.time()), ttl_s=seconds(asked.ttl), engine=asked.engine))
    return 0


def made(data: Path, now_s: int, *, ttl_s: int, engine: bool) -> str:
    """A new token. Errors: `OperatorError` when this node cannot let others in."""
    from folkmoot.engine.certificates import fingerprint
    from folkmoot.servers.manager.join_server import join_port
    from folkmoot.servers.manager.membership import Token, encode_token, make_token

    node = load_node(data)
    paths = tls_paths(data)
    if node.joined:
        raise OperatorError("Tokens are printed on the zone's first node; this one joined it.")
    if not node.zone_address or not paths.authority_key.exists():
        raise OperatorError(
            "No other machine can reach this node's engine yet; start it with"
            " `folkmoot up --zone-address IP`, the address by which the others reach it."
        )
    id, secret = make_token(data, now_s=now_s, ttl_s=ttl_s, engine=engine)
    shown = fingerprint(paths.certificate.read_bytes())
    port = join_port(node)
    token = Token(node.zone, node.zone_address, port, shown, id, secret, now_s + ttl_s, engine)
    return encode_token(token)


def listed(data: Path, now_s: int) -> str:
    """The tokens as a table; never their secrets."""
    from folkmoot.servers.manager.membership import read

    lines = []
    for id, record in sorted(read(data).tokens.items(), key=lambda item: item[1].expires_s):
        left_s = record.expires_s - now_s
        state = f"can be used for {max(1, left_s // 60)} minutes"
        if record.revoked:
            state = "revoked"
        elif record.node:
            state = f"used by {record.node}"
        elif left_s <= 0:
            state = "expired"
        lines.append(f"{id}  {'engine' if record.engine else 'plain':6}  {state}")
    return "\n".join(lines) or "There are no tokens."


def seconds(text: str) -> int:
    """Seconds of a time such as `90s`, `30m`, `1h`, `2d`. Errors: `OperatorError`."""
    found = re.fullmatch(r"([1-9][0-9]{0,6})([smhd])", text)
    told = int(found[1]) * UNITS_S[found[2]] if found else 0
    if not 0 < told <= TTL_S_MAX:
        raise OperatorError(f"--ttl takes a time such as 30m, 1h or 2d, 30d at most; not {text}.")
    return told
