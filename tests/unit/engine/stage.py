"""A small live network, and a stage on which jobs play their routes. Every step proves the invariants.

    east   A100 x 8   (one node)    10.00 yuan a device-hour, 0.80 yuan/kWh by day, 0.30 by night (0 to 8 h)
    west   A100 x 16  (two nodes)    6.00 yuan,               0.40 yuan/kWh always
    south  910B x 8   (one node)     5.00 yuan,               0.50 yuan/kWh always, grade 5

A device draws 1,000 W at PUE 1, so that a device-hour is a kilowatt-hour. Time starts at midnight, +08:00.
"""

from collections.abc import Iterable
from typing import Any

from suanwang.engine import events, inputs
from suanwang.engine.apply import replay
from suanwang.engine.decide import step
from suanwang.engine.overload import Load
from suanwang.engine.platform import Attempt, Job, Platform
from suanwang.engine.snapshot import decode_snapshot, encode_snapshot
from suanwang.engine.validate import validate
from suanwang.ledger import commands as c
from suanwang.model.facts import AnyFact, Ended, Started, Used
from suanwang.model.job import CLOSED, Alternative, JobSpec, Shape
from suanwang.model.network import CentreRow, LinkRow, Outage, PairingRow, PoolRow, RegionRow, Signals, Terms
from suanwang.model.orders import AnyOrder
from suanwang.units.instants import instant

MIDNIGHT = instant("2026-03-02T00:00+08:00")
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
YUAN = 1_000_000
TEN = MIDNIGHT + 10 * HOUR
DIGEST = "ab" * 32
PAIRED = PairingRow(
    from_region="31", to_hub="yangtze", discount_bp=5000, quota_device_hours=10, from_slot=0, to_slot=48
)
EAST_BY_HOUR = ("300000",) * 8 + ("800000",) * 16


def centre(name: str, region: str, hub: str, grade: int = 3, catalogues: str | None = None) -> CentreRow:
    lat, lon = {"31": ("31.2", "121.5"), "64": ("38.5", "106.2"), "52": ("26.6", "106.7")}[region[:2]]
    return CentreRow(
        centre=name, name=name, kind="intelligent", region=region, hub=hub, lat=lat, lon=lon, grid_zone=name,
        pue="1", security_grade=grade, operator=name, catalogues=catalogues,
    )  # fmt: skip


def pool(name: str, of: str, device: str, devices: str, yuan: int, per_node: str = "8") -> PoolRow:
    return PoolRow(
        pool=name, centre=of, device=device, devices=devices, devices_per_node=per_node,
        power_w_per_device="1000", idle_w_per_device="0", price_micro_per_device_hour=yuan * YUAN,
    )  # fmt: skip


EAST = (centre("east", "310000", "yangtze", catalogues="voucher"), (pool("east-A", "east", "A100", "8", 10),))
WEST = (centre("west", "640000", "ningxia"), (pool("west-A", "west", "A100", "16", 6),))
SOUTH = (centre("south", "520000", "guizhou", grade=5), (pool("south-B", "south", "910B", "8", 5),))
CENTRES = {"east": EAST, "west": WEST, "south": SOUTH}
REGIONS = (
    RegionRow(region="310000", name="Shanghai", lat="31.2", lon="121.5"),
    RegionRow(region="640000", name="Ningxia", lat="38.5", lon="106.2"),
    RegionRow(region="520000", name="Guizhou", lat="26.6", lon="106.7"),
)


