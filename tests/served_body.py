"""The second of the `two_bodies`: the server with real agents in one process, on a made clock."""

import asyncio
import random  # noqa: TID251 (always seeded)
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.made_time import InPlace, MadeClock, MadeLoop
from tests.two_bodies import SECOND_US, SEED, Asked, Lived, SeededIds, Trace, holders, opening_of

from suanwang.agent.configuration import AgentPool
from suanwang.agent.errands import AtOnce, Told, outcome_of
from suanwang.agent.home import Home
from suanwang.agent.loop import AgentLoop
from suanwang.agent.platform_http import HttpPlatform
from suanwang.drivers import port
from suanwang.drivers.fake import FakeDriver
from suanwang.drivers.fake_engine import Behaviour, FakeEngine
from suanwang.engine import inputs
from suanwang.engine.centre_clock import Moment
from suanwang.feeds.network_inputs import network_inputs
from suanwang.model.network import PoolRow
from suanwang.server.app import create_app
from suanwang.server.first_start import OPERATOR_FILE, FirstStart
from suanwang.server.host import Host
from suanwang.server.settings import Settings
from suanwang.simulator.centre import METER, NEVER_S
from suanwang.simulator.demand import arrivals, wallets
from suanwang.simulator.machine import milli_of
from suanwang.simulator.runtimes import Runtimes
from suanwang.store.home import FileHome

LOOK_US = 41 * SECOND_US
"""No longer does the server's time stand still: it proves its lead, and listens whether centres speak."""
WAIT_S, LEASE_S = 29, 180
KILLED = "the server was killed"


class Wire(httpx.BaseTransport):
    """The server's application behind a client that waits. The loop's own thread turns the loop meanwhile;
    another tells `Lanes` that it waits, and the loop goes on without it. Who waits for a server that is
    killed finds the connection broken."""

    def __init__(self, body: "ServerBody") -> None:
        self.body, self.loop = body, body.loop
        self.waits: Callable[[Any], None] | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        again = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())

        life = self.body.lives

        async def ask() -> httpx.Response:
            response = await httpx.ASGITransport(self.body.app).handle_async_request(again)
            data = await response.aread()
            if self.body.lives != life:
                raise httpx.ReadError(KILLED)
            return httpx.Response(response.status_code, headers=response.headers, content=data)

        if threading.current_thread() is threading.main_thread():
            response = self.loop.run_until_complete(ask())
            self.loop.run_until_idle()
            return response
        assert self.waits is not None
        future = asyncio.run_coroutine_threadsafe(ask(), self.loop)
        self.waits(future)
        try:
            return future.result(30)
        except CancelledError:
            raise httpx.ReadError(KILLED) from None


class Lanes(AtOnce):
    """Errands of one agent: all at once, but the question that waits for orders, in a thread of its own.

    One thread moves at a time: the other waits for it to ask, and later for its answer.
    """

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self.wire = wire
        self.thread: threading.Thread | None = None
        self.answer: Any = None
        self.came: list[Told] = []
        self.until_at = 0

    def do(self, lane: str, call: Any, then: Any, failed: Any) -> None:
        if lane != "listen":
            super().do(lane, call, then, failed)
            return
        asked = threading.Event()

        def waits(future: Any) -> None:
            self.answer = future
            asked.set()

        def work() -> None:
            self.came.append(outcome_of(call, then, failed))
            asked.set()

        assert self.thread is None
        self.wire.waits, self.answer = waits, None
        self.until_at = self.wire.loop.clock.at + WAIT_S * SECOND_US
        self.thread = threading.Thread(target=work, daemon=True)
        self.thread.start()
        assert asked.wait(30)
        self.wire.loop.run_until_idle()

    @property
    def ready(self) -> bool:
        """Whether something came of a call."""
        return bool(self.told) or (self.thread is not None and (self.answer is None or self.answer.done()))

    @property
    def answered_at(self) -> int | None:
        """When the question for orders is answered at the latest."""
        return None if self.thread is None else self.until_at

    def take(self) -> list[Told]:
        told = super().take()
        if self.thread is not None and (self.answer is None or self.answer.done()):
            self.thread.join(30)
            self.thread = None
            told += self.came
            self.came = []
        return told


