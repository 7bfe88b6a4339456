"""The first placement made ahead of time: it loads compiled kernels, which takes a second or two.

A small platform of its own is walked from its opening to one job's place, and dropped.
"""

from suanwang.engine.decide import step
from suanwang.engine.inputs import (
    AnyInput,
    Book,
    EnrolCentre,
    JoinCentre,
    OpenNetwork,
    PlaceQueue,
    PublishSignals,
    SubmitJobs,
)
from suanwang.engine.platform import Platform
from suanwang.ledger.commands import OpenWallet, TopUp
from suanwang.model.job import Alternative, JobSpec, Shape
from suanwang.model.network import CentreRow, PoolRow, RegionRow, Signals, Terms
from suanwang.units.instants import MICROSECONDS_PER_SECOND

AT = 1_000 * MICROSECONDS_PER_SECOND


def walk() -> tuple[AnyInput, ...]:
    """From an empty platform to a job that looks for a place now or later."""
    terms = Terms(name="warm", start_at=0, slot_minutes=60, horizon_slots=4, reserve_slots=4)
    signals = Signals(zone="z", from_slot=0, price_micro_per_kwh=("500000",), carbon_g_per_kwh=("500",))
    centre = CentreRow(
        centre="c", name="c", kind="general", region="110000", lat="40", lon="116", grid_zone="z",
        pue="1.2", security_grade=3, operator="o",
    )  # fmt: skip
    pool = PoolRow(
        pool="p", centre="c", device="d", devices="8", devices_per_node="8", power_w_per_device="300",
        idle_w_per_device="60", price_micro_per_device_hour=1_000_000,
    )  # fmt: skip
    shape = Shape((Alternative("d", 1000, 1, 3600),), "110000", in_nano_gb=1, out_nano_gb=1)
    deadline_at = 4 * 3600 * MICROSECONDS_PER_SECOND
    return (
        OpenNetwork("open", terms, (RegionRow(region="110000", name="r", lat="40", lon="116"),)),
        PublishSignals("signals", (signals,)),
        EnrolCentre("enrol", centre, (pool,)),
        JoinCentre("join", "c", 1),
        Book("wallet", OpenWallet("open-wallet", "e", "CNY", 0)),
        Book("money", TopUp("top-up", "e", 1_000_000_000, "warm")),
        SubmitJobs("soon", "e", (JobSpec(name="soon", shape=shape),)),
        SubmitJobs("shifted", "e", (JobSpec(name="shifted", shape=shape, deadline_at=deadline_at),)),
        PlaceQueue("place"),
    )


def warm_up() -> None:
    """Makes the next placement quick."""
    platform = Platform()
    for given in walk():
        step(platform, given, AT)
    # invariant: both jobs found a place, so both ways of asking were taken
    assert all(job.state == "active" for job in platform.state.jobs.values())
