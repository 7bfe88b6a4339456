"""The agent's loop, driven from outside: the program gives it time and wakes it, a test does the same.

Each pass: what came of calls, what is due, then records on disk, then steps, then the conversation. Nothing
is done and nothing is told before the disk has what it follows from.
"""

import random
from collections.abc import Callable, Sequence

from suanwang.agent.body import POLL_EVERY_US, Body
from suanwang.agent.configuration import AgentLimits, AgentPool
from suanwang.agent.conversation import Conversation
from suanwang.agent.errands import Errands
from suanwang.agent.home import Home
from suanwang.agent.platform import Platform
from suanwang.agent.staging import Staging
from suanwang.drivers.port import Driver
from suanwang.engine.centre_agent import CentreAgent
from suanwang.engine.centre_deadlines import Moment
from suanwang.model.agent_records import AnyRecord
from suanwang.units.text import Text

DISK_AGAIN_US = 1_000_000
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
        chance: random.Random | None = None,
        say: Callable[[Text], None] = lambda text: None,
    ) -> None:
        self.home, self.errands, self.say = home, errands, say
        self.agent = CentreAgent(centre, home.memory, home.heard_us(moment), report_interval_s)
        staging = Staging(platform, driver, home.work, home.scratch, limits or AgentLimits())
        self.body = Body(self.agent, driver, staging, errands, pools, poll_wait_s, say)
        self.conversation = Conversation(
            self.agent, platform, self.body, home, errands, wait_s, chance or random.Random(), say
        )
        self.unwritten: list[AnyRecord] = []
        self.disk_us = 0

    def step(self, moment: Moment) -> None:
        """Do all that can be done at this moment."""
        self.body.poll_due = self.body.fits_due = True
        self.body.moment = self.conversation.moment = moment
        if self.home.drain_asked and not self.agent.draining:
            self.say(Text("taking no more work", "不再接收新作业"))
            self.agent.drain(moment)
        came = self.errands.take()
        while True:
            for tell in came:
                tell()
            self.agent.tick(moment)
            if not self.act(moment):
                return
            came = self.errands.take()
            if not came and not self.agent.records and not self.agent.steps:
                return

    def act(self, moment: Moment) -> bool:
        """Write, then take the steps, then talk. False, and nothing is done, where the disk fails."""
        records, self.agent.records = self.agent.records, []
        self.unwritten += records
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
        steps, self.agent.steps = self.agent.steps, []
        self.body.carry_out(steps)
        self.body.go_on(moment)
        if (
            not self.agent.records
        ):  # of what a step came to at once: told in the next pass, when it is written
            self.conversation.go_on(moment)
        return True

    def due_in_s(self, moment: Moment) -> float:
        """In how many seconds to step again, if nothing comes before."""
        # an engine that does not wait for news is looked at often
        hurry = self.agent.live and not self.body.poll_wait_s
        least_s = POLL_EVERY_US / 1e6 if hurry else STEP_EVERY_S
        due_at = self.agent.due_at(moment)
        talk_s = (self.conversation.due_us(moment) - moment.steady_us) / 1e6
        due_s = talk_s if due_at is None else min(talk_s, (due_at - moment.at) / 1e6)
        return min(least_s, max(0.0, due_s))

    @property
    def over(self) -> bool:
        """Whether there is nothing left to wait for: drained, or replaced and nothing runs any more."""
        if self.conversation.replaced:
            return not self.agent.live
        return self.agent.draining and self.agent.idle and self.body.adopted
