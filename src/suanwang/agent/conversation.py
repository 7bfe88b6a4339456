"""What the agent and the platform say to each other: one call that waits for orders, one that tells facts.

A report goes under its own id until it is acknowledged. What fails is tried again, later and later. Each
answer moves the fence, by the time at which its question was sent.

An answer to a report brings the orders there are, too; a question that waits for orders goes on waiting then.
"""

import random
from collections.abc import Callable

from suanwang.agent.backoff import Backoff
from suanwang.agent.body import Body
from suanwang.agent.errands import AfterDisk
from suanwang.agent.home import Home
from suanwang.agent.platform import Declined, Denied, Platform, Replaced
from suanwang.agent.staging import told
from suanwang.engine.centre_agent import CentreAgent
from suanwang.engine.centre_clock import Moment
from suanwang.engine.centre_patience import Patience, next_session
from suanwang.engine.inputs import AgentReport
from suanwang.model.exchange import Exchange, Joined, Orders
from suanwang.units.errors import SuanwangError
from suanwang.units.text import Text

IDLE_US = 1_000_000
"""Between two questions that were answered at once."""
NEVER_US = 2**62
FRESH_US = 30_000_000
"""An answer older than that moves the agent's fence by when it was asked, and the engine's not at all."""
AHEAD_MS = 86_400_000
"""How much later a session is asked for where an earlier one was refused: a clock of somebody is wrong."""


class Conversation:
    """With one platform. `wait_s`: how long a question for orders may wait for some."""

    def __init__(
        self,
        agent: CentreAgent,
        platform: Platform,
        body: Body,
        home: Home,
        errands: AfterDisk,
        wait_s: int,
        chance: random.Random,
        say: Callable[[Text], None],
    ) -> None:
        self.agent, self.platform, self.body, self.home = agent, platform, body, home
        self.errands, self.wait_s, self.say = errands, wait_s, say
        self.moment = Moment(0, 0)
        self.joined = self.joining = self.telling = self.listening = False
        self.refused: SuanwangError | None = None
        self.replaced = False
        self.session_asked = self.questions = self.listen_us = 0
        self.patience = Patience()
        self.backoff = {lane: Backoff(chance) for lane in ("join", "tell", "listen")}

    def go_on(self, moment: Moment) -> bool:
        """Ask and tell what is due, one after the other: orders first. Whether anything was asked or told."""
        if self.replaced:
            return False
        if not self.joined:
            return self.join(moment)
        may_listen = moment.steady_us >= self.listen_us and self.backoff["listen"].may(moment.steady_us)
        if may_listen and not self.listening:
            self.listen(moment)
            return True
        report = None if self.telling or self.tell_us(moment) > moment.steady_us else self.agent.next_report()
        if report is not None and self.backoff["tell"].may(moment.steady_us):
            self.patience.told()
            self.tell(report, moment)
            return True
        return False

    def tell_us(self, moment: Moment) -> int:
        """When what there is to tell goes out, on the steady clock."""
        until_us = self.patience.until_us(self.agent, moment.steady_us)
        return NEVER_US if until_us is None else until_us

    def due_us(self, moment: Moment) -> int:
        """When to go on, if nothing comes before: with what is kept back, or a question for orders."""
        if not self.joined:
            return NEVER_US
        listen_us = NEVER_US if self.listening else max(self.listen_us, self.backoff["listen"].until_us)
        tell_us = NEVER_US if self.telling else max(self.tell_us(moment), self.backoff["tell"].until_us)
        return min(listen_us, tell_us)

    def join(self, sent: Moment) -> bool:
        """Begin a session. Whether it was asked for."""
        if self.joining or not self.backoff["join"].may(sent.steady_us):
            return False
        self.joining = True
        session = next_session(max(self.agent.memory.session, self.session_asked), sent.at)
        self.session_asked = session

        def then(answer: Joined) -> None:
            self.joining, self.joined, self.refused = False, True, None
            clock = Moment(answer.at, self.moment.steady_us)
            self.agent.joined(answer.session, sent.steady_us, answer.attempts, clock)
            self.heard(sent, "join")
            self.say(Text(f"joined, session {answer.session}", f"已并网，会话 {answer.session}"))

        def failed(error: Exception) -> None:
            self.joining = False
            if isinstance(error, Replaced):
                self.session_asked += AHEAD_MS
            if isinstance(error, Declined | Denied | Replaced):
                self.refused = error
            self.failed(error, "join")

        self.errands.do("tell", lambda: self.platform.join(session), then, failed)
        return True

    def tell(self, report: AgentReport, sent: Moment) -> None:
        """Send a report."""
        self.telling = True
        name = report.id.rsplit("/", 1)[1]
        exchange = Exchange(name, report.session, report.facts, report.fits, self.agent.memory.seen_order, 0)

        def then(answer: Orders) -> None:
            self.telling = False
            self.answered(answer, report.id if answer.acknowledged == name else "", sent, "tell")

        def failed(error: Exception) -> None:
            self.telling = False
            if isinstance(error, Declined):
                for fact in self.agent.report_refused(report.id):
                    self.say(Text(f"the platform will not take {fact}", f"平台拒绝接收 {fact}"))
            self.failed(error, "tell")

        self.errands.do("tell", lambda: self.platform.exchange(exchange), then, failed)

    def listen(self, sent: Moment) -> None:
        """Ask for orders."""
        self.listening = True
        self.questions += 1
        agent = self.agent
        name = f"listen-{self.questions}"
        exchange = Exchange(name, agent.memory.session, (), None, agent.memory.seen_order, self.wait_s)

        def then(answer: Orders) -> None:
            self.listening = False
            quick = self.moment.steady_us - sent.steady_us < IDLE_US and not answer.orders
            self.listen_us = sent.steady_us + IDLE_US if quick or not self.wait_s else 0
            self.answered(answer, "", sent, "listen")

        def failed(error: Exception) -> None:
            self.listening = False
            self.failed(error, "listen")

        self.errands.do("listen", lambda: self.platform.exchange(exchange), then, failed)

    def answered(self, answer: Orders, acknowledged: str, sent: Moment, lane: str) -> None:
        """Orders, and what was acknowledged."""
        self.heard(sent, lane)
        self.body.marks.follow = answer.follow
        given = Orders(answer.orders, acknowledged, answer.at, answer.follow)
        self.agent.answered(given, sent.steady_us, self.moment)

    def heard(self, sent: Moment, lane: str) -> None:
        """The platform has spoken."""
        self.backoff[lane].worked()
        self.home.note_heard(sent)
        if self.moment.steady_us - sent.steady_us <= FRESH_US:
            self.body.acknowledge(self.moment)

    def failed(self, error: Exception, lane: str) -> None:
        """Try again later, unless another agent has taken over."""
        if isinstance(error, Replaced) and lane != "join":
            self.replaced = True
        backoff = self.backoff[lane]
        if not backoff.failures or self.replaced:
            words = told(error) if isinstance(error, SuanwangError) else str(error)
            self.say(Text(f"platform: {words}", f"平台：{words}"))
        backoff.failed(self.moment.steady_us)
