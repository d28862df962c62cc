"""A zone on several machines: starts it, lets hosts join and grow, looks whether all is well."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import urlsplit

import folkmoot
from folkmoot.errors import OperatorError
from folkmoot.testing.machines import leftovers
from folkmoot.testing.machines.machine import DISK_MB, LEAN, PORT, Machine, wait_until
from folkmoot.testing.machines.network import Network
from folkmoot.testing.machines.people import People
from folkmoot.testing.machines.slow_path import SlowPath

TOOLS: Final = ("ip", "nft", "ss", "mount", "umount")
ENGINES: Final = 3
GROW_S_MAX: Final = 150.0
WELL_S_MAX: Final = 60.0
WELL: Final = ("ready", "external")
MONITOR_S_MAX: Final = 10.0
LEAD_S_MAX: Final = 90.0


def why_not() -> str:
    """Why hosts cannot be made here; empty when they can."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        return f"{' and '.join(missing)} is missing: apt install iproute2 nftables mount"
    if os.geteuid() != 0:
        return "network namespaces need root"
    probe = f"{leftovers.own_label()}-probe"
    made = subprocess.run(("ip", "netns", "add", probe), capture_output=True, check=False)
    if made.returncode:
        return f"this system allows no network namespaces: {made.stderr.decode().strip()}"
    leftovers.run("ip", "netns", "delete", probe)
    return ""


