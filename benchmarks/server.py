"""The server over HTTP: accepting jobs, whole lives with a driver that does nothing, quotes, time to running.

A real server process on the embedded PostgreSQL, asked over TCP. Durable rows carry the flush latency of the
same run (a commit of one row, and an fsync on the same disk), and are repeated with 5 ms added to each
append, since a virtual disk may acknowledge from its cache.
"""

import asyncio
import multiprocessing
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec
import psycopg
from benchmarks.inputs import network
from benchmarks.row import Row

from suanwang.client.client import Client
from suanwang.client.line import Line
from suanwang.feeds.network_inputs import network_inputs
from suanwang.feeds.scenario_folder import read_scenario
from suanwang.ledger.commands import OpenWallet, TopUp
from suanwang.model.api.jobs import QuoteAsked, Submission
from suanwang.model.exchange import Exchange, Orders
from suanwang.model.facts import AnyFact, Ended, Started, Used
from suanwang.model.job import Alternative, JobSpec, Shape
from suanwang.model.orders import Launch
from suanwang.server.first_start import OPERATOR_FILE, FirstStart
from suanwang.server.serve import ADDRESS_FILE, run
from suanwang.server.settings import Settings
from suanwang.store.embedded import EmbeddedServer
from suanwang.store.home import PostgresHome

FIRM = "firm"
BATCH = 1_000
DELAY_S = 0.005
RATE = 1e9


def serve_here(data: Path, folder: Path, delay_s: float) -> None:
    """In the server's process."""
    scenario = read_scenario(folder).scenario
    start = scenario.header.start.fromtimestamp(
        time.time() // 3600 * 3600 - 3600, scenario.header.start.tzinfo
    )
    header = msgspec.structs.replace(scenario.header, start=start)
    inputs = list(network_inputs(msgspec.structs.replace(scenario, header=header)))
    settings = Settings(data, lease_s=1e6, rate_per_s=RATE, rate_burst=RATE, append_delay_s=delay_s)
    home = PostgresHome(EmbeddedServer(data))
    try:
        run(home, settings, {}, FirstStart(data, lambda: inputs), "127.0.0.1", 0)
    finally:
        home.close()


class Served(msgspec.Struct):
    """A server that leads: its address, the operator's token, how long a flush takes."""

    url: str
    token: str
    commit_ms: float
    fsync_ms: float

    def client(self) -> Client:
        """A client of the operator."""
        return Client(Line(self.url, self.token))

    @property
    def flush(self) -> str:
        """The flush latency in words."""
        return f"commit of a row {self.commit_ms:.2f} ms, fsync {self.fsync_ms:.2f} ms"


@contextmanager
def served(folder: Path, delay_s: float = 0.0) -> Generator[Served]:
    """A server on the network of `folder`, with a wallet that is full."""
    data = Path(tempfile.mkdtemp(prefix="suanwang-bench-"))
    data.chmod(0o755)
    process = multiprocessing.get_context("spawn").Process(target=serve_here, args=(data, folder, delay_s))
    process.start()
    try:
        wait(lambda: (data / ADDRESS_FILE).exists())
        url = (data / ADDRESS_FILE).read_text().strip()
        wait(lambda: httpx.get(f"{url}/readyz", timeout=30).is_success)
        token = (data / OPERATOR_FILE).read_text().strip()
        made = Served(url, token, commit_ms(data), fsync_ms(data))
        client = made.client()
        client.book(OpenWallet("open", FIRM, "CNY", 0))
        client.book(TopUp("top-up", FIRM, 10**17, "benchmark"))
        yield made
    finally:
        process.terminate()
        process.join(60)
        process.kill()
        shutil.rmtree(data, ignore_errors=True)


def wait(done: Callable[[], bool]) -> None:
    """Until it is."""
    end = time.monotonic() + 300
    while not done():
        assert time.monotonic() < end, "the server does not start"
        time.sleep(0.05)


def commit_ms(data: Path) -> float:
    """The median time of a committed row in the database of the log."""
    server = EmbeddedServer(data)
    times: list[float] = []
    try:
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS flushed (at double precision)")
            for _ in range(50):
                began = time.perf_counter()
                connection.execute("INSERT INTO flushed VALUES (0)")
                times.append(time.perf_counter() - began)
            connection.execute("DROP TABLE flushed")
    finally:
        server.close()
    return sorted(times)[25] * 1000


def fsync_ms(data: Path) -> float:
    """The median time of an fsync of 4 KB on the same disk."""
    times: list[float] = []
    with (data / "flushed").open("wb", buffering=0) as file:
        for _ in range(50):
            file.write(bytes(4096))
            began = time.perf_counter()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - began)
    return sorted(times)[25] * 1000


