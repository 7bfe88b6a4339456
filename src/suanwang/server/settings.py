"""What a server can be told to do otherwise; the defaults are those of the design."""

from pathlib import Path

import msgspec


class Settings(msgspec.Struct, frozen=True):
    """`data`: this server's own folder: its token file, its audit key, its published tree.

    `lease_s`: silence after which a centre is suspect. `proof_s`: how often the lead is proved while nothing
    is appended; agents are acknowledged only by a leader that proved itself within three times that.
    `snapshot_every`: events between snapshots. `append_delay_s` is added to each append: for measurements.
    """

    data: Path
    lease_s: float = 60.0
    proof_s: float = 5.0
    snapshot_every: int = 100_000
    look_s: float = 0.25
    follow_events: int = 20_000
    rate_per_s: float = 200.0
    rate_burst: float = 2_000.0
    append_delay_s: float = 0.0
    clears: bool = True
