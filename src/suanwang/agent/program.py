"""The agent as a program: its loop among threads, until it is told to end.

SIGTERM and SIGINT end it at once and hand nothing over: what runs goes on under its engine, and the next
agent in the same folder takes it up again. To drain is to take no new work and to end when all is done.
"""

import signal
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from suanwang.agent.configuration import AgentConfiguration
from suanwang.agent.conformance import ConformanceSet
from suanwang.agent.engines import driver_for
from suanwang.agent.errands import InThreads
from suanwang.agent.home import DRAIN, FolderTaken, Home, now
from suanwang.agent.loop import AgentLoop
from suanwang.agent.platform import Replaced
from suanwang.agent.platform_http import CONNECT_SECONDS, HttpPlatform
from suanwang.agent.straight_line import straight_line
from suanwang.model.api.network import CentreTold, CheckTold
from suanwang.units.errors import Fault
from suanwang.units.text import Text

POLL_WAIT_S = 5.0
HURRY_SECONDS = 5.0
"""So long a call to the engine that is under way may take when the program ends."""
CONNECTIONS = httpx.Limits(max_connections=16, max_keepalive_connections=8)


def run_agent(given: AgentConfiguration, say: Callable[[Text], None]) -> None:
    """Work for the centre until SIGTERM, or until it is drained.

    Raises InvalidInput where the folder is taken, Declined where the platform does not know the centre, and
    Replaced where another agent has taken over.
    """
    home = Home(Path(given.data_folder))
    if given.work_folder:
        home.work = Path(given.work_folder)
        home.work.mkdir(parents=True, exist_ok=True)
    errands = InThreads()
    ending: list[int] = []

    def end(number: int, frame: object) -> None:
        ending.append(number)
        errands.wake()

    before = {one: signal.signal(one, end) for one in (signal.SIGTERM, signal.SIGINT)}
    driver = driver_for(given, home.folder / "engine")
    line = straight_line(given.platform, CONNECT_SECONDS)
    with httpx.Client(base_url=given.platform, limits=CONNECTIONS, follow_redirects=False) as client:
        try:
            loop = AgentLoop(
                given.centre,
                home,
                driver,
                HttpPlatform(client, given.centre, Path(given.token_file), line),
                errands,
                given.pools,
                now(),
                limits=given.limits,
                wait_s=given.wait_s,
                poll_wait_s=0.0 if given.driver == "fake" else POLL_WAIT_S,
                report_interval_s=given.report_interval_s,
                say=say,
            )
            say(Text(f"agent of {given.centre} at work", f"中心 {given.centre} 的代理开始工作"))
            while not ending and not loop.over:
                loop.step(now())
                stop_where_refused(loop)
                errands.wait(loop.due_in_s(now()))
            settle(loop, errands, say)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            driver.close()
            home.close()
            if line is not None:
                line.close()


def stop_where_refused(loop: AgentLoop) -> None:
    """Raises what the platform said where it will not have this agent, and nothing here is at stake."""
    refused = loop.conversation.refused
    if refused is not None and not isinstance(refused, Replaced) and loop.agent.idle:
        raise refused


def settle(loop: AgentLoop, errands: InThreads, say: Callable[[Text], None]) -> None:
    """Let the engine finish what it was asked, so that the journal knows. Raises Replaced."""
    deadline = time.monotonic() + HURRY_SECONDS
    idle: list[bool] = []
    errands.do("engine", lambda: None, lambda _: idle.append(True), lambda _: idle.append(True))
    while not idle and time.monotonic() < deadline:
        errands.wait(0.1)
        loop.move(now())
    loop.write(now())
    if loop.conversation.replaced:
        what = Text("another agent works for this centre", "该中心已有新的代理在工作")
        raise Replaced([Fault("agent", what)])
    if loop.agent.draining and loop.agent.idle:
        (loop.home.folder / DRAIN).unlink(missing_ok=True)
        say(Text("drained", "已排空"))
    else:
        left = len(loop.agent.live)
        say(Text(f"ended; {left} attempts go on under their engine", f"已退出；{left} 个运行由引擎继续"))


def show_conformance(given: AgentConfiguration, told: Callable[[CheckTold], None]) -> CentreTold:
    """Runs the conformance set in the agent's folder and reports it; the centre as graded.

    Raises FolderTaken while an agent works there, and what the platform says.
    """
    home = Home(Path(given.data_folder))
    work = Path(given.work_folder) if given.work_folder else home.work
    work.mkdir(parents=True, exist_ok=True)
    try:
        run = ConformanceSet(given, home.folder, work).run(told)
    finally:
        home.close()
    with httpx.Client(base_url=given.platform, follow_redirects=False) as client:
        return HttpPlatform(client, given.centre, Path(given.token_file)).report_conformance(run)


def drain(given: AgentConfiguration, say: Callable[[Text], None]) -> None:
    """Have the agent of the folder take no new work, and wait; work in its place if there is none."""
    folder = Path(given.data_folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / DRAIN).touch()
    waited = False
    while (folder / DRAIN).exists():
        try:
            return run_agent(given, say)
        except FolderTaken:
            if not waited:
                say(Text("waiting for the agent to finish its work", "等待代理完成现有作业"))
            waited = True
            time.sleep(1.0)
    return None
