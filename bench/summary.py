"""`python -m bench summary`: writes the figures of `bench/results` into `bench/README.md`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from bench import report
from bench.__main__ import ZONE

README: Final = Path(__file__).resolve().parent / "README.md"
BEGIN: Final = "<!-- figures: written by `python -m bench summary` -->"
END: Final = "<!-- end of figures -->"


def main(words: list[str]) -> bool:
    """Rewrites the part between the marks; `words` are not used."""
    text = README.read_text()
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    README.write_text(f"{head}{BEGIN}\n\n{_figures()}\n{END}{tail}")
    print("written to bench/README.md")
    return True


def _figures() -> str:
    parts = []
    for name, rows in TABLES.items():
        path = report.RESULTS / f"{name}.json"
        if path.exists():
            parts.append(_part(json.loads(path.read_text()), rows))
    return "\n".join(parts)


def _part(told: dict[str, Any], rows: Callable[[Any], Iterator[list[Any]]]) -> str:
    machine = told["machine"]
    lines = [f"## {told['name']}", ""]
    head, *body = list(rows(told["figures"]))
    lines += ["| " + " | ".join(map(str, head)) + " |", "|---" * len(head) + "|"]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in body]
    where = (
        f"`{told['command']}` at {told['commit']}, {told['date']}; {machine['cores']} cores "
        f"{machine['cpu']}, {machine['memory_mb']} MB, Linux {machine['kernel']}, Python "
        f"{machine['python']}, load average at the end {machine['load_average_1m']}. "
        f"Promise {report.verdict(told['promise_kept']).lower()}."
    )
    lines += ["", where, ""]
    return "\n".join(lines)


def _board(figures: Any) -> Iterator[list[Any]]:
    yield ["a board of 5,000 elements", "ms"]
    yield ["a remote change is drawn after, p50", figures["drawn_ms"]["p50"]]
    yield ["p95", figures["drawn_ms_p95"]]
    yield ["max", figures["drawn_ms"]["max"]]
    yield ["longest task meanwhile", figures["longest_task_ms"]]
    yield ["CPU of the page for each change", figures["page_cpu_ms_a_change"]]
    yield ["opened and all drawn after", figures["opened"]["drawn_ms"]]
    yield ["longest task while it is opened", figures["opened"]["longest_task_ms"]]


def _notes_page(figures: Any) -> Iterator[list[Any]]:
    yield ["", *report.PARTS]
    for kind in ("pad", "notes"):
        megabytes = f"{kind} of {figures[f'{kind}_bytes'] / 1e6:.1f} MB"
        for key, title in (
            ("opened_ms", "opened, ms"),
            ("opened_cpu_ms", "the page's CPU for it, ms"),
            ("typing_frame_ms", "a frame while somebody types, ms"),
            ("receiving_frame_ms", "a frame while somebody else types, ms"),
        ):
            yield [f"{megabytes}: {title}", *(figures[kind][key][part] for part in report.PARTS)]


def _chat(figures: Any) -> Iterator[list[Any]]:
    yield ["", *report.PARTS]
    for key, title in (
        ("join_ms", "joining, ms"),
        ("older_page_ms", "200 older messages, ms"),
        ("page_frame_ms", "a frame while scrolling, ms"),
    ):
        yield [title, *(figures[key][part] for part in report.PARTS)]
    for key, value in figures.items():
        if not isinstance(value, dict):
            yield [key.replace("_", " "), value, "", "", ""]


def _spreads(*names: tuple[str, str]) -> Callable[[Any], Iterator[list[Any]]]:
    def rows(figures: Any) -> Iterator[list[Any]]:
        yield ["", *report.PARTS]
        for key, title in names:
            yield [title, *(figures[key][part] for part in report.PARTS)]
        for name in ("kills", "operations", *report.JUDGED):
            if name in figures:
                yield [name.replace("_", " "), figures[name], "", "", ""]

    return rows


def _memory(figures: Any) -> Iterator[list[Any]]:
    yield ["process", "PSS MB", "RSS MB"]
    for id_, mb in figures["pss_mb"].items():
        yield [id_, mb, figures["rss_mb"][id_]]
    yield ["all", figures["pss_mb_all"], ""]


def _idle(figures: Any) -> Iterator[list[Any]]:
    yield ["process", "CPU % of a core", "wake-ups a second"]
    for row in figures["processes"]:
        yield [row["process"], row["cpu_percent"], row["wakeups_per_s"]]


def _fanout(figures: Any) -> Iterator[list[Any]]:
    rows = figures["rows"]
    head = list(dict.fromkeys(name for row in rows for name in row))
    yield [name.replace("_", " ") for name in head]
    for row in rows:
        yield [row.get(name, "") for name in head]


def _trace(figures: Any) -> Iterator[list[Any]]:
    yield ["", *figures]
    for name in (
        "edits",
        "edits_per_s",
        "kills",
        "seed",
        "longest_gap_ms",
        "longest_gap_after",
        "log_mb",
        "rejected",
        "order_equal",
    ):
        yield [name.replace("_", " "), *(trace[name] for trace in figures.values())]
    yield [
        "most memory of a process, MB",
        *(max(trace["rss_mb_max"].values()) for trace in figures.values()),
    ]
    yield [
        "ends in `endContent` exactly",
        *(", ".join(f"{who}: {'yes' if equal else 'NO'}" for who, equal in trace["equal"].items())
          for trace in figures.values()),
    ]  # fmt: skip


def _engine_memory(figures: Any) -> Iterator[list[Any]]:
    yield ["written, MB", "the engine's PSS, MB"]
    told = figures["memory_mb"]
    yield from told[:: max(1, len(told) // 12)]
    yield ["the most", figures["most_mb"]]


def _soak(figures: Any) -> Iterator[list[Any]]:
    rows = figures["processes"]
    yield list(rows[0])
    for row in rows:
        yield list(row.values())


def _zone(figures: Any) -> Iterator[list[Any]]:
    """What all measurements of a zone tell alike: percentiles first, then single figures."""
    yield ["", *report.PARTS]
    spreads = {name: told for name, told in figures.items() if isinstance(told, dict)}
    for name, told in spreads.items():
        title = name.removesuffix("_ms").replace("_", " ")
        yield [f"{title}, ms" if name.endswith("_ms") else title, *(told[p] for p in report.PARTS)]
    for name, told in figures.items():
        if name not in spreads:
            yield [name.replace("_", " "), told, "", "", ""]


def _peers(figures: Any) -> Iterator[list[Any]]:
    """At each pace what a delivered edit costs; then what a kill does."""
    yield [
        "", "trace", "edits a second", "CPU us a delivered edit", "p50 / p99 ms", "memory MB",
        "gap ms p50 / max", "lost", "lost with the writers",
    ]  # fmt: skip
    for row in figures["paced"]:
        yield [
            row["server"], row["trace"], round(row["pace_per_s"]), row["cpu_us_a_delivery"],
            f"{row['p50_ms']} / {row['p99_ms']}", row["memory_mb"], "", row["undelivered"], "",
        ]  # fmt: skip
    for row in figures["killed"]:
        gap = row["gap_ms"]
        yield [
            row["server"], row["trace"], "killed", "", "", "", f"{gap['p50']} / {gap['max']}",
            row["lost"], row["delivered_and_lost_with_the_writers"],
        ]  # fmt: skip


TABLES: Final[dict[str, Callable[[Any], Iterator[list[Any]]]]] = {
    "failover": _spreads(
        ("affected_ms", "longest gap of the affected, ms"),
        ("unaffected_ms", "longest gap of the others, ms"),
        ("attached_again_ms", "attached again after, ms"),
    ),
    "engine_kill": _spreads(("back_ms", "saved again after, ms")),
    "latency": _spreads(
        ("to_others_ms", "to the other participants, ms"), ("acknowledged_ms", "acknowledged, ms")
    ),
    "memory": _memory,
    "engine_memory": _engine_memory,
    "idle": _idle,
    "load": _spreads(
        ("with_snapshot_ms", "with its snapshot, ms"), ("from_log_ms", "from the log alone, ms")
    ),
    "fanout": _fanout,
    "crowd": _fanout,
    "chat": _chat,
    "board": _board,
    "notes_page": _notes_page,
    "slides": _zone,
    "peers": _peers,
    "trace": _trace,
    "storm": _zone,
    "soak": _soak,
    **dict.fromkeys(ZONE, _zone),
}
