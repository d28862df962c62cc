"""What goes wrong in a simulated zone, when, and how it is mended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from folkmoot.simulation.world import World
from folkmoot.simulation.zone_machine import Machine
from folkmoot.simulation.zone_network import ZoneNetwork
from folkmoot.simulation.zone_process import Meeting, SimProcess
from folkmoot.zone.orders import Order

STEPS_MAX: Final = 40


class ZoneFaults:
    """Draws faults; each ends by itself, or in `heal`."""

    def __init__(self, world: World, network: ZoneNetwork, machines: list[Machine]) -> None:
        self._world = world
        self._network = network
        self._machines = machines
        self._kinds: tuple[tuple[str, Callable[[], None]], ...] = (
            ("kill", self._kill),
            ("kill", self._kill),
            ("kill_often", self._kill_often),
            ("freeze", self._freeze),
            ("poison", self._poison),
            ("unstartable", self._unstartable),
            ("slow_start", self._slow_start),
            ("hang", self._hang),
            ("kill_manager", self._kill_manager),
            ("kill_manager", self._kill_manager),
            ("manager_at_a_step", self._manager_at_a_step),
            ("manager_at_a_step", self._manager_at_a_step),
            ("freeze_manager", self._freeze_manager),
            ("kill_meeting", self._kill_meeting),
            ("freeze_meeting", self._freeze_meeting),
            ("headless", self._headless),
            ("power", self._power),
            ("stand_still", self._stand_still),
            ("partition", self._partition),
            ("bad_network", self._bad_network),
            ("clock", self._clock),
            ("busy", self._busy),
            ("drain", self._drain),
            ("drain", self._drain),
            ("restart", self._restart),
            ("few", self._few),
            ("disk", self._disk),
            ("lose_seat", self._lose_seat),
            ("late_order", self._late_order),
            ("late_order", self._late_order),
        )

    def plan(self, count: int, first_ms: int, last_ms: int) -> None:
        for _ in range(count):
            name, fault = self._kinds[self._world.between(0, len(self._kinds) - 1)]
            self._world.after(self._world.between(first_ms, last_ms), self._inflict, name, fault)

    def _inflict(self, name: str, fault: Callable[[], None]) -> None:
        self._world.mark(f"fault_{name}")
        self._world.note("fault", name)
        fault()

    def heal(self) -> None:
        """Everything is mended: power, network, clocks, frozen and poisoned processes."""
        network = self._network
        self._world.note("fault", "all is mended")
        network.group = {}
        network.loss = network.doubled = network.late = network.stale = network.unknown = 0.0
        for machine in self._machines:
            machine.poison = set()
            machine.unstartable = set()
            machine.slow_start = machine.disk_full = machine.hangs = False
            self._set_lag(machine, 0.0)
            machine.return_power()
            machine.start_launcher()
            for process in list(machine.processes.values()):
                process.steps_left = -1
                process.deaf_to_term = False
                process.thaw()
            if machine.manager is not None:
                machine.manager.take_order(Order("drain", on=False), "")
            else:
                machine.draining.clear()

    # Whom

    def _machine(self) -> Machine:
        return self._machines[self._world.between(0, len(self._machines) - 1)]

    def _process(self, machine: Machine, role: str = "") -> SimProcess | None:
        processes = [
            p
            for p in machine.processes.values()
            if p is not machine.manager and role in ("", p.role)
        ]
        return processes[self._world.between(0, len(processes) - 1)] if processes else None

    def _id(self) -> str:
        ids = ("engine", "web-1", "collaboration-1", "collaboration-2", "meeting-manager-1")
        return ids[self._world.between(0, len(ids) - 1)]

    # Processes

    def _kill(self) -> None:
        machine = self._machine()
        process = self._process(machine)
        if process is not None:
            machine.end(process, "killed")

    def _kill_often(self) -> None:
        """Ends a child again and again, after it was ready: accidents use restarts up too."""
        machine, id = self._machine(), self._id()
        for n in range(self._world.between(4, 9)):
            self._world.after(n * self._world.between(900, 2_500), self._kill_id, machine, id)

    def _kill_id(self, machine: Machine, id: str) -> None:
        for process in list(machine.processes.values()):
            if process.id == id:
                machine.end(process, "killed")

    def _freeze(self) -> None:
        self._freeze_one(self._process(self._machine()), 200, 14_000)

    def _freeze_one(self, process: SimProcess | None, least_ms: int, most_ms: int) -> None:
        if process is not None:
            process.freeze()
            self._world.note(process.name, "is frozen")
            self._world.after(self._world.between(least_ms, most_ms), process.thaw)

    def _poison(self) -> None:
        machine, id = self._machine(), self._id()
        machine.poison.add(id)
        if machine.manager is not None and self._world.chance(0.5):
            # It ends while it starts this child again, perhaps before that is written down.
            machine.manager.steps_left = self._world.between(1, 8)
        self._kill_id(machine, id)
        self._world.after(self._world.between(500, 20_000), machine.poison.discard, id)

    def _unstartable(self) -> None:
        machine, id = self._machine(), self._id()
        machine.unstartable.add(id)
        self._kill_id(machine, id)
        self._world.after(self._world.between(100, 9_000), machine.unstartable.discard, id)

    def _slow_start(self) -> None:
        machine = self._machine()
        machine.slow_start = True
        self._kill()

    def _hang(self) -> None:
        """Nothing on this machine heeds SIGTERM from now on."""
        machine = self._machine()
        machine.hangs = True
        for process in machine.processes.values():
            process.deaf_to_term = True

    def _disk(self) -> None:
        machine = self._machine()
        machine.disk_full = True
        duration_ms = self._world.between(1_000, 9_000)
        self._world.after(duration_ms, setattr, machine, "disk_full", False)

    # Process managers

    def _kill_manager(self) -> None:
        machine = self._machine()
        self._end_manager(machine)
        if self._world.chance(0.5):
            self._kill_some(machine)

    def _kill_some(self, machine: Machine) -> None:
        """Children that end while nobody watches them."""
        process = self._process(machine)
        if process is not None:
            machine.end(process, "killed")

    def _manager_at_a_step(self) -> None:
        machine = self._machine()
        if machine.manager is not None:
            machine.manager.steps_left = self._world.between(1, STEPS_MAX)
            self._kill_some(machine)

    def _freeze_manager(self) -> None:
        machine = self._machine()
        if machine.manager is not None:
            least_ms, most_ms = (200, 3_000) if self._world.chance(0.5) else (6_000, 15_000)
            machine.observer.stalled_ms[machine.node] = 20_000
            self._freeze_one(machine.manager, least_ms, most_ms)

    def _headless(self) -> None:
        machine = self._machine()
        machine.launcher = False
        if machine.manager is not None:
            machine.end(machine.manager, "killed")

    # Meeting managers

    def _kill_meeting(self) -> None:
        machine = self._machine()
        process = self._process(machine, "meeting-manager")
        if process is None:
            return
        if self._world.chance(0.5):
            process.steps_left = self._world.between(1, STEPS_MAX)
        else:
            machine.end(process, "killed")

    def _freeze_meeting(self) -> None:
        self._freeze_one(self._process(self._machine(), "meeting-manager"), 500, 9_000)

    def _late_order(self) -> None:
        """The active one decides and is frozen; its order comes when another is active."""
        world = self._world
        self._few()
        for machine in self._machines:
            for process in machine.of_role("meeting-manager"):
                if isinstance(process, Meeting) and process.chair.fence:
                    process.freezes_at_order_ms = world.between(7_000, 10_000)
        if world.chance(0.6):
            for machine in self._machines:
                at_ms = world.between(11_000, 14_000)
                world.after(at_ms, self._end_manager, machine)

    def _lose_seat(self) -> None:
        self._network.lose_seat()
        self._machines[0].observer.seat_lost()
        self._few()

    def _end_manager(self, machine: Machine) -> None:
        if machine.manager is not None:
            machine.end(machine.manager, "killed")

    # Machines and the network between them

    def _power(self) -> None:
        machine = self._machine()
        if machine.powered:
            machine.lose_power()
            self._world.after(self._world.between(500, 12_000), machine.return_power)

    def _stand_still(self) -> None:
        machine = self._machine()
        duration_ms = self._world.between(300, 9_000)
        machine.observer.stalled_ms[machine.node] = 20_000
        for process in list(machine.processes.values()):
            process.freeze()
            self._world.after(duration_ms, process.thaw)

    def _partition(self) -> None:
        self._network.group = {
            machine.node: self._world.between(0, 2) for machine in self._machines
        }
        self._world.after(self._world.between(500, 8_000), self._network.group.clear)

    def _bad_network(self) -> None:
        network, world = self._network, self._world
        network.loss = world.between(0, 30) / 100
        network.doubled = world.between(0, 30) / 100
        network.late = world.between(0, 30) / 100
        network.stale = world.between(0, 40) / 100
        network.unknown = world.between(0, 40) / 100
        for name in ("loss", "doubled", "late", "stale", "unknown"):
            world.after(world.between(1_000, 12_000), setattr, network, name, 0.0)

    def _clock(self) -> None:
        machine = self._machine()
        jump_ms = self._world.between(500, 20_000) if self._world.chance(0.4) else 0
        if jump_ms:
            self._world.mark("clock_jumped")
        machine.set_clock(rate=self._world.between(800, 1_250), jump_ms=jump_ms)

    # Load and operators

    def _busy(self) -> None:
        machines = self._machines if self._world.chance(0.6) else [self._machine()]
        lag_ms = float(self._world.between(1_500, 3_000))
        duration_ms = self._world.between(4_000, 12_000)
        for machine in machines:
            self._set_lag(machine, lag_ms)
            self._world.after(duration_ms, self._set_lag, machine, 0.0)

    @staticmethod
    def _set_lag(machine: Machine, lag_ms: float) -> None:
        machine.lag_ms = lag_ms
        for process in machine.of_role("collaboration"):
            process.lag_ms = lag_ms

    def _few(self) -> None:
        """All servers but one are lost for a while: the zone is to start others."""
        for machine in self._machines[1:]:
            if machine.powered:
                for id in ("collaboration-1", "collaboration-2"):
                    machine.unstartable.add(id)
                    self._kill_id(machine, id)
                    self._world.after(12_000, machine.unstartable.discard, id)
        self._machines[0].unstartable.add("collaboration-1")
        self._kill_id(self._machines[0], "collaboration-1")
        self._world.after(12_000, self._machines[0].unstartable.discard, "collaboration-1")

    def _drain(self) -> None:
        machine = self._machine()
        id = "" if self._world.chance(0.3) else f"collaboration-{self._world.between(1, 2)}"
        self._operate(machine, Order("drain", id=id, on=self._world.chance(0.8)))

    def _restart(self) -> None:
        machine, id = self._machine(), self._id()
        if self._world.chance(0.4):
            id = "process-manager" if self._world.chance(0.5) else "collaboration-101"
        order = Order("restart", id=id)
        self._operate(machine, order)

    def _operate(self, machine: Machine, order: Order) -> None:
        manager = machine.manager
        if manager is None or manager.frozen:
            return
        if order.op == "restart" and order.id != "process-manager":
            machine.observer.asked(machine, order.id)
        manager.do(manager.take_order, order, "")
