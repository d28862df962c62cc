"""`folkmoot status`: the processes of the zone, as a table or as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from folkmoot.cli.certificate import sentence
from folkmoot.errors import OperatorError

TIMEOUT_S: Final = 6.0
ANSWER_BYTES_MAX: Final = 4 << 20
COLUMNS: Final = (
    "process",
    "role",
    "state",
    "pid",
    "restarts",
    "up",
    "connections",
    "conferences",
    "qos",
    "note",
)
WORDS: Final = {
    "silent": "SILENT: not heard for a second or more",
    "gone": "GONE: not heard for half a minute, or not since this node started",
    "draining": "draining: it takes nobody new",
}
CARE: Final = {
    "disk_failing": "DISK FAILS: the engine met {disk_errors} errors of it within a day",
    "disk_slow": "DISK SLOW: a small write takes {disk_ms} ms until it is safe",
    "disk_low": "DISK LOW: {free_percent} % are free ({free_bytes:,} bytes)",
    "certificate_expiring": "CERTIFICATE expires in {certificate_days} days: folkmoot node renew",
    "clock_off": "CLOCK is {clock_off_s:+d} s off the other machines' clocks: set it by NTP",
}
LACKS: Final = {
    "engine_away": "the engine does not answer",
    "engine_nodes": "{engine_nodes} of {engine_nodes_needed} machines that keep data are there",
    "copies": "there are {copies} copies of everything, and it takes three",
    "copies_behind": "a copy is missing or not up to date",
    "people_nodes": "{people_nodes} machines let people in, and it takes two",
}
RIGHT: Final = ("pid", "restarts", "up", "connections", "conferences", "qos")
NOTE_CHARACTERS_MAX: Final = 100


def status(data: Path, url: str | None, *, as_json: bool) -> int:
    """Prints the status; asks the server at `url` if given, else the data folder's own.

    Errors: `OperatorError` when neither answers.
    """
    told = fetch(url) if url is not None else _of_folder(data)
    print(json.dumps(told, indent=2) if as_json else table(told))
    return 0


def _of_folder(data: Path) -> dict[str, Any]:
    from folkmoot.data_folder import load_node
    from folkmoot.servers.manager.control import ask

    try:
        return ask(data, "status", TIMEOUT_S)
    except OperatorError as error:
        # The process manager may just be on its way; web servers know the zone by themselves.
        try:
            node = load_node(data)
            return fetch(node.own_url, own=True)
        except OperatorError:
            raise error from None


def fetch(url: str, *, own: bool = False) -> dict[str, Any]:
    """The status from GET /api/v1/status of a server. Errors: `OperatorError`.

    Shape: our `own` certificate is not judged: it need not name the address we listen on.
    """
    import ssl
    import urllib.error
    import urllib.request

    if not url.startswith(("http://", "https://")):
        raise OperatorError(f"{url} is no address of a server; write it as http://HOST:PORT.")
    judging = ssl._create_unverified_context() if own else ssl.create_default_context()
    encrypted = [urllib.request.HTTPSHandler(context=judging)] if url.startswith("https") else []
    # A proxy of the environment is for the world outside, not for a server one names oneself.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), *encrypted)
    try:
        with opener.open(f"{url.rstrip('/')}/api/v1/status", timeout=TIMEOUT_S) as answer:
            told = json.loads(answer.read(ANSWER_BYTES_MAX))
    except urllib.error.HTTPError as error:
        raise OperatorError(f"The server at {url} does not tell its status ({error}).") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise OperatorError(
            f"No Folkmoot answers at {url} ({reason}); is the address right, and is it running?"
        ) from None
    if not isinstance(told, dict) or not isinstance(told.get("processes"), list):
        raise OperatorError(f"What answers at {url} is not a Folkmoot.")
    return told


def table(told: Mapping[str, Any]) -> str:
    """The status as a table for people."""
    nodes = ", ".join(_node(node) for node in told.get("nodes", ()))
    rows = [list(COLUMNS), *(_cells(process) for process in told["processes"])]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = [f"zone {told.get('zone', '?')}, node {nodes}"]
    lines += [*_availability(told.get("availability")), *_warnings(told), ""]
    lines += [_line(row, widths) for row in rows]
    return "\n".join(lines)


def _availability(told: Mapping[str, Any] | None) -> list[str]:
    """Whether any one machine may fail, else what lacks; an older server does not tell."""
    if told is None:
        return []
    if told["high"]:
        return ["highly available: any one machine may fail"]
    lacks = [LACKS[code].format(**told) for code in told["missing"] if code in LACKS]
    return [f"not highly available: {'; '.join(lacks)}"]


def _warnings(told: Mapping[str, Any]) -> list[str]:
    """What the operator should know of the nodes that is no single process's business."""
    lines = []
    for node in told.get("nodes", ()):
        if node.get("state") in WORDS:
            lines.append(f"{node['name']} is {WORDS[node['state']]}")
        known = (CARE[code] for code in node.get("warnings", ()) if code in CARE)
        lines += [f"{node['name']}: {words.format(**node)}" for words in known]
        certificate = node.get("certificate")
        if node.get("encryption") == "none":
            lines.append(
                f"NOT ENCRYPTED: {node['name']} lets people of other machines in without TLS"
                " (--insecure)"
            )
        if certificate:
            lines.append(f"{node['name']}: {sentence(certificate)}")
            if certificate["problem"]:
                lines.append(f"{node['name']}: the new pair is not used: {certificate['problem']}")
    return lines


def _node(node: Mapping[str, Any]) -> str:
    """A node's name, and its state where that is worth a word."""
    state = str(node.get("state", "alive"))
    return str(node["name"]) if state == "alive" else f"{node['name']} ({state})"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        cell.rjust(width) if name in RIGHT else cell.ljust(width)
        for cell, width, name in zip(row, widths, COLUMNS, strict=True)
    ]
    return "  ".join(cells).rstrip()


def _cells(process: Mapping[str, Any]) -> list[str]:
    return [
        str(process["id"]),
        str(process["role"]),
        "draining" if process.get("draining") else str(process["state"]),
        str(process["pid"] or "-"),
        str(process["restarts"]),
        duration(float(process["uptime_s"])),
        str(process["connections"]),
        str(process["conferences"]),
        _value(process),
        str(process.get("detail") or "")[:NOTE_CHARACTERS_MAX],
    ]


def _value(process: Mapping[str, Any]) -> str:
    """The QoS value; of those roles only that take people."""
    value = process.get("qos", -1)
    return str(value) if process["role"] in ("collaboration", "web") and value >= 0 else "-"


def duration(seconds: float) -> str:
    """A time that a person reads at a glance, such as `3m 20s`."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3_600:
        return f"{whole // 60}m {whole % 60:02d}s"
    if whole < 86_400:
        return f"{whole // 3_600}h {whole % 3_600 // 60:02d}m"
    return f"{whole // 86_400}d {whole % 86_400 // 3_600:02d}h"
