"""The embedded engine's configuration as text: pure, so that tests can read it.

Every user may publish only what its processes need. Nobody may publish to `log.>`: only the engine
itself does, when it republishes what it stored.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping

import msgspec

from folkmoot.errors import OperatorError, invariant

USERS = ("admin", "collaboration", "service")
SYSTEM_USER = "system"
"""Who may change which engines belong together; only an operator's command comes as this one."""

LOOPBACK = "127.0.0.1"
MAX_PAYLOAD_BYTES = 1 << 20
MAX_MEM_BYTES = 64 << 20
STORE_BYTES_MIN = 16 << 20
STORE_FREE_PERCENT_MAX = 75
WRITE_DEADLINE_S = 5

CLUSTER = "folkmoot"
ROUTE_PING_S = 1
ROUTE_PINGS_MAX = 3
"""A route that does not answer so often is made anew. By the engine's own figures one that is dead
without a word is kept several times as long, and nothing gets through between the two meanwhile."""

_REPUBLISHED = ["log.>"]
_WRITES = ["conf.>", "$KV.>", "$O.>", "$JS.API.STREAM.PURGE.*"]
_SHARED = ["zone.>", "work.>", "_INBOX.>", "$KV.>", "$O.>"]
_API = [
    "$JS.API.INFO",
    "$JS.API.STREAM.INFO.*",
    "$JS.API.STREAM.PURGE.*",
    "$JS.API.DIRECT.GET.>",
]
PUBLISH_ALLOWED: dict[str, list[str]] = {
    "admin": [">"],
    "collaboration": ["conf.>", "live.>", *_SHARED, *_API],
    "service": [*_SHARED, *_API],
}

_PASSWORD = re.compile(r"[A-Za-z0-9_-]{16,128}")


class EngineConfiguration(msgspec.Struct, frozen=True):
    """What an embedded engine is started with.

    Shape: `credentials` maps each of `USERS` to its password. With `tls_folder` it listens on
    `address` for other nodes too, and both sides show a certificate; with `pins`, only one with a
    key of these (SHA-256 of the public key, in hex). `cluster` are the addresses of all engines of
    the zone, this one's among them. A `fenced` engine takes no writes.
    """

    name: str
    port: int
    monitor_port: int
    store_folder: str
    store_bytes_max: int
    credentials: dict[str, str]
    address: str = LOOPBACK
    tls_folder: str = ""
    cluster: tuple[str, ...] = ()
    fenced: bool = False
    pins: tuple[str, ...] = ()


def system_password(credentials: Mapping[str, str]) -> str:
    """The password of `SYSTEM_USER`: known to who knows the administrator's."""
    return hmac.digest(credentials["admin"].encode(), b"system", hashlib.sha256).hex()


def user_of_role(role: str) -> str:
    """Which of the engine's users a process of this role is."""
    if role in ("launcher", "process-manager"):
        return "admin"
    # Application servers write operations of their own: the documents server its compactions.
    return "collaboration" if role in ("collaboration", "documents", "export") else "service"


def store_bytes_max_of(free_bytes: int, used_bytes: int) -> int:
    """How much the engine may store, given the disk's free bytes and what its store has now.

    Below the free space, so that the limit is met before the disk is full: a full disk makes
    publishes go unanswered until the engine is restarted, the limit gives a clear refusal.
    """
    return max((free_bytes + used_bytes) * STORE_FREE_PERCENT_MAX // 100, STORE_BYTES_MIN)


def render(configuration: EngineConfiguration) -> str:
    """The configuration file's text. Errors: OperatorError when a password cannot be written."""
    c = configuration
    invariant(sorted(c.credentials) == sorted(USERS), "each user has a password")
    return "\n".join(
        [
            "# Written by Folkmoot at each start; changes are lost.",
            f"server_name: {_quoted(c.name)}",
            f"listen: {_quoted(_at(c.address, c.port))}",
            f"http: {_quoted(f'{LOOPBACK}:{c.monitor_port}')}",
            f"max_payload: {MAX_PAYLOAD_BYTES}",
            f'write_deadline: "{WRITE_DEADLINE_S}s"',
            "max_connections: 4096",
            "jetstream {",
            f"  store_dir: {_quoted(c.store_folder)}",
            "  sync_interval: always",
            f"  max_mem: {MAX_MEM_BYTES}",
            f"  max_file: {c.store_bytes_max}",
            "}",
            *_tls(c, ""),
            *_cluster(c),
            "authorization {",
            "  timeout: 2",
            "  users: [",
            *[_user(name, c.credentials[name], fenced=c.fenced) for name in USERS],
            "  ]",
            "}",
            *_system_account(c),
            "",
        ]
    )


def _system_account(c: EngineConfiguration) -> list[str]:
    user = f"{{user: {SYSTEM_USER}, password: {_quoted(system_password(c.credentials))}}}"
    return ["accounts {", f'  "$SYS": {{ users: [{user}] }}', "}"]


def _tls(c: EngineConfiguration, indent: str) -> list[str]:
    """Both ends show a certificate of the zone's authority, before anything else is said."""
    if not c.tls_folder:
        invariant(c.address == LOOPBACK, "without certificates it listens on loopback only")
        return []
    lines = [
        "tls {",
        f"  cert_file: {_quoted(f'{c.tls_folder}/node.pem')}",
        f"  key_file: {_quoted(f'{c.tls_folder}/node.key')}",
        f"  ca_file: {_quoted(f'{c.tls_folder}/authority.pem')}",
        "  verify: true",
        '  min_version: "1.3"',
        "  timeout: 2",
        *([f"  pinned_certs: {json.dumps(c.pins)}"] if c.pins else []),
        *(["  handshake_first: true"] if not indent else []),
        "}",
    ]
    return [indent + line for line in lines]


def _cluster(c: EngineConfiguration) -> list[str]:
    """Routes lie on the port after the clients'."""
    if not c.cluster:
        return []
    invariant(bool(c.tls_folder), "engines of several nodes have certificates")
    routes = []
    for other in c.cluster:
        host, _, port = other.rpartition(":")
        routes.append(_quoted(f"tls://{host}:{int(port) + 1}"))
    return [
        "cluster {",
        f"  name: {CLUSTER}",
        f"  listen: {_quoted(_at(c.address, c.port + 1))}",
        f"  routes: [{', '.join(routes)}]",
        f'  ping_interval: "{ROUTE_PING_S}s"',
        f"  ping_max: {ROUTE_PINGS_MAX}",
        *_tls(c, "  "),
        "}",
        "lame_duck_grace_period: 1s",
        "lame_duck_duration: 30s",
    ]


def _at(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _user(name: str, password: str, *, fenced: bool) -> str:
    if not _PASSWORD.fullmatch(password):
        raise OperatorError(
            f"The engine's password of {name} must be 16 to 128 letters, digits, - or _."
        )
    # Nor of the administrator, as whom process managers come: what they wrote into a bucket while
    # it was copied made the copy another one, and was lost with it.
    denied = [*_REPUBLISHED, *(_WRITES if fenced else [])]
    publish = f"allow: {json.dumps(PUBLISH_ALLOWED[name])}, deny: {json.dumps(denied)}"
    return (
        f"    {{ user: {name}, password: {_quoted(password)},"
        f' permissions: {{ publish: {{ {publish} }}, subscribe: ">" }} }}'
    )


def _quoted(text: str) -> str:
    """Text as the engine's configuration takes it; it understands JSON's escapes we need."""
    invariant("\n" not in text, "a configured text has one line", text=text)
    return json.dumps(text, ensure_ascii=False)
