"""A live job: what its user asked for, in integers, without anything secret.

Scripts, environment, secrets and input files lie beside the log, under `content`; a spec and every event hold
only that name. A scenario's jobs are columns instead, see `scenario_tables`.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from suanwang.model.bounds import Digest, Instant, JobName, Label, MaybeName, Micro, Name, NanoGb

LatencyClass = Literal["local", "regional", "shiftable"]
"""东数东算 stays in its province, 西数西算 in its hub's reach, 东数西算 may go anywhere."""
Voucher = Literal["auto", "required", "none"]
JobState = Literal["held", "queued", "active", "succeeded", "failed", "cancelled", "expired", "refused"]
CLOSED: frozenset[JobState] = frozenset({"succeeded", "failed", "cancelled", "expired", "refused"})
AttemptState = Literal["reserved", "dispatched", "running", "paused", "ended"]
AttemptPlace = Literal["own", "awaited", "given"]
"""`own`: it holds its capacity; `awaited`: it stands by until one alike ends; `given`: its heir has it."""
Outcome = Literal["success", "failure", "killed", "preempted", "lost"]
LOST_AFTER_S = 1800
SECONDS_MOST = 366 * 86_400
ARRAY_MOST = 10_000


class Alternative(msgspec.Struct, frozen=True, gc=False):
    """One way to run: `units_milli` milli-devices of each of `nodes` nodes, for at most `limit_s` seconds."""

    device: Name
    units_milli: Annotated[int, Meta(ge=1, le=10**9)]
    nodes: Annotated[int, Meta(ge=1, le=10**5)]
    limit_s: Annotated[int, Meta(ge=1, le=SECONDS_MOST)]

    @property
    def milli(self) -> int:
        """Milli-devices of all nodes together."""
        return self.units_milli * self.nodes


class Shape(msgspec.Struct, frozen=True, gc=False, cache_hash=True):
    """Where and how a job can run: all that decides its candidates. Jobs alike share one.

    `in_nano_gb` lies in `data_region` (empty: `region`), `out_nano_gb` goes to `region`. `max_rtt_us` 0: no
    limit. `programme`: the voucher programme that must list the centre, "" for none.
    """

    alternatives: Annotated[tuple[Alternative, ...], Meta(min_length=1, max_length=16)]
    region: Name
    data_region: MaybeName = ""
    in_nano_gb: NanoGb = 0
    out_nano_gb: NanoGb = 0
    max_rtt_us: Annotated[int, Meta(ge=0, le=10**9)] = 0
    latency_class: LatencyClass = "shiftable"
    min_grade: Annotated[int, Meta(ge=1, le=5)] = 1
    residency: Annotated[tuple[Name, ...], Meta(max_length=64)] = ()
    cpus: Annotated[int, Meta(ge=0, le=10**6)] = 0
    memory_mb: Annotated[int, Meta(ge=0, le=10**9)] = 0
    programme: MaybeName = ""

    @property
    def shortest_s(self) -> int:
        """The shortest limit among the alternatives."""
        return min([one.limit_s for one in self.alternatives])


class JobSpec(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What one submission asks for; `array` > 1 makes that many jobs of it.

    `max_price_micro` limits the charge, None for no limit. `weight` ≥ 1 scales the job's value in clearing.
    """

    name: Label
    shape: Shape
    content: Digest = ""
    project: MaybeName = ""
    not_before_at: Instant = 0
    deadline_at: Instant | None = None
    priority: Annotated[int, Meta(ge=-1000, le=1000)] = 0
    depends_on: Annotated[tuple[JobName, ...], Meta(max_length=1000)] = ()
    array: Annotated[int, Meta(ge=1, le=ARRAY_MOST)] = 1
    preemptible: bool = False
    checkpoint: bool = False
    max_price_micro: Micro | None = None
    voucher: Voucher = "auto"
    lost_after_s: Annotated[int, Meta(ge=60, le=SECONDS_MOST)] = LOST_AFTER_S
