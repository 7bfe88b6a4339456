"""Which devices of one machine are whose: by index, in thousandths, never oversubscribed."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from suanwang.drivers.port import Shape

WHOLE_MILLI = 1000
CPU = "cpu"
"""The device class of plain processor cores: its devices and `cpus` are the same cores."""


class DevicePool(msgspec.Struct, frozen=True):
    """`devices` devices of one class on this machine.

    `declared`: told by the configuration, not seen. `visible_variable`: the variable by which their runtime
    is told which it may use (CUDA_VISIBLE_DEVICES), empty if it has none.
    """

    device: str
    devices: int
    declared: bool = False
    visible_variable: str = ""


class Machine(msgspec.Struct, frozen=True):
    """What attempts may use of one machine: device pools, `cpus` cores, `memory_mb` of memory.

    `variables` are told to every script here, before all others of the same name.
    """

    pools: tuple[DevicePool, ...]
    cpus: int
    memory_mb: int
    variables: dict[str, str] = {}


class Assigned(msgspec.Struct, frozen=True):
    """What one attempt holds: (index, milli) of each device, and cores and memory."""

    device: str
    devices: tuple[tuple[int, int], ...]
    cpus: int
    memory_mb: int

    @property
    def indexes(self) -> str:
        """The device indexes as a list with commas, as CUDA_VISIBLE_DEVICES wants it."""
        return ",".join(str(index) for index, _ in self.devices)


class DeviceSlots:
    """The free capacity of a `Machine`: 0 ≤ free ≤ whole, for every device, the cores, the memory.

    `held`: what attempts hold already, taken when the machine may have been larger: of devices that it has no
    more nothing is kept, cores and memory may be less than none, and nothing is given before they are back.
    """

    def __init__(self, machine: Machine, held: Iterable[Assigned] = ()) -> None:
        self.machine = machine
        self.free = {pool.device: [WHOLE_MILLI] * pool.devices for pool in machine.pools}
        self.cpus = machine.cpus
        self.memory_mb = machine.memory_mb
        for one in held:
            self._change(one, -1)

    def ever_fits(self, device: str, units_milli: int, cpus: int, memory_mb: int) -> bool:
        """Whether the empty machine would hold it."""
        whole = [WHOLE_MILLI] * len(self.free.get(device, ()))
        return (
            choose(whole, units_milli) is not None
            and cores(device, units_milli, cpus) <= self.machine.cpus
            and memory_mb <= self.machine.memory_mb
        )

    def assign(self, device: str, units_milli: int, cpus: int, memory_mb: int) -> Assigned | None:
        """Take devices, cores and memory, all or nothing; a fraction where it leaves least."""
        free = self.free.get(device, [])
        chosen = choose(free, units_milli)
        needed = cores(device, units_milli, cpus)
        if chosen is None or needed > self.cpus or memory_mb > self.memory_mb:
            return None
        assigned = Assigned(device, tuple(chosen), needed, memory_mb)
        self._change(assigned, -1)
        return assigned

    def release(self, assigned: Assigned) -> None:
        """Give back what `assign` took, here or from an earlier machine."""
        self._change(assigned, 1)

    def _change(self, assigned: Assigned, sign: int) -> None:
        free = self.free.get(assigned.device, [])
        for index, milli in assigned.devices:
            if index < len(free):
                free[index] += sign * milli
        self.cpus += sign * assigned.cpus
        self.memory_mb += sign * assigned.memory_mb

    def shapes(self) -> tuple[Shape, ...]:
        """The largest that fits now of each class, on the one node that this machine is."""
        room = {device: [most(free)] for device, free in self.free.items()}
        if CPU in room:
            room[CPU] = [max(0, min(room[CPU][0], self.cpus * WHOLE_MILLI))]
        return shapes(room)


def most(node: Sequence[int]) -> int:
    """The most that one attempt can have on a node: its free devices, and the largest part of another."""
    whole = sum(milli for milli in node if milli == WHOLE_MILLI)
    return whole + max((milli for milli in node if milli < WHOLE_MILLI), default=0)


def shapes(room: Mapping[str, Sequence[int]]) -> tuple[Shape, ...]:
    """The largest gangs that fit, by device from what each node has room for, in thousandths.

    Each amount that some node has, with how many nodes have as much or more.
    """
    return tuple(
        Shape(device, units, sum(1 for other in nodes if other >= units))
        for device, nodes in room.items()
        for units in sorted({units for units in nodes if units}, reverse=True)
    )


def cores(device: str, units_milli: int, cpus: int) -> int:
    """The cores an attempt holds: those it asks for, and at least its devices where those are cores."""
    return max(cpus, -(-units_milli // WHOLE_MILLI) if device == CPU else 0)


def choose(free: Sequence[int], units_milli: int) -> list[tuple[int, int]] | None:
    """Devices for `units_milli`: whole ones that are wholly free, the rest from the fullest that has it."""
    whole, part = divmod(units_milli, WHOLE_MILLI)
    chosen = [(index, WHOLE_MILLI) for index, milli in enumerate(free) if milli == WHOLE_MILLI][:whole]
    if len(chosen) < whole:
        return None
    if part:
        taken = {index for index, _ in chosen}
        rest = [(milli, index) for index, milli in enumerate(free) if milli >= part and index not in taken]
        if not rest:
            return None
        chosen.append((min(rest)[1], part))
    return chosen
