"""A network of namespaces: hosts at a bridge that has a namespace of its own.

The machine's own network is not touched. Faults are rules at the bridge, in one table that is
written anew as a whole, so that what is in force is always exactly what `Network` holds.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from typing import IO, Final

import msgspec

from folkmoot.errors import invariant
from folkmoot.testing.machines.leftovers import own_label, run

SUBNET: Final = "10.77.0"
PREFIX_BITS: Final = 24
PLACES_MAX: Final = 200
TABLE: Final = "folkmoot"


class Drop(msgspec.Struct, frozen=True):
    """Packets from one place to another that do not arrive: all, or so many of a hundred.

    Shape: empty names stand for everybody; `ports` are (port there, port here) of single
    connections, as seen from the source; empty for all.
    """

    source: str
    target: str
    percent: int = 100
    ports: tuple[tuple[int, int], ...] = ()


class Network:
    """Places that reach each other until something else is said.

    Caller: `add` each place, `remove_all(own_label())` at the end.
    """

    def __init__(self) -> None:
        self._label = own_label()
        self._addresses: dict[str, str] = {}
        self._cut: set[str] = set()
        self._drops: list[Drop] = []
        self._bridge = self.namespace("net")
        run("ip", "netns", "add", self._bridge)
        run("ip", "-n", self._bridge, "link", "add", "name", "bridge", "type", "bridge")
        run("ip", "-n", self._bridge, "link", "set", "dev", "bridge", "up")

    @property
    def places(self) -> list[str]:
        return list(self._addresses)

    def namespace(self, place: str) -> str:
        return f"{self._label}-{place}"

    def address(self, place: str) -> str:
        return self._addresses[place]

    def add(self, place: str) -> str:
        """Makes a place with an address of its own, which is returned."""
        invariant(len(self._addresses) < PLACES_MAX, "a network has room", place=place)
        namespace, address = self.namespace(place), f"{SUBNET}.{len(self._addresses) + 1}"
        run("ip", "netns", "add", namespace)
        veth = ("link", "add", "name", place, "type", "veth", "peer", "name", "eth0")
        run("ip", "-n", self._bridge, *veth, "netns", namespace)
        run("ip", "-n", self._bridge, "link", "set", "dev", place, "master", "bridge", "up")
        run("ip", "-n", namespace, "address", "add", f"{address}/{PREFIX_BITS}", "dev", "eth0")
        for device in ("lo", "eth0"):
            run("ip", "-n", namespace, "link", "set", "dev", device, "up")
        self._addresses[place] = address
        return address

    def start(
        self, place: str, words: Sequence[str], *, output: IO[bytes] | int, talks: bool = False
    ) -> subprocess.Popen[bytes]:
        """Starts a program there; with `talks`, its standard input and output are pipes."""
        return subprocess.Popen(
            ("ip", "netns", "exec", self.namespace(place), *words),
            stdin=subprocess.PIPE if talks else subprocess.DEVNULL,
            stdout=subprocess.PIPE if talks else output,
            stderr=output,
        )

    # Faults

    def cut(self, place: str) -> None:
        """Pulls the plug: nothing comes from there or gets there."""
        self._cut.add(place)
        run("ip", "-n", self._bridge, "link", "set", "dev", place, "down")

    def mend(self, place: str) -> None:
        """Plugs it in again."""
        self._cut.discard(place)
        run("ip", "-n", self._bridge, "link", "set", "dev", place, "up")

    def divide(self, *sides: Iterable[str]) -> None:
        """Lets nobody of one side reach another; who is on several sides reaches all of them."""
        parts = [set(side) for side in sides]
        everybody = set().union(*parts)
        for one in everybody:
            for other in everybody - {one}:
                if not any(one in part and other in part for part in parts):
                    self._drops.append(Drop(one, other))
        self._write()

    def one_way(self, source: str, target: str) -> None:
        """Nothing from `source` arrives at `target`; the other way is open."""
        self._drops.append(Drop(source, target))
        self._write()

    def lose(self, place: str, percent: int) -> None:
        """So many of a hundred packets from and to the place are lost."""
        self._drops += [Drop(place, "", percent), Drop("", place, percent)]
        self._write()

    def half_open(self, one: str, other: str) -> int:
        """Connections that are open between two places go dead without a word; new ones work.

        Shape: returns how many there were.
        """
        there = self._addresses[other]
        listed = run(
            *("ip", "netns", "exec", self.namespace(one), "ss", "-Htn", "state", "established"),
            *("dst", there),
        )
        ports = []
        for line in listed.splitlines():
            here, remote = line.split()[2:4]
            ports.append((int(remote.rpartition(":")[2]), int(here.rpartition(":")[2])))
        if ports:
            back = tuple((here, there) for there, here in ports)
            self._drops += [
                Drop(one, other, ports=tuple(ports)),
                Drop(other, one, ports=back),
            ]
            self._write()
        return len(ports)

    def heal(self) -> None:
        """Ends all of these faults."""
        self._drops = []
        self._write()
        for place in sorted(self._cut):
            self.mend(place)

    def _write(self) -> None:
        rules = "".join(f"    {rule}\n" for drop in self._drops for rule in _rules(drop))
        chain = f"chain drops {{\n    type filter hook forward priority 0;\n{rules}  }}"
        # Declared first, so that deleting it never fails; both in one transaction.
        text = (
            f"table bridge {TABLE}\ndelete table bridge {TABLE}\n"
            f"table bridge {TABLE} {{\n  {chain}\n}}\n"
        )
        run("ip", "netns", "exec", self._bridge, "nft", "-f", "-", told=text)


def _rules(drop: Drop) -> list[str]:
    where = f'iifname "{drop.source}" ' if drop.source else ""
    where += f'oifname "{drop.target}" ' if drop.target else ""
    if drop.percent < 100:
        where += f"numgen random mod 100 < {drop.percent} "
    if not drop.ports:
        return [f"{where}drop"]
    return [f"{where}tcp dport {there} tcp sport {here} drop" for there, here in drop.ports]
