"""A centre of the tests in one thread on a made clock: a platform over ASGI, a fake engine, an agent."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import httpx
import msgspec
from tests.agent_platform import TOKEN, AsgiTransport, StandIn

from suanwang.agent.configuration import AgentLimits, AgentPool
from suanwang.agent.errands import AtOnce
from suanwang.agent.home import Home
from suanwang.agent.loop import AgentLoop
from suanwang.agent.platform_http import HttpPlatform
from suanwang.drivers import port
from suanwang.drivers.fake import FakeDriver
from suanwang.drivers.fake_engine import Behaviour, FakeEngine
from suanwang.engine.centre_clock import Moment
from suanwang.model.facts import Used
from suanwang.model.job import Alternative
from suanwang.model.orders import AnyOrder, Launch

SECOND = 1_000_000
NOON = 1_772_424_000 * SECOND


class Killed(BaseException):
    """The agent was killed just there."""


class Centre:
    """One agent's world: its disk, its engine, its platform, its clock."""

    def __init__(
        self, folder: Path, does: Callable[[port.Launch], Behaviour], limits: AgentLimits | None = None
    ) -> None:
        self.limits = limits
        self.folder = folder
        self.at = NOON
        self.stand_in = StandIn(lambda: self.at)
        (folder / "token").write_text(TOKEN + "\n")
        self.launches: list[port.Launch] = []
        self.engine = FakeEngine([port.Pool("A100", 2, 4, 64, 10**6)], does)
        self.transport = AsgiTransport(self.stand_in)
        self.client = httpx.Client(transport=self.transport, base_url="http://platform")
        self.calls = 0
        self.die_at = -1
        self.deaths = 0
        self.loop: AgentLoop
        self.start()

    def start(self) -> None:
        """A new agent on the same disk."""
        home = Home(self.folder / "data")
        home.heard_written_us = -(10**12)
        driver = FakeDriver(self.engine, lambda: self.at)
        platform = HttpPlatform(self.client, "chengdu", self.folder / "token")
        self.dying(home, "write")
        for name in ("start", "stop", "clean"):
            self.dying(driver, name)
        for name in ("join", "exchange", "keep", "fetch", "append_log"):
            self.dying(platform, name)
        self.loop = AgentLoop(
            "chengdu",
            home,
            driver,
            platform,
            AtOnce(),
            [AgentPool("chengdu-a100", "A100")],
            self.moment,
            report_interval_s=30,
            limits=self.limits,
        )

    def dying(self, whose: object, name: str) -> None:
        """Let the agent die before or after a call, when its number has come."""
        call = getattr(whose, name)

        def counted(*given: object) -> object:
            self.calls += 1
            if self.calls == self.die_at:
                raise Killed
            answer = call(*given)
            self.calls += 1
            if self.calls == self.die_at:
                raise Killed
            return answer

        setattr(whose, name, counted)

    @property
    def moment(self) -> Moment:
        return Moment(self.at, self.at - NOON + 1000 * SECOND)

    def restart(self) -> None:
        self.loop.home.close()
        self.start()

    def run(self, seconds: int, step_s: float = 1.0) -> None:
        """Let time pass; an agent that dies is started again a second later."""
        end = self.at + seconds * SECOND
        while self.at < end:
            try:
                self.loop.step(self.moment)
            except Killed:
                self.deaths += 1
                self.at += SECOND
                self.restart()
            self.at += int(step_s * SECOND)

    def launch(self, name: str, content: str = "", limit_s: int = 100, **over: object) -> Launch:
        order = Launch(
            len(self.stand_in.orders) + 1,
            name,
            "train",
            "firm",
            "chengdu-a100",
            Alternative("A100", 2000, 1, limit_s),
            2,
            1024,
            self.at,
            self.at + 600 * SECOND,
            limit_s,
            content,
            "",
            True,
            300,
            0,
        )
        self.give(order)
        return order

    def give(self, order: AnyOrder) -> None:
        self.stand_in.orders.append(order)

    def unfenced(self, attempt: str) -> None:
        """As on an engine that has no fence of its own."""
        run = self.engine.runs[attempt]
        run.launch = msgspec.structs.replace(run.launch, lost_after_s=0)

    def used_us(self, attempt: str) -> int:
        used = [fact for fact in self.stand_in.of(attempt) if isinstance(fact, Used)]
        for one, other in pairwise(used):
            assert one.to_at <= other.from_at
        return sum(one.to_at - one.from_at for one in used)