class Machines:
    """The hosts of a zone, `h1` (which began it) to `hN`, and the network between them and people.

    Shape: hosts run from the first of `pythons`, and are upgraded to the second if there is one.

    Caller: `running_machines`.
    """

    def __init__(
        self,
        folder: Path,
        count: int,
        *,
        settings: dict[str, int] | None = None,
        pythons: Sequence[str] = (sys.executable,),
        disk_mb: int = DISK_MB,
        clocks_can_jump: bool = False,
        slow_paths: bool = False,
        keep_code: bool = False,
        seed: int = 0,
    ) -> None:
        self.network = Network()
        self.paths: dict[str, SlowPath] = {}
        self.clocks_can_jump = clocks_can_jump
        self._pythons = list(pythons)
        self._seed = seed
        self._path_log: IO[bytes] | None = None
        self.hosts: dict[str, Machine] = {}
        self._folder = folder
        self._people: list[People] = []
        code = _copy_code(folder / "code") if keep_code else None
        for number in range(1, count + 1):
            self.hosts[f"h{number}"] = Machine(
                self.network,
                folder,
                f"h{number}",
                settings=(settings or LEAN) if number == 1 else None,
                python=pythons[0],
                disk_mb=disk_mb,
                clock_can_jump=clocks_can_jump,
                code=code,
            )
        if slow_paths:
            self._make_paths()

    def __getitem__(self, name: str) -> Machine:
        return self.hosts[name]

    @property
    def first(self) -> Machine:
        return self.hosts["h1"]

    def others(self, *names: str) -> list[Machine]:
        return [host for host in self.hosts.values() if host.name not in names]

    def urls(self) -> list[str]:
        return [host.url for host in self.hosts.values()]

    # Life

    def _make_paths(self) -> None:
        """All people come by a proxy: what hosts tell of themselves is its address."""
        self.place("paths")
        self._path_log = (self._folder / "paths.log").open("ab")
        for number, host in enumerate(self.hosts.values(), 1):
            path = SlowPath(self.network, "paths", number)
            path.start(host.address, PORT, self._seed + number, self._path_log)
            self.paths[host.name] = path

    def _advertised(self, host: Machine) -> tuple[str, ...]:
        path = self.paths.get(host.name)
        return ("--advertise", path.url) if path is not None else ()

    def start(self) -> None:
        """The first begins the zone, the others join; hosts beyond three run no engine."""
        first = self.first
        first.start("--zone-address", first.address, *self._advertised(first))
        self.first.wait_ready()
        for number, host in enumerate(self.others("h1"), 2):
            engine = number <= ENGINES
            token = self.first.command("token", *(["--engine"] if engine else [])).strip()
            place = ("--zone-address", host.address) if engine else ("--no-engine",)
            lean = ("--collaboration-servers", "1")
            named = ("--join", token, "--name", host.name)
            host.start(*place, *lean, *self._advertised(host), *named)
        for host in self.others("h1"):
            host.wait_ready()

    def grow(self) -> None:
        """From one engine to three, and returns when the zone is well."""
        self.first.command("grow", within_s=GROW_S_MAX)
        self.wait_well()

    def people(self, history: Path, place: str = "people") -> People:
        """A process of people in a place of its own in the network."""
        self.place(place)
        people = People(self.network, place, history)
        self._people.append(people)
        return people

    def host_of(self, url: str) -> str:
        """The host with this address; empty when there is none."""
        told = urlsplit(url)
        for name, path in self.paths.items():
            if urlsplit(path.url).netloc == told.netloc:
                return name
        here = (host.name for host in self.hosts.values() if host.address == told.hostname)
        return next(here, "")

    def url_of(self, name: str) -> str:
        """Where people reach a host: its slow path if there is one."""
        path = self.paths.get(name)
        return path.url if path is not None else self.hosts[name].url

    def dismiss(self, people: People) -> None:
        """They go."""
        self._people.remove(people)
        people.close()

    @property
    def next_python(self) -> str:
        """The environment to upgrade to; empty where there is one only."""
        return self._pythons[1] if len(self._pythons) > 1 else ""

    def upgraded(self) -> None:
        """Hosts that are started from now on begin with the next environment; then back again."""
        self._pythons.append(self._pythons.pop(0))
        for host in self.hosts.values():
            host.python = self._pythons[0]

    def versions(self) -> dict[str, set[str]]:
        """Which versions and levels run on each host, such as `0.2.0 at 2`."""
        found: dict[str, set[str]] = {}
        for row in self.first.status()["processes"]:
            if row.get("version"):
                found.setdefault(row["node"], set()).add(f"{row['version']} at {row['level']}")
        return found

    def heal(self) -> None:
        """Ends all faults of the network, thaws who is frozen, starts who is off."""
        self.network.heal()
        for path in self.paths.values():
            path.mend()
        for host in self.hosts.values():
            host.free_disk()
            host.disk_fault.end()
            host.thaw()
            if not host.powered:
                host.start()

    def wait_well(self, within_s: float = WELL_S_MAX) -> float:
        """Returns when every host sees all others and every stream has its copies."""
        wrong = [""]

        def well() -> bool:
            wrong[0] = self.what_is_wrong()
            return not wrong[0]

        try:
            return wait_until(well, within_s, "the zone is well")
        except TimeoutError as error:
            raise TimeoutError(f"{error}, but {wrong[0]}") from None

    def what_is_wrong(self) -> str:
        """A word about the first thing that is not as it should be; empty when all is well."""
        for host in self.hosts.values():
            try:
                rows = host.status()["processes"]
            except (OperatorError, OSError, ValueError) as error:
                return f"{host.name} tells no status: {error}"
            ready = {row["node"] for row in rows if row["role"] == "process-manager"}
            if ready != set(self.hosts):
                return f"{host.name} sees {sorted(ready)}"
            unwell = [r for r in rows if r["state"] not in WELL or r["draining"]]
            if unwell:
                return f"{host.name} sees {unwell[0]['id']} of {unwell[0]['node']} not ready"
        return self._engine_wrong()

    def engines(self) -> list[str]:
        """The hosts that run an engine."""
        return list(self.hosts)[:ENGINES]

    def _engine_wrong(self) -> str:
        for name in self.engines():
            told = self.engine_of(name, "/jsz?streams=1&accounts=1")
            if not told:
                return f"the engine of {name} does not answer"
            cluster = told.get("meta_cluster")
            if cluster is not None and not cluster.get("leader"):
                return f"the engine of {name} knows no leader"
            wrong = _streams_wrong(told, name)
            if wrong:
                return wrong
        return ""

    def leaders(self) -> dict[str, str]:
        """Which host leads each stream; `_meta` is the leader of them all."""
        found: dict[str, str] = {}
        for name in self.engines():
            told = self.engine_of(name, "/jsz?streams=1&accounts=1")
            for stream, cluster in _clusters(told):
                if cluster.get("leader") == name:
                    found[stream] = name
            if (told.get("meta_cluster") or {}).get("leader") == name:
                found["_meta"] = name
        return found

    def lead(self, name: str, within_s: float = LEAD_S_MAX) -> None:
        """Makes one host's engine the leader of everything. Errors: `TimeoutError`."""
        host = self.hosts[name]
        began_s = time.monotonic()
        while set((led := self.leaders()).values()) != {name}:
            if time.monotonic() - began_s > within_s:
                raise TimeoutError(
                    f"{name} does not lead everything within {within_s:g} s, but {led}"
                )
            host.run_module("folkmoot.testing.machines.leading", str(host.data), name)

    def place(self, name: str) -> None:
        """A place in the network for people, if it is not there yet."""
        if name not in self.network.places:
            self.network.add(name)

    def engine_of(self, name: str, path: str) -> dict[str, Any]:
        """What the engine of a host says of itself; empty when it does not answer."""
        host = self.hosts[name]
        port = json.loads((host.data / "node.json").read_bytes()).get("monitor_port", 0)
        words = ("folkmoot.testing.machines.monitor", str(port), path)
        try:
            answer: dict[str, Any] = json.loads(
                host.run_module(*words, within_s=MONITOR_S_MAX) or "{}"
            )
        except subprocess.TimeoutExpired:
            return {}
        return answer

    def keep_logs(self, folder: Path) -> None:
        """What the processes of all hosts wrote, which is gone with their disks otherwise."""
        for host in self.hosts.values():
            if (host.data / "logs").is_dir():
                shutil.copytree(host.data / "logs", folder / host.name, dirs_exist_ok=True)

    def close(self) -> None:
        for people in self._people:
            people.close()
        for path in self.paths.values():
            path.close()
        if self._path_log is not None:
            self._path_log.close()
        for host in self.hosts.values():
            host.remove()
        leftovers.remove_all(leftovers.own_label())


