"""The keeper's runs: started once by name, watched, and brought to an end with every process they made."""

import contextlib
import os
import resource
import signal
import time
from collections.abc import Callable, Iterable, Sequence

from suanwang.drivers.device_slots import Assigned, DeviceSlots, Machine
from suanwang.drivers.job_environment import base_environment
from suanwang.drivers.keeper_journal import Begun, Finished, Forgotten, Intended, KeeperJournal
from suanwang.drivers.keeper_run import SECOND_NS, Run, spawn
from suanwang.drivers.launch_check import (
    launch_faults,
    never_fits,
    no_room,
    not_running,
    still_running,
    unknown,
    used_up,
)
from suanwang.drivers.port import Cause, Ended, Launch, Paused, Refused, Report, Running, Started
from suanwang.drivers.process_tree import (
    Process,
    children_of_this_process,
    process,
    signal_all,
    ticks_since_boot,
    trees,
    variable_of,
)
from suanwang.units.errors import Fault
from suanwang.units.text import Text

READING_EVERY_NS = 5 * SECOND_NS
"""How often a running attempt's meter is told."""
LOOK_EVERY_NS = SECOND_NS // 5
"""How often memory is looked at; the folder, five times as seldom."""
NOT_FOUND = 127
"""The exit status that shells give to a command that cannot be run."""


