"""The agent's loop, driven from outside: the program gives it time and wakes it, a test does the same.

Each pass: what came of calls, what is due, steps; once nothing moves any more, the conversation. What is to
be done and told by that waits for the disk: nothing is done and nothing is told before the disk has what it
follows from. So records are written once for all that comes of a pass.
"""

import random
from collections.abc import Callable, Sequence

from suanwang.agent.body import FITS_EVERY_US, POLL_EVERY_US, Body
from suanwang.agent.configuration import AgentLimits, AgentPool
from suanwang.agent.conversation import Conversation
from suanwang.agent.errands import AfterDisk, Errands
from suanwang.agent.home import Home, boot
from suanwang.agent.platform import Platform
from suanwang.agent.staging import Staging
from suanwang.drivers.port import Driver
from suanwang.engine.centre_agent import CentreAgent
from suanwang.engine.centre_clock import Moment
from suanwang.model.agent_records import AnyRecord
from suanwang.model.agent_steps import Prepare
from suanwang.units.text import Text

DISK_AGAIN_US = 1_000_000
UNWRITTEN_US = 1_000_000
"""So long a record from which nothing follows yet may wait for one from which something does."""
STEP_EVERY_S = 1.0
"""So often the loop wants to be stepped at least: for logs that are followed, marks, and calls to repeat."""


class AgentLoop:
    """One agent. `step` never waits where `errands` does not, and ends when nothing moves any more."""

    def __init__(
        self,
        centre: str,
        home: Home,
        driver: Driver,
        platform: Platform,
        errands: Errands,
        pools: Sequence[AgentPool],
        moment: Moment,
        *,
        limits: AgentLimits | None = None,
        wait_s: int = 0,
        poll_wait_s: float = 0.0,
        report_interval_s: int = 60,
        fits_every_us: int = FITS_EVERY_US,
        chance: random.Random | None = None,
        say: Callable[[Text], None] = lambda text: None,
    ) -> None:
        self.home, self.errands, self.say = home, AfterDisk(errands), say
        self.agent = CentreAgent(centre, home.memory, home.heard_us(moment), report_interval_s, boot())
        staging = Staging(platform, driver, home.work, home.scratch, limits or AgentLimits())
        self.body = Body(self.agent, driver, staging, self.errands, pools, poll_wait_s, say, fits_every_us)
        self.conversation = Conversation(
            self.agent, platform, self.body, home, self.errands, wait_s, chance or random.Random(), say
        )
        self.unwritten: list[AnyRecord] = []
        self.unwritten_us = self.disk_us = 0

    def step(self, moment: Moment) -> None:
        """Do all that can be done at this moment."""
        self.body.poll_due = self.body.fits_due = True
        self.body.moment = self.conversation.moment = moment
        if self.home.drain_asked and not self.agent.draining:
            self.say(Text("taking no more work", "不再接收新作业"))
            self.agent.drain(moment)
        # what has ended makes room for what is to begin
        self.body.go_on(moment)
        while True:
            if self.move(moment):
                self.body.go_on(moment)
            elif self.errands.waiting:
                if not self.write(moment):
                    return
                self.errands.let_go()
            elif not self.body.look(moment) and not self.conversation.go_on(moment):
                if moment.steady_us >= self.unwritten_us + UNWRITTEN_US:
                    self.write(moment)
                return

    def move(self, moment: Moment) -> bool:
        """What came of calls, what is due, and the steps that follow. Whether there was anything."""
        came = self.errands.take()
        for tell in came:
            tell()
        self.agent.tick(moment)
        records, wanted = self.agent.take()
        if records and not self.unwritten:
            self.unwritten_us = moment.steady_us
        self.unwritten += records
        if wanted and all(isinstance(step, Prepare) for step in wanted):
            self.talk_first(moment)
        self.body.carry_out(wanted)
        return bool(came or records or wanted)

    def talk_first(self, moment: Moment) -> None:
        """What there is to tell goes before what was ordered is prepared: the platform decides meanwhile."""
        if self.conversation.go_on(moment) and self.write(moment):
            self.errands.let_go()

    def write(self, moment: Moment) -> bool:
        """Records on disk; False where it does not take them, and nothing shall follow from them."""
        if self.unwritten:
            if moment.steady_us < self.disk_us:
                return False
            try:
                self.home.write(self.unwritten, self.agent.memory)
            except OSError as error:
                self.disk_us = moment.steady_us + DISK_AGAIN_US
                self.say(Text(f"the journal cannot be written: {error}", f"日志无法写入：{error}"))
                return False
            self.unwritten = []
        return True

    def due_us(self, moment: Moment) -> int:
        """When there is something to do, on the steady clock, if nothing comes before."""
        due = [self.conversation.due_us(moment)]
        due += [due_us for due_us in (self.agent.due_us(), self.body.due_us()) if due_us is not None]
        return min(due)

    def due_in_s(self, moment: Moment) -> float:
        """In how many seconds to step again, if nothing comes before."""
        # an engine that does not wait for news is looked at often
        hurry = self.agent.live and not self.body.poll_wait_s
        least_s = POLL_EVERY_US / 1e6 if hurry else STEP_EVERY_S
        due_s = (self.due_us(moment) - moment.steady_us) / 1e6
        return min(least_s, max(0.0, due_s))

    @property
    def over(self) -> bool:
        """Whether there is nothing left to wait for: drained, or replaced and nothing runs any more."""
        if self.conversation.replaced:
            return not self.agent.live
        return self.agent.draining and self.agent.idle and self.body.adopted