def spec(number: int, limit_s: int = 3600, device: str = "A100") -> JobSpec:
    """One of a few shapes of jobs, as a firm would mix them."""
    units = (1 + number % 8) * 1000
    shape = Shape((Alternative(device, units, 1, limit_s),), "110000")
    return JobSpec(name=f"job {number}", shape=shape)


def percentile(times: list[float], share: float) -> float:
    """The time that `share` of all stay below, milliseconds."""
    return sorted(times)[min(len(times) - 1, int(len(times) * share))] * 1000


def accept(quick: bool) -> list[Row]:
    """Jobs accepted a second, in batches of 1,000 by two who submit at once."""
    folder = network("national", 1_000, 300, 0.8)
    rows: list[Row] = []
    for delay_s in (0.0, DELAY_S):
        with served(folder, delay_s) as server:
            rate = accepted_per_s(server, 10 if quick else 50)
            note = f"{server.flush}; {'5 ms added to each append' if delay_s else 'embedded PostgreSQL'}"
            name = "accept, batches of 1,000" + (", +5 ms" if delay_s else "")
            single = 1000 / (server.commit_ms + delay_s * 1000)
            rows.append(Row(name, rate, "jobs/s", 5_000, 20_000, "a commit for each job", single, note=note))
    return rows


def accepted_per_s(server: Served, batches: int) -> float:
    """Sends the batches over two connections."""
    body = msgspec.json.encode(Submission(tuple(spec(number) for number in range(BATCH)), FIRM))
    headers = {"authorization": f"Bearer {server.token}", "content-type": "application/json"}

    async def send(client: httpx.AsyncClient, count: int) -> None:
        for _ in range(count):
            answer = await client.post(f"{server.url}/v1/jobs", content=body, headers=headers)
            assert answer.is_success, answer.text

    async def run() -> float:
        async with httpx.AsyncClient(timeout=120) as client:
            await send(client, 2)
            began = time.perf_counter()
            await asyncio.gather(send(client, batches // 2), send(client, batches // 2))
            return batches // 2 * 2 * BATCH / (time.perf_counter() - began)

    return asyncio.run(run())


def quote_http(quick: bool) -> list[Row]:
    """Quotes over HTTP, 300 centres, 100,000 jobs in the queue; beside `/v1/me`, which decides nothing."""
    folder = network("national", 1_000, 300, 0.8)
    queued = 10_000 if quick else 100_000
    with served(folder) as server:
        client = server.client()
        for _ in range(queued // 10_000):
            client.submit([spec(number, 36_000) for number in range(10_000)], FIRM)
        agents(server, client)
        body = msgspec.json.encode(QuoteAsked(spec(3), FIRM))
        headers = {"authorization": f"Bearer {server.token}", "content-type": "application/json"}
        with httpx.Client(headers=headers) as http:
            times: list[float] = []
            idle: list[float] = []
            for _ in range(200 if quick else 2_000):
                began = time.perf_counter()
                answer = http.post(f"{server.url}/v1/quotes", content=body)
                times.append(time.perf_counter() - began)
                assert answer.is_success, answer.text
                began = time.perf_counter()
                http.get(f"{server.url}/v1/me")
                idle.append(time.perf_counter() - began)
    note = f"p50 {percentile(times, 0.5):.1f} ms; {queued:,} jobs submitted before"
    figure = percentile(times, 0.99)
    return [
        Row("quote over HTTP, p99", figure, "ms", 20, 5, "/v1/me, p99", percentile(idle, 0.99), True, note)
    ]


def agents(server: Served, client: Client, most: int = 300) -> dict[str, dict[str, str]]:
    """An agent joins for each centre; the headers of each."""
    found: dict[str, dict[str, str]] = {}
    for centre in client.centres().centres[:most]:
        name = centre.row.centre
        text = client.make_token("agent", name).text
        found[name] = {"authorization": f"Bearer {text}"}
        path = f"{server.url}/v1/centres/{name}/join"
        httpx.post(path, headers=found[name], json={"session": 1}, timeout=60).raise_for_status()
    return found


class Idle:
    """The agent of one centre whose driver does nothing: a job has run as soon as it is launched."""

    def __init__(self, server: Served, centre: str, headers: dict[str, str]) -> None:
        self.url = f"{server.url}/v1/centres/{centre}/exchange"
        self.headers = headers | {"content-type": "application/json"}
        self.seen = self.reports = self.ended = 0
        self.launched_at: dict[str, float] = {}

    async def work(self, client: httpx.AsyncClient, until: int, ends: bool = True) -> None:
        """Exchanges until so many attempts came (and ended)."""
        facts: tuple[AnyFact, ...] = ()
        while self.ended < until or facts:
            self.reports += 1
            asked = Exchange(f"r{self.reports}", 1, facts, None, self.seen, 0 if facts else 5)
            answer = await client.post(self.url, content=msgspec.json.encode(asked), headers=self.headers)
            answer.raise_for_status()
            orders = msgspec.json.decode(answer.content, type=Orders).orders
            came = time.perf_counter()
            launched = [one for one in orders if isinstance(one, Launch)]
            self.seen = max([self.seen, *(one.number for one in orders)])
            self.ended += len(launched)
            self.launched_at |= {one.attempt: came for one in launched}
            facts = tuple(fact for one in launched for fact in (done(one) if ends else begun(one)))


def begun(order: Launch) -> tuple[AnyFact, ...]:
    """It runs."""
    return (Started(order.attempt, order.start_at),)


def done(order: Launch) -> tuple[AnyFact, ...]:
    """It has run for a millisecond, was metered and is over."""
    end = order.start_at + 1_000
    used = Used(order.attempt, "m", order.start_at, end, order.resources.milli)
    return (Started(order.attempt, order.start_at), used, Ended(order.attempt, end, "success", "exit", 0))


def whole_life(quick: bool) -> list[Row]:
    """Whole lives a second: admit, place, hold, dispatch, meter, settle; durable; 20 centres."""
    folder = network("national", 20_000, 20, 0.8)
    jobs = 2_000 if quick else 10_000
    rows: list[Row] = []
    for delay_s in (0.0, DELAY_S):
        with served(folder, delay_s) as server:
            rate = lives_per_s(server, jobs)
            name = "whole life, idle driver" + (", +5 ms" if delay_s else "")
            single = 1000 / (server.commit_ms + delay_s * 1000)
            rows.append(
                Row(name, rate, "jobs/s", 1_000, 5_000, "a commit for each job", single, note=server.flush)
            )
    return rows


def lives_per_s(server: Served, jobs: int) -> float:
    """Submits in batches of 1,000 and lets idle agents work until the last is over."""
    client = server.client()
    workers = [Idle(server, name, headers) for name, headers in agents(server, client).items()]

    async def run() -> float:
        limits = httpx.Limits(max_connections=100)
        async with httpx.AsyncClient(timeout=120, limits=limits) as http:
            began = time.perf_counter()
            tasks = [asyncio.create_task(worker.work(http, jobs)) for worker in workers]
            headers = {"authorization": f"Bearer {server.token}", "content-type": "application/json"}
            for first in range(0, jobs, BATCH):
                specs = tuple(spec(number, 60) for number in range(first, first + BATCH))
                body = msgspec.json.encode(Submission(specs, FIRM))
                (await http.post(f"{server.url}/v1/jobs", content=body, headers=headers)).raise_for_status()
            while sum(worker.ended for worker in workers) < jobs:
                await asyncio.sleep(0.01)
            seconds = time.perf_counter() - began
            for task in tasks:
                task.cancel()
            return jobs / seconds

    return asyncio.run(run())


def submit_to_running(quick: bool) -> list[Row]:
    """From a submission to its agent having the order, one idle centre that waits for it."""
    folder = network("national", 1_000, 10, 0.8)
    rows: list[Row] = []
    for delay_s in (0.0, DELAY_S):
        with served(folder, delay_s) as server:
            times = starts(server, 50 if quick else 300)
            name = "submit to running, p99" + (", +5 ms" if delay_s else "")
            note = f"p50 {percentile(times, 0.5):.1f} ms; {server.flush}"
            flush = server.commit_ms + delay_s * 1000
            rows.append(Row(name, percentile(times, 0.99), "ms", 250, 50, "one commit", flush, True, note))
    return rows


def starts(server: Served, jobs: int) -> list[float]:
    """Seconds from each submission to its launch at the agent, one after the other."""
    client = server.client()
    workers = [Idle(server, name, headers) for name, headers in agents(server, client).items()]

    async def run() -> list[float]:
        times: list[float] = []
        async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=100)) as http:
            tasks = [asyncio.create_task(worker.work(http, jobs)) for worker in workers]
            headers = {"authorization": f"Bearer {server.token}", "content-type": "application/json"}
            await asyncio.sleep(1)
            for number in range(jobs):
                body = msgspec.json.encode(Submission((spec(number % 4, 60),), FIRM))
                began = time.perf_counter()
                answer = await http.post(f"{server.url}/v1/jobs", content=body, headers=headers)
                attempt = f"{answer.json()['jobs'][0]['job']}.1"
                while not (
                    at := next((w.launched_at[attempt] for w in workers if attempt in w.launched_at), 0)
                ):
                    await asyncio.sleep(0.001)
                times.append(at - began)
            for task in tasks:
                task.cancel()
        return times

    return asyncio.run(run())
