"""What the platform tells a centre's agent to do. Orders of a centre are numbered; each may arrive twice.

An attempt is named `<job>.<number>`: the number is the fence, since a later attempt has a greater one.
"""

import msgspec

from suanwang.model.job import Alternative


class Order(msgspec.Struct, frozen=True, gc=False, tag_field="order"):
    """The root: its number in the centre's sequence, from 1."""

    number: int


class Launch(Order, frozen=True, tag="launch"):
    """Run an attempt in `pool`, not before `start_at`, and end it at its limit or at `end_at` at the latest.

    `content` names the script and inputs beside the log, `checkpoint` what an earlier attempt saved; both ""
    for none. `lost_after_s`: stop the work when no request was acknowledged for so long. `standby`: it has
    no room yet, and begins when one alike ends there: of the same `pool`, `shape` and `resources`.
    """

    attempt: str
    name: str
    enterprise: str
    pool: str
    resources: Alternative
    cpus: int
    memory_mb: int
    start_at: int
    end_at: int
    limit_s: int
    content: str
    checkpoint: str
    saves_checkpoint: bool
    lost_after_s: int
    array_index: int
    shape: int = 0
    standby: bool = False


class Proceed(Order, frozen=True, tag="proceed"):
    """An attempt stands by no longer: it has a place, and begins."""

    attempt: str


class Stop(Order, frozen=True, tag="stop"):
    """End an attempt: `grace_s` to save itself, then kill it. `why`: cancelled, preempted or fenced."""

    attempt: str
    why: str
    grace_s: int


class Pause(Order, frozen=True, tag="pause"):
    """Stop an attempt's clock and processes, keeping its devices."""

    attempt: str


class Resume(Order, frozen=True, tag="resume"):
    """Let a paused attempt go on."""

    attempt: str


class Prolong(Order, frozen=True, tag="prolong"):
    """More time for an attempt: its new limit and its new latest end."""

    attempt: str
    limit_s: int
    end_at: int


AnyOrder = Launch | Proceed | Stop | Pause | Resume | Prolong