class Centre:
    """A real agent over the wire, with the fake engine."""

    def __init__(self, body: "ServerBody", name: str, token: str, pools: Sequence[PoolRow]) -> None:
        self.body, self.name, self.pools = body, name, pools
        self.folder = body.folder / name
        self.folder.mkdir()
        self.token_file = self.folder / "token"
        self.token_file.write_text(token)
        sizes = [
            (row, milli_of(row.devices) // 1000, milli_of(row.devices_per_node) // 1000) for row in pools
        ]
        self.engine = FakeEngine(
            [port.Pool(row.device, whole // size, size, 10**6, 10**9) for row, whole, size in sizes],
            self.behaviour,
            METER,
        )
        self.begin()

    def begin(self) -> None:
        """An agent takes up its work."""
        wire = Wire(self.body)
        self.errands = Lanes(wire)
        client = httpx.Client(transport=wire, base_url="http://server")
        self.home = Home(self.folder / "agent")
        self.loop = AgentLoop(
            self.name,
            self.home,
            FakeDriver(self.engine, self.body.clock.now),
            HttpPlatform(client, self.name, self.token_file),
            self.errands,
            [AgentPool(row.pool, row.device) for row in self.pools],
            self.moment(),
            wait_s=WAIT_S,
            report_interval_s=NEVER_S,
            fits_every_us=0,
            chance=random.Random(SEED),
            say=lambda text: self.body.said.append(f"{self.name}: {text.en}"),
        )
        self.begun = False

    def moment(self) -> Moment:
        return Moment(self.body.clock.at, self.body.clock.at)

    def behaviour(self, launch: port.Launch) -> Behaviour:
        """What the modelled machine would do with it."""
        runtimes = self.body.runtimes
        need_us = runtimes.run_us(launch.attempt.rpartition(".")[0], launch.time_limit_s)
        fails_us = runtimes.fails_after_us(launch.attempt, need_us)
        if fails_us is not None and fails_us < need_us:
            return Behaviour(fails_us, exit_code=1, heeds_term=False)
        return Behaviour(need_us, heeds_term=False)

    @property
    def due_at(self) -> int:
        """When there is something to do here."""
        if self.errands.ready or not self.begun:
            return self.body.clock.at
        due = [self.loop.due_us(self.moment()), self.engine.next_at, self.errands.answered_at]
        return min(at for at in due if at is not None)

    def step(self) -> None:
        self.begun = True
        self.loop.step(self.moment())


class ServerBody:
    """The real server over a log in a folder, and an agent for each centre.

    `killed_every`: after so many steps the server is killed, and there again from its log; 0: never.
    """

    def __init__(
        self, folder: Path, trace: Trace, monkeypatch: pytest.MonkeyPatch, killed_every: int = 0
    ) -> None:
        monkeypatch.setattr("suanwang.server.tokens.secrets", SeededIds())
        monkeypatch.setattr("suanwang.server.solver_process.child_pool", InPlace)
        self.folder, self.trace, self.killed_every = folder, trace, killed_every
        self.lives = self.steps = 0
        self.clock = MadeClock(trace.start_at)
        self.loop = MadeLoop(self.clock)
        terms = trace.terms
        self.runtimes = Runtimes(terms.seed, terms.runtime_least, terms.runtime_most, terms.failing)
        self.said: list[str] = []
        self.refused: list[str] = []
        self.lead()
        self.tokens = {"operator": (folder / "data" / OPERATOR_FILE).read_text().strip()}
        self.asked = 0
        for role, holder in holders(trace):
            made = self.ask(
                "operator", "POST", "/v1/tokens", {"role": role, "holder": holder, "about": "test"}
            )
            self.tokens[holder] = made["text"]
        for given in wallets(trace.scenario):
            assert isinstance(given, inputs.Book)
            self.ask("operator", "POST", "/v1/ledger/commands", given.command)
        centres = self.host.leading().platform.state.centres
        self.centres = [
            Centre(self, name, self.tokens[name], tuple(centre.pools)) for name, centre in centres.items()
        ]
        self.due = sorted((*trace.asked, *self.submissions()), key=lambda one: one.at)
        self.settle()

    def submissions(self) -> Iterator[Asked]:
        """The scenario's own jobs."""
        terms = opening_of(self.trace).terms
        for arrival in arrivals(self.trace.scenario, terms, "shiftable"):
            yield from (Asked(arrival.at, given) for given in arrival.inputs)

    def lead(self) -> None:
        """A server starts and leads."""
        data = self.folder / "data"
        self.host = Host(
            FileHome(self.folder / "log"),
            Settings(data, lease_s=LEASE_S, rate_per_s=1e6, rate_burst=1e6),
            {},
            FirstStart(data, lambda: network_inputs(self.trace.scenario)),
            lambda last_at: self.clock,
        )
        self.running = self.loop.create_task(self.host.run())
        self.loop.run_until_idle()
        assert self.host.lead is not None
        self.app = create_app(self.host)[0]
        self.lives += 1
        self.client = httpx.Client(transport=Wire(self), base_url="http://server")

    def kill(self) -> None:
        """The server is gone, with all that it had in memory; nobody is answered, no snapshot is kept."""
        lead = self.host.leading()
        before = lead.platform.state.events
        self.lives += 1
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_idle()
        assert self.running.cancelled()
        assert not list((self.folder / "log").glob("snapshot*"))
        self.lead()
        assert self.host.leading().platform is not lead.platform
        after = self.host.leading().platform.state.events
        assert after == before + 1, (before, after, self.records()[-3:])

    def ask(self, who: str, method: str, path: str, body: Any, name: str = "") -> Any:
        """A request by the holder of a token; only one with a name may be refused."""
        self.asked += 1
        headers = {"authorization": f"Bearer {self.tokens[who]}", "idempotency-key": f"r{self.asked}"}
        answer = self.client.request(method, path, content=msgspec.json.encode(body), headers=headers)
        assert answer.status_code < (500 if name else 300), (method, path, answer.text)
        if answer.status_code >= 300:
            self.refused.append(name)
        return answer.json()

    def ask_for(self, given: inputs.AnyInput) -> None:
        """The request that becomes this input."""
        match given:
            case inputs.SubmitJobs():
                who, path, body = given.enterprise, "/v1/jobs", {"jobs": given.jobs}
            case inputs.CancelJob():
                who, path, body = "operator", f"/v1/jobs/{given.job}/cancel", {}
            case inputs.ExtendJob():
                who, path, body = "operator", f"/v1/jobs/{given.job}/extend", {"more_s": given.more_s}
            case inputs.PauseJob():
                verb = "resume" if given.resume else "pause"
                who, path, body = "operator", f"/v1/jobs/{given.job}/{verb}", {}
            case inputs.PublishSignals():
                who, path, body = "operator", "/v1/signals", {"signals": given.signals}
            case inputs.DeclareOutage():
                who, path, body = "operator", "/v1/outages", given.outage
            case inputs.SetQuota():
                limits = msgspec.to_builtins(given)
                who, path, body = "operator", "/v1/quotas", {k: v for k, v in limits.items() if k[:2] != "id"}
            case _:
                raise AssertionError(given)
        self.ask(who, "POST", path, body, given.id)

    def settle(self) -> None:
        """Everything that is due in this instant."""
        while True:
            self.loop.run_until_idle()
            self.steps += 1
            if self.killed_every and self.steps % self.killed_every == 0:
                self.kill()
                self.loop.run_until_idle()
            if self.due and self.due[0].at <= self.clock.at:
                self.ask_for(self.due.pop(0).given)
                continue
            first = next((centre for centre in self.centres if centre.due_at <= self.clock.at), None)
            if first is None:
                return
            first.step()

    def live_until(self, at: int) -> None:
        """Everything that happens up to an instant, that instant included."""
        while self.clock.at < at:
            writer_at = self.host.leading().writer.due_at()
            found = [at, self.clock.at + LOOK_US, *(centre.due_at for centre in self.centres)]
            found += [] if writer_at is None else [writer_at]
            found += [self.due[0].at] if self.due else []
            self.clock.at = max(self.clock.at, min(found))
            self.settle()

    def end(self) -> None:
        """The server stops; who waits for it is let go."""
        self.host.let_go()
        self.loop.run_until_idle()
        self.host.stop()
        self.loop.run_until_complete(self.running)
        for centre in self.centres:
            if centre.errands.thread is not None:
                centre.errands.thread.join(30)
            centre.home.close()
        self.loop.close()

    def records(self) -> list[bytes]:
        """Its log."""
        reader = self.host.home.reader()
        try:
            return list(reader.read())
        finally:
            reader.close()


def served(
    trace: Trace, folder: Path, monkeypatch: pytest.MonkeyPatch, killed_every: int = 0
) -> tuple[Lived, ServerBody]:
    """By the server and its agents."""
    body = ServerBody(folder, trace, monkeypatch, killed_every)
    try:
        body.live_until(trace.end_at)
    finally:
        body.end()
    said = [text for text in body.said if KILLED not in text]
    assert not said[len(trace.centres) :], said
    return Lived(body.records(), body.refused), body
