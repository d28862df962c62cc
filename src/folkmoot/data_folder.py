"""The data folder: where things lie in it, whether it can be used, and what `node.json` holds.

Standard library only, for the launcher imports this and must stay small. What is in `engine/` is
the engine's; nothing else in the folder is needed to keep a conference.

    format       the number of the layout; a newer one is refused
    node.json    names, address, engine credentials, settings; readable by its owner only
    lock         held by the launcher (and the process manager) while a zone runs here
    engine/      configuration and store of the engine
    logs/        <id>.log (own log, rotated by size), <id>.out (standard output and errors)
    run/         sockets and records of running processes; worthless after a reboot
    tls/         certificates between nodes, and their keys; only where there are several nodes
"""

from __future__ import annotations

import dataclasses
import fcntl
import json
import os
import secrets
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from folkmoot.errors import OperatorError

FORMAT: Final = 1
BYTES_FREE_MIN: Final = 64 << 20
BYTES_FREE_WARN: Final = 512 << 20
ENGINE_USERS: Final = ("admin", "collaboration", "service")
FOLDERS: Final = ("engine", "logs", "run", "run/pass")


@dataclasses.dataclass(frozen=True)
class Node:
    """What this node is, kept over restarts.

    Shape: `engine_url` has no credentials in it; `engine_external` says that somebody else runs
    the engine; `engine_credentials` maps its users to passwords. `settings`
    holds fields of `folkmoot.settings.Settings` that differ from the defaults.
    `advertise` is the address for people when it is not host and port; `roles` what runs here,
    empty: everything. With a `zone_address` other nodes may come in: `zone_port` is the engine's,
    the next one the engine's for its own kind, the one after that is for joining. A `joined` node
    uses the engine of others at `engine_servers`; `member` says that it may run one itself, and
    does so once there is a `cluster`: the addresses (HOST:PORT) of the engines that form one. A
    `fenced` engine takes no writes: it is being copied. `engine_store` is its folder in `engine/`.
    `pins` are the keys of all nodes of the zone (see `EngineConfiguration`), as of `directory`: the
    number of the zone's list of nodes that was taken last.
    `insecure` is the operator's leave to be reached without encryption; `unencrypted` says that
    other machines' people do reach this node so. `tls_cert` and `tls_key` are the operator's files.
    `domain` is the name by which people reach a proxy before this node, on `https_port` and, to be
    sent there, `http_port`; with `internal_ca` it certifies itself.
    """

    name: str
    zone: str = "local"
    host: str = "127.0.0.1"
    port: int = 8080
    engine_url: str = ""
    engine_external: bool = False
    engine_port: int = 0
    monitor_port: int = 0
    engine_credentials: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    advertise: str = ""
    roles: Sequence[str] = ()
    zone_address: str = ""
    zone_port: int = 0
    joined: bool = False
    member: bool = False
    engine_servers: Sequence[str] = ()
    cluster: Sequence[str] = ()
    engine_store: str = "store"
    fenced: bool = False
    pins: Sequence[str] = ()
    directory: int = 0
    insecure: bool = False
    unencrypted: bool = False
    tls_cert: str = ""
    tls_key: str = ""
    domain: str = ""
    https_port: int = 443
    http_port: int = 80
    internal_ca: bool = False

    @property
    def url(self) -> str:
        """Where people reach this node."""
        if self.advertise or not self.domain:
            return self.advertise or self.own_url
        port = "" if self.https_port == 443 else f":{self.https_port}"
        return f"https://{self.domain}{port}"

    @property
    def own_url(self) -> str:
        """The address that this node listens on."""
        scheme = "https" if self.encrypted else "http"
        return f"{scheme}://{host_in_url(self.host)}:{self.port}"

    @property
    def encrypted(self) -> bool:
        """Whether its port speaks TLS."""
        return bool(self.tls_cert)

    @property
    def encryption(self) -> str:
        """How people's connections are encrypted: `domain`, `tls`, `none`, `local` (not at all)."""
        if self.domain:
            return "domain"
        if self.encrypted:
            return "tls"
        return "none" if self.unencrypted else "local"

    @property
    def engine_urls(self) -> list[str]:
        """Every address of the engine that is known, the node's own first.

        Its own last while it is `fenced`: what the zone has is elsewhere until it is copied.
        """
        own, others = [self.engine_url], list(self.engine_servers)
        urls = others + own if self.fenced and self.joined else own + others
        return list(dict.fromkeys(url for url in urls if url))


@dataclasses.dataclass(frozen=True)
class TlsPaths:
    """Where the certificates between nodes lie."""

    folder: Path
    authority: Path
    authority_key: Path
    certificate: Path
    key: Path


def tls_paths(data: Path) -> TlsPaths:
    folder = data / "tls"
    names = ("authority.pem", "authority.key", "node.pem", "node.key")
    return TlsPaths(folder, *(folder / name for name in names))


def people_pem(data: Path) -> Path:
    """The certificate for people and its key, as the node uses them."""
    return data / "tls" / "people.pem"


def default_folder() -> Path:
    """$FOLKMOOT_DATA, or the place where a desktop keeps such things."""
    told = os.environ.get("FOLKMOOT_DATA")
    if told:
        return Path(told).absolute()
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "folkmoot"


