"""The embedded engine's configuration as text: pure, so that tests can read it.

Every user may publish only what its processes need. Nobody may publish to `log.>`: only the engine
itself does, when it republishes what it stored.
"""

from __future__ import annotations

import json
import re

import msgspec

from folkmoot.errors import OperatorError, invariant

USERS = ("admin", "collaboration", "service")
LOOPBACK = "127.0.0.1"
MAX_PAYLOAD_BYTES = 1 << 20
MAX_MEM_BYTES = 64 << 20
STORE_BYTES_MIN = 16 << 20
STORE_FREE_PERCENT_MAX = 75
WRITE_DEADLINE_S = 5

_REPUBLISHED = ["log.>"]
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

    Shape: `credentials` maps each of `USERS` to its password.
    """

    name: str
    port: int
    monitor_port: int
    store_folder: str
    store_bytes_max: int
    credentials: dict[str, str]


def user_of_role(role: str) -> str:
    """Which of the engine's users a process of this role is."""
    if role in ("launcher", "process-manager"):
        return "admin"
    # Application servers write operations of their own: the documents server its compactions.
    return "collaboration" if role in ("collaboration", "documents") else "service"


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
            f"listen: {_quoted(f'{LOOPBACK}:{c.port}')}",
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
            "authorization {",
            "  timeout: 2",
            "  users: [",
            *[_user(name, c.credentials[name]) for name in USERS],
            "  ]",
            "}",
            "",
        ]
    )


def _user(name: str, password: str) -> str:
    if not _PASSWORD.fullmatch(password):
        raise OperatorError(
            f"The engine's password of {name} must be 16 to 128 letters, digits, - or _."
        )
    publish = f"allow: {json.dumps(PUBLISH_ALLOWED[name])}, deny: {json.dumps(_REPUBLISHED)}"
    return (
        f"    {{ user: {name}, password: {_quoted(password)},"
        f' permissions: {{ publish: {{ {publish} }}, subscribe: ">" }} }}'
    )


def _quoted(text: str) -> str:
    """Text as the engine's configuration takes it; it understands JSON's escapes we need."""
    invariant("\n" not in text, "a configured text has one line", text=text)
    return json.dumps(text, ensure_ascii=False)