def signals(zone: str, hours: int, slot_minutes: int) -> Signals:
    by_hour = {"east": EAST_BY_HOUR, "west": ("400000",) * 24, "south": ("500000",) * 24}[zone]
    slots = hours * 60 // slot_minutes
    price = tuple(by_hour[slot * slot_minutes // 60 % 24] for slot in range(slots))
    return Signals(zone=zone, from_slot=0, price_micro_per_kwh=price, carbon_g_per_kwh=tuple(["500"] * slots))


def one(device: str = "A100:1", hours: float = 1, nodes: int = 1) -> Alternative:
    name, _, units = device.partition(":")
    return Alternative(name, round(float(units) * 1000), nodes, round(hours * 3600))


def spec(*alternatives: Alternative, region: str = "310000", **more: Any) -> JobSpec:
    """`spec(one("A100:8"), deadline_at=…)`: fields of the shape and of the spec alike."""
    of_shape = {name: more.pop(name) for name in list(more) if name in Shape.__struct_fields__}
    shape = Shape(alternatives or (one(),), region, **of_shape)
    return JobSpec(**{"name": "job", "shape": shape, **more})


class Stage:
    """The platform, its log, and the time."""

    def __init__(
        self,
        centres: Iterable[str] = ("east", "west", "south"),
        slot_minutes: int = 60,
        horizon_hours: int = 24,
        reserve_hours: int = 12,
        pairings: tuple[PairingRow, ...] = (),
        wallets: dict[str, int] | None = None,
        data_cost: int = 0,
        start_hour: float = 10,
        checked: bool = True,
        links: tuple[LinkRow, ...] = (),
    ) -> None:
        self.platform = Platform()
        self.log: list[bytes] = []
        self.checked = checked
        self.count = 0
        self.at = MIDNIGHT + round(start_hour * HOUR)
        per_hour = 60 // slot_minutes
        terms = Terms(
            name="small",
            start_at=MIDNIGHT,
            slot_minutes=slot_minutes,
            horizon_slots=horizon_hours * per_hour,
            reserve_slots=reserve_hours * per_hour,
            data_cost_micro_per_gb_1000km=data_cost,
        )
        self.take(inputs.OpenNetwork, terms, REGIONS, links, pairings)
        self.take(inputs.PublishSignals, tuple(signals(zone, 48, slot_minutes) for zone in CENTRES))
        for name in centres:
            self.take(inputs.EnrolCentre, *CENTRES[name])
            self.take(inputs.JoinCentre, name, 1)
        for name, yuan in (wallets or {"acme": 100_000, "bolt": 100_000}).items():
            self.book(c.OpenWallet(f"open-{name}", name, "CNY", 0))
            if yuan:
                self.top_up(name, yuan)

    def take(self, kind: type[Any], *fields: Any, **more: Any) -> list[events.AnyEvent]:
        """One input, with the next id; then the queue is looked at. All events."""
        self.count += 1
        found = self.raw(kind(f"in-{self.count}", *fields, **more))
        return found + self.place()

    def raw(self, given: inputs.AnyInput) -> list[events.AnyEvent]:
        """One input as it is. An input that fails leaves no trace."""
        may_fail = self.checked and not isinstance(given, inputs.Tick | inputs.PlaceQueue)
        before = encode_snapshot(self.platform) if may_fail else b""
        load = Load(self.platform) if self.checked else None
        try:
            inputs.digest_of(given)  # as at the door
            found = step(self.platform, given, self.at)
        except Exception:
            traceless = not may_fail or encode_snapshot(self.platform) == before
            assert traceless, "a failing input left a trace"
            raise
        self.log += [events.encode(event) for event in found]
        if load is not None and found:
            validate(self.platform)
            assert not Load(self.platform).overloaded_since(load), "devices were given away twice"
        return found

    def place(self) -> list[events.AnyEvent]:
        found: list[events.AnyEvent] = []
        while self.platform.line.unseen:
            self.count += 1
            found += self.raw(inputs.PlaceQueue(f"in-{self.count}"))
        return found

    def book(self, command: c.AnyCommand) -> list[events.AnyEvent]:
        return self.take(inputs.Book, command)

    def top_up(self, name: str, yuan: int) -> list[events.AnyEvent]:
        self.count += 1
        return self.book(c.TopUp(f"top-{self.count}", name, yuan * YUAN, "wire"))

    def submit(self, *jobs: JobSpec, by: str = "acme") -> list[str]:
        """The jobs' names, in order; refused ones too."""
        found = self.take(inputs.SubmitJobs, by, jobs)
        return [one.job for one in found if isinstance(one, events.JobAdmitted | events.JobRefused)]

    def until(self, hour: float) -> list[events.AnyEvent]:
        """Time goes on to an hour of the first day; whatever is due happens when it is due."""
        found: list[events.AnyEvent] = []
        end = MIDNIGHT + round(hour * HOUR)
        while (next_at := self.platform.agenda.next_at) is not None and next_at <= end:
            self.at = max(self.at, next_at)
            found += self.take(inputs.Tick)
        self.at = max(self.at, end)
        return found

    def after(self, minutes: float) -> list[events.AnyEvent]:
        return self.until((self.at - MIDNIGHT) / HOUR + minutes / 60)

    def tell(self, *facts: AnyFact, session: int = 1) -> list[events.AnyEvent]:
        """Facts from the agent of the first fact's centre."""
        attempt = self.platform.state.attempts[facts[0].attempt]
        return self.take(inputs.AgentReport, attempt.centre, session, facts)

    def begin(self, *jobs: str) -> None:
        for job in jobs:
            self.tell(Started(self.attempt(job), self.at))

    def use(self, job: str, minutes: float, meter: str = "m") -> None:
        """It runs on for a while, which is metered whole."""
        attempt, begun = self.attempt_of(job), self.at
        self.after(minutes)
        self.tell(Used(self.attempt(job), meter, begun, self.at, attempt.milli))

    def end(self, job: str, outcome: Any = "success", reason: Any = "exit") -> list[events.AnyEvent]:
        return self.tell(Ended(self.attempt(job), self.at, outcome, reason, 0))

    def run(self, job: str, minutes: float) -> list[events.AnyEvent]:
        """From its start to its success."""
        self.begin(job)
        self.use(job, minutes)
        return self.end(job)

    def job(self, name: str) -> Job:
        return self.platform.state.jobs[name]

    def attempt(self, job: str) -> str:
        return f"{job}.{self.job(job).last}"

    def attempt_of(self, job: str) -> Attempt:
        return self.platform.state.attempts[self.attempt(job)]

    def where(self, job: str) -> tuple[str, float]:
        """(pool, hour of the first day at which it starts)."""
        figures = self.attempt_of(job).figures
        return figures.pool, (figures.start_at - MIDNIGHT) / HOUR

    def states(self, *jobs: str) -> str:
        """`succeeded queued/preempted active/running`: state, and why or how its attempt stands."""
        words: list[str] = []
        for name in jobs:
            job = self.job(name)
            words.append(f"{job.state}/{self.attempt_of(name).state}" if job.state == "active" else job.state)
        return " ".join(words)

    def orders(self, centre_name: str) -> list[AnyOrder]:
        return list(self.platform.state.centres[centre_name].orders.values())

    def balance(self, account: str) -> int:
        return self.platform.state.vouchers.ledger.accounts[account].natural_micro

    def captured(self, job: str, number: int = 1) -> tuple[int, int, int]:
        """Compute, energy and data charged for an attempt."""
        return self.platform.state.vouchers.ledger.captures[f"{job}.{number}/capture"].kinds

    def restart(self) -> None:
        """A new server from a snapshot."""
        self.platform = decode_snapshot(encode_snapshot(self.platform))

    def agrees(self) -> None:
        """The log alone makes the same state, and so does a snapshot."""
        again = Platform()
        replay(again, self.log)
        validate(again)
        state = encode_snapshot(self.platform)
        assert encode_snapshot(again) == state
        back = decode_snapshot(state)
        validate(back)
        assert encode_snapshot(back) == state


def grant(stage: Stage, firm: str, yuan: int, days: int = 30) -> None:
    """A voucher of the programme `voucher`, which lists the centre east alone."""
    at = stage.at
    for command in (
        c.OpenFund("f1", "city", "CNY"),
        c.OpenProgramme("p1", "voucher", (c.FundWeight("city", 1),), 1000 * YUAN, 10 * YUAN),
        c.Appropriate("a1", "voucher", 10_000 * YUAN),
        c.PayIn("i1", "city", 10_000 * YUAN, "wire"),
        c.Replenish("r1", "voucher"),
        c.IssueGrant("g1", "g1", "voucher", firm, yuan * YUAN, at, at + days * 24 * HOUR),
    ):
        stage.book(command)


def outage(stage: Stage, of: str, from_hour: int, to_hour: int, devices: str) -> list[events.AnyEvent]:
    return stage.take(
        inputs.DeclareOutage, Outage(pool=of, from_slot=from_hour, to_slot=to_hour, devices_lost=devices)
    )


def all_ends(stage: Stage) -> None:
    """Nobody wants anything any more and no agent speaks: time passes, and everything ends."""
    stage.agrees()
    state = stage.platform.state
    ran = [name for of in state.centres.values() for name in of.attempts]
    for name in list(state.jobs):
        stage.take(inputs.CancelJob, name)
    stage.after(20 * 60)
    state = stage.platform.state
    assert all(state.attempts[name].state == "ended" for name in ran), "an attempt never ends"
    assert all(job.state in CLOSED for job in state.jobs.values()), "a job never ends"
    holds = state.vouchers.ledger.holds
    assert all(hold.status != "open" for hold in holds.values()), "a hold never ends"
    assert not state.rooms
    assert not state.held
    assert all(holding.milli == holding.jobs == 0 for holding in state.holdings.values())
    for account in state.vouchers.ledger.accounts.values():
        assert account.kind != "wallet_held" or not account.natural_micro
    stage.agrees()
