"""What was asked of an import, and what it read, kept, dropped and changed, by which rules, to which load."""

import msgspec

from suanwang.units.text import Text


class ImportChoices(msgspec.Struct, frozen=True):
    """What the user asked of an import. `load` None leaves the trace's own machines."""

    load: float | None = None
    seed: int = 0
    slot_minutes: int = 15
    days: float | None = None
    arrivals_only: bool = False


class Count(msgspec.Struct, frozen=True):
    """Jobs that share a fate, and the device-slots they ask for (or lost of it), in thousandths."""

    kind: str
    about: Text
    jobs: int
    device_slots_milli: int


class ClassLoad(msgspec.Struct, frozen=True):
    """Demand and supply of one group of devices (all GPUs, or `cpu`).

    `load_before` is mean demand in the trace's own seconds over its machines, `load_after` the demand as
    written (in whole slots, at the load asked for) over the pools written;
    a load is None where there is nothing to divide by.
    """

    devices: str
    devices_before: float
    devices_after: float
    load_before: float | None
    load_after: float | None


class Packing(msgspec.Struct, frozen=True):
    """Whole nodes filled in order of arrival while nothing leaves: shares of all GPUs."""

    gpus: int
    asked_share: float
    allocated_share: float
    first_refused_share: float | None
    """Share allocated when the first task found no node; None when all found one."""
    tasks_placed: int
    tasks_refused: int


class ImportReport(msgspec.Struct, frozen=True):
    """The report of one import.

    Device-slots balance: read = kept + Σ dropped + Σ cut. `changed` counts jobs that were kept otherwise
    than the trace has them and may overlap; `cut` are the parts of kept jobs beyond the horizon.
    """

    source: str
    files: tuple[str, ...]
    read: Count
    kept: Count
    dropped: tuple[Count, ...]
    cut: Count
    changed: tuple[Count, ...]
    loads: tuple[ClassLoad, ...]
    rules: tuple[Text, ...]
    notes: tuple[Text, ...]
    packing: Packing | None
    slot_minutes: int
    slots: int
    seed: int

    def balances(self) -> bool:
        """Whether every device-slot and every job read is accounted for."""
        after = (self.kept, *self.dropped)
        return (
            self.read.jobs == sum(count.jobs for count in after)
            and self.read.device_slots_milli
            == sum(count.device_slots_milli for count in after) + self.cut.device_slots_milli
        )