class Supervision:
    """All runs of one keeper. Not for threads: one loop calls it.

    `tell` takes each report. Invariant: an attempt is in `runs` from its spawn until its `Ended`, in the
    journal from before its spawn until it is forgotten, and holds its devices exactly while it is in `runs`.
    """

    def __init__(
        self, keeper: str, machine: Machine, journal: KeeperJournal, tell: Callable[[Report], None]
    ) -> None:
        self.keeper = keeper
        self.meter = f"local/{os.uname().nodename}"
        self.base = base_environment()
        self.journal = journal
        self.tell = tell
        self.runs: dict[str, Run] = {}
        self.take(machine)
        self.leaders: dict[int, Run] = {}
        self.orphans: dict[int, frozenset[str]] = {}
        self.next_look_ns = 0
        self.looks = 0

    def take(self, machine: Machine) -> None:
        """What attempts may use from now on; what runs keeps what it has."""
        self.machine = machine
        self.slots = DeviceSlots(machine, [run.assigned for run in self.runs.values()])
        self.visible = {pool.device: pool.visible_variable for pool in machine.pools}

    def start(self, launches: Sequence[Launch]) -> list[Started | Refused]:
        """Spawn those that are new and fit; the intention of all is on disk before the first is spawned."""
        answers: list[Started | Refused] = []
        accepted: list[tuple[Launch, Assigned]] = []
        for launch in launches:
            answer = self.place(launch)
            if isinstance(answer, Assigned):
                self.journal.add(Intended(launch.attempt, launch.folder, launch.outputs))
                accepted.append((launch, answer))
                answer = Started(launch.attempt, "")
            answers.append(answer)
        if not accepted:
            return answers
        try:
            self.journal.write(durable=True)
        except OSError as error:
            return self.take_back(answers, accepted, error)
        pids = {launch.attempt: self.begin(launch, assigned) for launch, assigned in accepted}
        self.journal.write(durable=False)
        return [
            Started(answer.attempt, str(pids[answer.attempt]))
            if isinstance(answer, Started) and not answer.already
            else answer
            for answer in answers
        ]

    def place(self, launch: Launch) -> Assigned | Started | Refused:
        """Devices for a launch, or the answer that needs none."""
        if launch.attempt in self.journal.known:
            run = self.runs.get(launch.attempt)
            return Started(launch.attempt, str(run.pid) if run else "", already=True)
        if launch.attempt in self.journal.forgotten:
            return used_up(launch.attempt)
        faults = launch_faults(launch, ())
        if faults:
            return Refused(launch.attempt, tuple(faults))
        wish = (launch.device, launch.units_milli, launch.cpus, launch.memory_mb)
        if launch.nodes > 1 or not self.slots.ever_fits(*wish):
            pools = [f"{pool.device}:{pool.devices}" for pool in self.machine.pools]
            offered = f"{', '.join(pools)}, {self.machine.cpus} cpus, {self.machine.memory_mb} MB, 1 node"
            return never_fits(launch, offered)
        assigned = self.slots.assign(*wish)
        if assigned is None:
            return no_room(launch, str([(s.device, s.units_milli) for s in self.slots.shapes()]))
        return assigned

    def take_back(
        self,
        answers: Sequence[Started | Refused],
        accepted: Sequence[tuple[Launch, Assigned]],
        error: OSError,
    ) -> list[Started | Refused]:
        """Refuse what the disk would not remember; nothing of it was spawned."""
        self.journal.pending.clear()
        for launch, assigned in accepted:
            self.slots.release(assigned)
            del self.journal.known[launch.attempt]
        fault = Fault(
            str(self.journal.path),
            Text("the keeper cannot write its journal", "守护进程无法写入日志"),
            str(error),
            remedy=Text("make room on the disk", "清理磁盘空间"),
        )
        return [
            answer
            if isinstance(answer, Refused) or answer.already
            else Refused(answer.attempt, (fault,), retry=True)
            for answer in answers
        ]

    def begin(self, launch: Launch, assigned: Assigned) -> int:
        """Spawn one whose intention is on disk; one that cannot be spawned ends at once, as in a shell."""
        try:
            visible = self.visible[launch.device]
            run = spawn(launch, assigned, self.keeper, visible, self.base, self.machine.variables)
        except OSError as error:
            self.slots.release(assigned)
            ended = Ended(
                launch.attempt,
                time.time_ns() // 1000,
                "failure",
                exit_code=NOT_FOUND,
                detail=f"cannot be started: {error}",
            )
            self.journal.add(Finished(ended))
            self.tell(ended)
            return 0
        self.runs[run.attempt] = run
        self.leaders[run.pid] = run
        run.next_reading_ns += READING_EVERY_NS
        self.journal.add(Begun(run.attempt, run.pid, ticks_since_boot(), run.since_us))
        self.tell(Running(run.attempt, run.since_us))
        return run.pid

    def acknowledge(self) -> None:
        """The platform was heard: nothing ends for its silence until `lost_after_s` from now."""
        now_ns = time.monotonic_ns()
        for run in self.runs.values():
            run.acknowledged_ns = now_ns

    def stop(self, attempts: Iterable[str], grace_s: int) -> list[Refused]:
        """SIGTERM to every process of each, SIGKILL after the grace; nothing to one that has ended."""
        kill_at_ns = time.monotonic_ns() + grace_s * SECOND_NS
        tree_of: dict[str, list[Process]] | None = None
        refused: list[Refused] = []
        for attempt in attempts:
            run = self.runs.get(attempt)
            if run is None:
                refused += [] if attempt in self.journal.known else [unknown(attempt)]
                continue
            if run.state == "ending" or run.kill_at_ns:
                run.kill_at_ns = min(run.kill_at_ns, kill_at_ns)  # asked again: the shorter grace holds
                continue
            run.cause, run.kill_at_ns = run.cause or "cancelled", kill_at_ns
            if grace_s:
                tree_of = self.trees() if tree_of is None else tree_of
                signal_all(tree_of[attempt], signal.SIGTERM)
                signal_all(tree_of[attempt], signal.SIGCONT)
        self.pass_judgement(time.monotonic_ns())
        return refused

    def pause(self, attempts: Iterable[str], again: bool) -> list[Refused]:
        """Let every process of each stand still, or go on where `again`."""
        refused: list[Refused] = []
        tree_of = self.trees()
        now_ns = time.monotonic_ns()
        for attempt in attempts:
            run = self.runs.get(attempt)
            if run is None or run.state != ("paused" if again else "running") or run.kill_at_ns:
                known = run is not None or attempt in self.journal.known
                refused.append(not_running(attempt) if known else unknown(attempt))
                continue
            signal_all(tree_of[attempt], signal.SIGCONT if again else signal.SIGSTOP)
            run.ran_ns, run.resumed_ns = run.running_ns(now_ns), now_ns
            run.state = "running" if again else "paused"
            self.tell(self.standing(run))
            if not again:
                self.tell(run.usage(now_ns, self.meter))  # what it used lies before the pause
        return refused

    def prolong(self, attempts: Iterable[str], time_limit_s: int) -> list[Refused]:
        """From now on each may run for so long in all."""
        refused: list[Refused] = []
        for attempt in attempts:
            run = self.runs.get(attempt)
            if run is not None:
                run.time_limit_ns = time_limit_s * SECOND_NS
            elif attempt not in self.journal.known:
                refused.append(unknown(attempt))
        return refused

    def standing(self, run: Run) -> Report:
        """That it runs, or stands still, since when."""
        if run.state == "paused":
            ago_us = (time.monotonic_ns() - run.resumed_ns) // 1000
            return Paused(run.attempt, time.time_ns() // 1000 - ago_us)
        return Running(run.attempt, run.since_us)

    def forget(self, attempts: Iterable[str]) -> list[Refused]:
        """Keep only the names of those that have ended."""
        refused: list[Refused] = []
        for attempt in attempts:
            known = self.journal.known.get(attempt)
            if known is None:
                refused.append(unknown(attempt))
            elif known.finished is None:
                refused.append(still_running(attempt))
            else:
                self.journal.add(Forgotten(attempt, time.time_ns() // 1000))
        self.journal.write(durable=False)
        self.journal.rewrite_if_long(time.time_ns() // 1000)
        return refused

    def everything(self) -> list[Report]:
        """All there is to tell: each attempt that is not forgotten, its run and meter or its end."""
        now_ns = time.monotonic_ns()
        reports: list[Report] = []
        for attempt, known in self.journal.known.items():
            run = self.runs.get(attempt)
            if known.begun is not None and (run is None or run.state != "paused"):
                reports.append(Running(attempt, known.begun.since_us))
            if run is not None:
                reports += [self.standing(run)] if run.state == "paused" else []
                reports.append(run.usage(now_ns, self.meter))
            if known.finished is not None:
                reports.append(known.finished.ended)
        return reports

    # ---------------------------------------------------------------- the loop

    def work(self) -> float | None:
        """Reap, judge, measure; the seconds until it wants to work again, None for when a child ends."""
        self.reap()
        now_ns = time.monotonic_ns()
        self.pass_judgement(now_ns)
        if self.runs and now_ns >= self.next_look_ns:
            self.next_look_ns = now_ns + LOOK_EVERY_NS
            self.look(now_ns)
        self.journal.write(durable=False)
        if any(run.leader_status is not None for run in self.runs.values()):
            return 0.005
        return 0.1 if self.runs else None

    def reap(self) -> None:
        """Take in every child that has ended; a leader's end is the end of its attempt's other processes.

        Its process group is killed while its id is still taken, so that no stranger can bear it.
        """
        while True:
            try:
                found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                break
            if found is None:
                break
            run = self.leaders.pop(found.si_pid, None)
            if run is not None:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(found.si_pid, signal.SIGKILL)
            _, status, used = os.wait4(found.si_pid, 0)
            cpu_ms = round((used.ru_utime + used.ru_stime) * 1000)
            if run is not None:
                run.ran_ns = run.running_ns(time.monotonic_ns())
                run.state, run.leader_status = "ending", status
                run.cpu_ms = max(run.cpu_ms, cpu_ms)
                # Until exec a child shares this process's memory, and the system counts that too.
                if used.ru_maxrss > resource.getrusage(resource.RUSAGE_SELF).ru_maxrss:
                    run.memory_peak_kb = max(run.memory_peak_kb, used.ru_maxrss)
            else:
                owners = self.orphans.pop(found.si_pid, frozenset())
                maker = self.runs.get(min(owners)) if len(owners) == 1 else None
                if maker is not None:
                    maker.cpu_ms += cpu_ms
        self.sweep()

    def sweep(self) -> None:
        """Kill the orphans of attempts whose leader is gone; tell the end of those that have none left."""
        if not any(run.leader_status is not None for run in self.runs.values()):
            return
        waited_for: set[str] = set()
        for pid in children_of_this_process():
            if pid in self.leaders:
                continue
            if pid not in self.orphans:
                self.orphans[pid] = self.owners_of(pid)
            owners = self.orphans[pid]
            if not any(owner in self.runs and self.runs[owner].leader_status is None for owner in owners):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                waited_for |= owners
        for run in [run for run in self.runs.values() if run.leader_status is not None]:
            if run.attempt not in waited_for:
                self.finish(run)

    def owners_of(self, pid: int) -> frozenset[str]:
        """The attempts that may have made an orphan: one, by session or environment; else all there are.

        One that has left its session and shed its environment lives as long as any of those does.
        """
        seen = process(pid)
        for run in self.runs.values():
            if seen is not None and seen.session == run.pid:
                return frozenset((run.attempt,))
        named = variable_of(pid)
        return frozenset((named,) if named else self.runs)

    def finish(self, run: Run) -> None:
        """Free the devices and tell the end."""
        del self.runs[run.attempt]
        self.slots.release(run.assigned)
        if run.over_output() and not run.cause:
            run.cause = "limit_output"
        ended = run.ended(time.monotonic_ns(), self.meter)
        self.journal.add(Finished(ended))
        self.tell(ended)

    def pass_judgement(self, now_ns: int) -> None:
        """Kill those that are past a limit of time, or past the grace they were given."""
        for run in self.runs.values():
            if run.leader_status is not None:
                continue
            cause = run.broken_limit(now_ns, 0)
            if cause or (run.kill_at_ns and now_ns >= run.kill_at_ns):
                self.kill(run, cause)

    def kill(self, run: Run, cause: Cause) -> None:
        """Kill the leader and its group; `reap` sees to the others. The first cause stands."""
        run.cause = run.cause or cause
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(run.pid, signal.SIGKILL)

    def look(self, now_ns: int) -> None:
        """Measure those that have a memory limit or whose meter is due, and now and then folders."""
        self.looks += 1
        alive = [run for run in self.runs.values() if run.leader_status is None]
        if self.looks % 5 == 0:
            for run in alive:
                if run.over_output():
                    self.kill(run, "limit_output")
        due = [run for run in alive if now_ns >= run.next_reading_ns]
        if not due and not any(run.memory_limit_kb for run in alive):
            return
        tree_of = self.trees()
        for run in alive:
            resident_kb = run.measure(tree_of.get(run.attempt, []))
            cause = run.broken_limit(now_ns, resident_kb)
            if cause:
                self.kill(run, cause)
        for run in due:
            run.next_reading_ns = now_ns + READING_EVERY_NS
            self.tell(run.usage(now_ns, self.meter))

    def trees(self) -> dict[str, list[Process]]:
        """The processes of each attempt whose leader lives."""
        return trees({pid: run.attempt for pid, run in self.leaders.items()}, os.getpid())
