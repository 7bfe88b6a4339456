"""A live job: what its user asked for, in integers, without anything secret.

Scripts, environment, secrets and input files lie beside the log, under `content`; a spec and every event hold
only that name. A scenario's jobs are columns instead, see `scenario_tables`.
"""

from typing import Literal

import msgspec

LatencyClass = Literal["local", "regional", "shiftable"]
"""东数东算 stays in its province, 西数西算 in its hub's reach, 东数西算 may go anywhere."""
Voucher = Literal["auto", "required", "none"]
JobState = Literal["held", "queued", "active", "succeeded", "failed", "cancelled", "expired", "refused"]
CLOSED: frozenset[JobState] = frozenset({"succeeded", "failed", "cancelled", "expired", "refused"})
AttemptState = Literal["reserved", "dispatched", "running", "paused", "ended"]
Outcome = Literal["success", "failure", "killed", "preempted", "lost"]
LOST_AFTER_S = 1800
SECONDS_MOST = 366 * 86_400
ARRAY_MOST = 10_000


class Alternative(msgspec.Struct, frozen=True, gc=False):
    """One way to run: `units_milli` milli-devices of each of `nodes` nodes, for at most `limit_s` seconds."""

    device: str
    units_milli: int
    nodes: int
    limit_s: int

    @property
    def milli(self) -> int:
        """Milli-devices of all nodes together."""
        return self.units_milli * self.nodes


class Shape(msgspec.Struct, frozen=True, gc=False):
    """Where and how a job can run: all that decides its candidates. Jobs alike share one.

    `in_nano_gb` lies in `data_region` (empty: `region`), `out_nano_gb` goes to `region`. `max_rtt_us` 0: no
    limit. `programme`: the voucher programme that must list the centre, "" for none.
    """

    alternatives: tuple[Alternative, ...]
    region: str
    data_region: str = ""
    in_nano_gb: int = 0
    out_nano_gb: int = 0
    max_rtt_us: int = 0
    latency_class: LatencyClass = "shiftable"
    min_grade: int = 1
    residency: tuple[str, ...] = ()
    cpus: int = 0
    memory_mb: int = 0
    programme: str = ""

    @property
    def longest_s(self) -> int:
        """The longest limit among the alternatives."""
        return max(one.limit_s for one in self.alternatives)

    @property
    def shortest_s(self) -> int:
        """The shortest limit among the alternatives."""
        return min(one.limit_s for one in self.alternatives)


class JobSpec(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What one submission asks for; `array` > 1 makes that many jobs of it.

    `max_price_micro` limits the charge, None for no limit. `weight` ≥ 1 scales the job's value in clearing.
    """

    name: str
    shape: Shape
    content: str = ""
    project: str = ""
    not_before_at: int = 0
    deadline_at: int | None = None
    priority: int = 0
    depends_on: tuple[str, ...] = ()
    array: int = 1
    preemptible: bool = False
    checkpoint: bool = False
    max_price_micro: int | None = None
    voucher: Voucher = "auto"
    lost_after_s: int = LOST_AFTER_S