def open_folder(data: Path) -> list[str]:
    """Makes the folder ready for use and returns warnings for the operator.

    Errors: `OperatorError` when it cannot be written, is of a newer format, or has no room.
    """
    try:
        for folder in (data, *(data / name for name in FOLDERS)):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = data / "run" / f".probe-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
        _check_format(data)
        return _check_room(data)
    except (PermissionError, NotADirectoryError, FileExistsError) as error:
        raise OperatorError(
            f"The data folder {data} cannot be written by this user"
            f" ({error.strerror}); choose another with --data, or change its owner."
        ) from None
    except OSError as error:
        raise OperatorError(
            f"The data folder {data} cannot be used: {error.strerror or error}."
        ) from None


def _check_format(data: Path) -> None:
    path = data / "format"
    if not path.exists():
        write_atomically(path, f"{FORMAT}\n".encode())
        return
    text = path.read_text(errors="replace").strip()
    if not text.isascii() or not text.isdigit():
        raise OperatorError(
            f"{path} does not hold a format number; is {data} really a data folder of Folkmoot?"
        )
    if int(text) > FORMAT:
        raise OperatorError(
            f"The data folder {data} was written by a newer Folkmoot (format {text}, this one"
            f" reads {FORMAT}); install the newer version, or choose another folder with --data."
        )


def _check_room(data: Path) -> list[str]:
    room = os.statvfs(data)
    free = room.f_bavail * room.f_frsize
    if free < BYTES_FREE_MIN:
        raise OperatorError(
            f"The disk of {data} is full ({free >> 20} MB free, {BYTES_FREE_MIN >> 20} MB needed);"
            " free some space, or choose another folder with --data."
        )
    if free < BYTES_FREE_WARN:
        return [f"Little room on the disk of {data}: {free >> 20} MB free."]
    return []


def write_atomically(path: Path, content: bytes, *, mode: int = 0o600, sync: bool = True) -> None:
    """Replaces the file's content so that a reader, or a crash, sees the old or the new one.

    Shape: without `sync` that holds for crashes of processes, not of the machine.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            if sync:
                os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def load_node(data: Path) -> Node:
    """The node as written last. Errors: `OperatorError` when there is none or it is damaged."""
    path = data / "node.json"
    try:
        content = json.loads(path.read_bytes())
        known = {field.name for field in dataclasses.fields(Node)}
        return Node(**{name: value for name, value in content.items() if name in known})
    except FileNotFoundError:
        raise OperatorError(
            f"There is no Folkmoot in {data} yet; start one with `folkmoot up --data {data}`."
        ) from None
    except (ValueError, TypeError, AttributeError, OSError) as error:
        raise OperatorError(
            f"{path} is damaged ({error}); restore it from a backup, or delete it: it is then"
            " written anew, with the default settings."
        ) from None


def prepare_node(
    data: Path,
    *,
    host: str,
    port: int,
    engine_url: str | None,
    engine_runs: bool,
    settings: Mapping[str, Any],
    place: Mapping[str, Any] | None = None,
) -> Node:
    """Writes `node.json` for this start and returns it; keeps what an earlier start chose.

    Shape: `engine_url` None means the embedded engine; when it `engine_runs` still, from before a
    crash, it keeps its ports. `settings` given here replace stored ones, and so do the fields of
    `Node` in `place`. A node that joined a zone keeps that zone's engine.
    """
    path = data / "node.json"
    before = load_node(data) if path.exists() else Node(name=node_name())
    before = dataclasses.replace(before, **(place or {}))
    node = dataclasses.replace(
        before,
        host=host,
        port=port,
        settings={**before.settings, **settings},
        engine_credentials=before.engine_credentials or _credentials(engine_url),
        **_engine(before, engine_url, engine_runs),
    )
    write_node(data, node)
    return node


def write_node(data: Path, node: Node) -> None:
    content = json.dumps(dataclasses.asdict(node), indent=2).encode() + b"\n"
    write_atomically(data / "node.json", content)


def change_node(data: Path, **changes: Any) -> Node:
    """Replaces fields of the node as it is now; several processes may do so at once."""
    descriptor = os.open(data / "node.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        node = dataclasses.replace(load_node(data), **changes)
        write_node(data, node)
    finally:
        os.close(descriptor)
    return node


def _engine(before: Node, engine_url: str | None, engine_runs: bool) -> dict[str, Any]:
    if before.joined and not before.cluster:
        return {"engine_url": "", "engine_external": True}
    if engine_url is not None and not before.joined:
        return {"engine_url": engine_url, "engine_external": True}
    keep = engine_runs and before.engine_port > 0 and not before.engine_external
    kept_monitor = keep or _is_free(before.monitor_port)
    monitor = before.monitor_port if kept_monitor else free_port()
    if before.zone_address:
        url = f"tls://{host_in_url(before.zone_address)}:{before.zone_port}"
        return {
            "engine_url": url,
            "engine_external": False,
            "engine_port": before.zone_port,
            "monitor_port": monitor,
        }
    client = before.engine_port if keep or _is_free(before.engine_port) else free_port()
    return {
        "engine_url": f"nats://127.0.0.1:{client}",
        "engine_external": False,
        "engine_port": client,
        "monitor_port": monitor,
    }


def host_in_url(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _credentials(engine_url: str | None) -> dict[str, str]:
    # Somebody else's engine has users of its own, named in its URL if at all.
    return {} if engine_url else {user: secrets.token_urlsafe(24) for user in ENGINE_USERS}


def node_name() -> str:
    host = "".join(c if c.isalnum() and c.isascii() else "-" for c in socket.gethostname())
    return f"{host.strip('-')[:40] or 'node'}-{secrets.token_hex(3)}"


def _is_free(port: int) -> bool:
    if port == 0:
        return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
