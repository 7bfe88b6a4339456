"""Jobs that wait for money or a quota may try again once there is some: first come, first tried."""

from collections.abc import Iterator
from itertools import islice

from suanwang.engine import events
from suanwang.engine.platform import Platform
from suanwang.engine.quota import quota_reason
from suanwang.engine.reserving import usable_programmes
from suanwang.ledger.figures import usable_grants

LOOKED_AT = 64
"""So many of a project's jobs that wait for money are looked at in one step, at least."""


def release_held(platform: Platform, enterprise: str, at: int, most: int) -> Iterator[events.AnyEvent]:
    """At most `most` jobs of each project and kind back into the queue, those that have a chance now."""
    if not platform.held_for:
        return
    for waiting in list(platform.held_for.get(("quota", enterprise), {}).values()):
        for name in list(islice(waiting, most)):
            if quota_reason(platform, platform.state.jobs[name]) is None:
                yield events.JobQueued(at, name, "released")
    left_micro = None
    for waiting in list(platform.held_for.get(("budget", enterprise), {}).values()):
        left_micro = spendable_micro(platform, enterprise, at) if left_micro is None else left_micro
        released = 0
        for name in list(islice(waiting, max(most, LOOKED_AT))):
            held = platform.state.held[name]
            if held.reason.rule == "voucher" and not usable_programmes(platform, enterprise, at):
                continue
            if released < most and held.needed_micro <= left_micro:
                left_micro -= held.needed_micro
                released += 1
                yield events.JobQueued(at, name, "released")


def spendable_micro(platform: Platform, enterprise: str, at: int) -> int:
    """All that an enterprise could hold now: its wallet down to its limit, and its usable grants."""
    ledger = platform.state.vouchers.ledger
    wallet = ledger.accounts[f"wallet:{enterprise}"]
    grants = sum(grant.available_micro for grant in usable_grants(ledger, enterprise, at))
    return wallet.natural_micro - wallet.floor_micro + grants
