"""An operator who changes the network while work runs in it, and who restores the platform from a backup."""

from typing import TYPE_CHECKING

import msgspec

from suanwang.engine import inputs
from suanwang.engine.apply import replay
from suanwang.engine.events import JobAdmitted, decode
from suanwang.engine.overload import Load
from suanwang.engine.platform import Platform
from suanwang.model.network import Outage
from suanwang.simulator.faults.plan import SECOND_US
from suanwang.units.errors import InvariantBroken

if TYPE_CHECKING:
    from suanwang.simulator.faults.world import World

CHANGES = (inputs.EnrolCentre, inputs.WithdrawCentre, inputs.DeclareOutage)
OUTAGE_SLOTS_MOST = 4
SLOT_US = 3600 * SECOND_US


class Operator:
    """`enrolments`: the centres as they are when all is well.

    `lost_orders`: (centre, first, last) numbers of orders that were given after the backup: what is not in
    the log any more may run until its agent has joined anew or its fence ends it. `lost_attempts`: those that
    were sent out after it. `restored_at`: when that was, by true time.
    """

    def __init__(self, world: "World", enrolments: tuple[inputs.EnrolCentre, ...]) -> None:
        self.world, self.enrolments = world, enrolments
        self.changes = 0
        self.load: Load | None = None
        self.lost_orders: list[tuple[str, int, int]] = []
        self.lost_attempts: set[str] = set()
        self.restored_at = 0

    # ------------------------------------------------------------ the network

    def change(self) -> None:
        """Fewer or more devices, smaller nodes, another grade, pools that come and go, an outage, a leave."""
        dice, ask = self.world.dice, self.world.client.ask
        self.changes += 1
        name = f"change/{self.changes}"
        given = dice.one_of(self.enrolments)
        pool = dice.one_of(given.pools)
        match dice.between(0, 5):
            case 0:
                ask(inputs.WithdrawCentre(name, given.centre.centre))
            case 1:
                ask(inputs.DeclareOutage(name, self.outage(pool.pool, float(pool.devices))))
            case 2:
                ask(inputs.EnrolCentre(name, given.centre, given.pools[:1]))
            case 3:
                grade = dice.between(1, 5)
                centre = msgspec.structs.replace(given.centre, security_grade=grade)
                ask(inputs.EnrolCentre(name, centre, given.pools))
            case _:
                devices, per_node = dice.between(0, 8), dice.between(1, 2)
                other = msgspec.structs.replace(pool, devices=str(devices), devices_per_node=str(per_node))
                pools = tuple(other if one is pool else one for one in given.pools)
                ask(inputs.EnrolCentre(name, given.centre, pools))

    def outage(self, pool: str, devices: float) -> Outage:
        """From about now on, of some of the devices."""
        dice = self.world.dice
        first = (self.world.calendar.at - self.world.started_at) // SLOT_US + dice.between(0, 2)
        lost = str(dice.between(1, int(devices)))
        return Outage(
            pool=pool,
            from_slot=first,
            to_slot=first + dice.between(1, OUTAGE_SLOTS_MOST),
            devices_lost=lost,
        )

    def mend(self) -> None:
        """Every centre as it was, once no change is on its way any more."""
        client = self.world.client
        changes = [name for name, given in client.asked.items() if isinstance(given, CHANGES)]
        if all(name in client.answered for name in changes):
            for given in self.enrolments:
                client.ask(msgspec.structs.replace(given, id=f"{given.id}/mended"))
        else:
            self.world.after(60, 60, self.mend)

    def watch(self, platform: Platform) -> None:
        """After each group: no device was given away twice."""
        load = Load(platform)
        if self.load is not None and (found := load.overloaded_since(self.load)):
            raise InvariantBroken([self.world.fault(f"more is taken than there is in {found}")])
        self.load = load

    # ------------------------------------------------------------ the backup

    def restore(self) -> None:
        """The platform is gone, and there again as a backup of some time before has it."""
        world, log = self.world, self.world.log
        self.restored_at = world.calendar.at
        world.given_up_at.clear()
        opened = world.opened_events
        kept = log.boundary(opened + int((log.size - opened) * world.dice.between(0, 100) / 100))
        after, before = Platform(), Platform()
        replay(after, log.records)
        replay(before, log.records[:kept])
        for name, centre in after.state.centres.items():
            last = before.state.centres[name].order_count
            self.lost_orders.append((name, last + 1, centre.order_count))
        known = before.state.attempts
        sent = [name for name, attempt in after.state.attempts.items() if attempt.state != "reserved"]
        self.lost_attempts |= {name for name in sent if name not in known or known[name].state == "reserved"}
        world.server.lose()
        log.set_back(kept, world.calendar.at)
        events = [decode(record) for record in log.records]
        world.client.set_back([event.job for event in events if isinstance(event, JobAdmitted)])
        self.load = None

    def is_lost(self, centre: str, order: int) -> bool:
        """Whether an order was given by what the log does not hold any more."""
        return any(name == centre and first <= order <= last for name, first, last in self.lost_orders)