@contextmanager
def running_machines(
    folder: Path, count: int, *, start: bool = True, **options: Any
) -> Iterator[Machines]:
    """A zone of so many hosts, removed at the end whatever happened; see `Machines`.

    Shape: one at a time in a process. With `start=False` nothing runs yet.
    """
    leftovers.remove_leftovers()
    machines: Machines | None = None
    try:
        machines = Machines(folder, count, **options)
        if start:
            try:
                machines.start()
            except BaseException:
                machines.keep_logs(folder / "logs")
                raise
        yield machines
    finally:
        if machines is not None:
            machines.close()
        leftovers.remove_all(leftovers.own_label())


def _copy_code(folder: Path) -> Path:
    """A copy of this package: what is edited meanwhile must not come into a zone that runs."""
    package = Path(folkmoot.__file__).parent
    unwanted = shutil.ignore_patterns("__pycache__")
    shutil.copytree(package, folder / package.name, ignore=unwanted)
    return folder


def _clusters(told: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for account in told.get("account_details", ()):
        for stream in account.get("stream_detail", ()):
            yield stream["name"], stream.get("cluster") or {}


def _streams_wrong(told: dict[str, Any], name: str) -> str:
    """Only a leader knows who is behind."""
    for stream, cluster in _clusters(told):
        if cluster and not cluster.get("leader"):
            return f"the stream {stream} has no leader"
        late = [one["name"] for one in cluster.get("replicas", ()) if not one.get("current")]
        if cluster.get("leader") == name and late:
            return f"the stream {stream} waits for {late}"
    return ""


def names(letter: str, count: int) -> Sequence[str]:
    """Names for so many people."""
    return [f"{letter}{number}" for number in range(1, count + 1)]
