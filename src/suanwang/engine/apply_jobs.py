"""Events of jobs, taken into the state: on file, held, in line, closed. Nothing is decided here."""

from collections.abc import Iterator
from sys import intern

from suanwang.engine import events
from suanwang.engine.agenda import Kind
from suanwang.engine.platform import HeldRecord, Job, Platform, Room
from suanwang.model.job import Shape


def number_of(platform: Platform, shape: Shape) -> int:
    """The shape's number, given where it is new."""
    number = platform.number_of_shape.get(shape)
    if number is None:
        number = len(platform.state.shapes)
        platform.state.shapes.append(shape)
        platform.number_of_shape[shape] = number
    return number


def job_admitted(platform: Platform, event: events.JobAdmitted) -> None:
    """The job is on file and waits; what it depends on holds it back."""
    state, spec = platform.state, event.spec
    state.job_count += 1
    pending = tuple([name for name in spec.depends_on if state.jobs[name].state != "succeeded"])
    state.jobs[event.job] = Job(
        intern(event.enterprise), intern(spec.project), spec.name, number_of(platform, spec.shape),
        state.job_count,
        event.index, event.at, spec.not_before_at, spec.deadline_at, spec.priority, spec.preemptible,
        spec.checkpoint, spec.max_price_micro, spec.voucher, spec.lost_after_s, spec.content, pending,
    )  # fmt: skip
    for name in pending:
        state.dependents.setdefault(name, []).append(event.job)
    watch_job(platform, event.job)


def watch_job(platform: Platform, name: str) -> None:
    """The job's window closes at some time; where it is in the queue it stands in its line."""
    job = platform.state.jobs[name]
    shape = platform.shape_of(job)
    if job.deadline_at is not None:
        platform.agenda.arm(job.deadline_at - shape.shortest_s * 1_000_000 + 1, "expire", name)
    if job.state == "queued":
        later_at = max(job.not_before_at, job.look_at)
        if later_at > platform.state.at:
            platform.agenda.arm(later_at, "look", name)
        devices = tuple([one.device for one in shape.alternatives])
        platform.line.join(platform.line_key(job), devices, platform.ticket(name, job))


def watch_jobs(platform: Platform) -> None:
    """The same for all that wait, when the state is made anew: a million at once, in seconds.

    Jobs stand in the records in the order of their sequence, which is their order in line.
    """
    agenda, line, shapes, now = platform.agenda, platform.line, platform.state.shapes, platform.state.at
    shortest_us = [shape.shortest_s * 1_000_000 for shape in shapes]
    devices = [tuple([one.device for one in shape.alternatives]) for shape in shapes]

    def dues() -> Iterator[tuple[int, Kind, str]]:
        for name, job in platform.state.jobs.items():
            if job.state != "queued" and job.state != "held":
                continue
            if job.deadline_at is not None:
                yield job.deadline_at - shortest_us[job.shape] + 1, "expire", name
            if job.state == "queued":
                later_at = max(job.not_before_at, job.look_at)
                if later_at > now:
                    yield later_at, "look", name
                line.join_later(platform.line_key(job), devices[job.shape], platform.ticket(name, job))

    agenda.arm_many(dues())
    line.all_joined()


def job_refused(platform: Platform, event: events.JobRefused) -> None:
    """Its number is used up; the reasons stay in the log."""
    platform.state.job_count += 1


def job_held(platform: Platform, event: events.JobHeld) -> None:
    """It leaves the queue."""
    job = platform.state.jobs[event.job]
    unhold(platform, event.job, job)
    forget_room(platform, event.job)
    job.state, job.why = "held", event.why
    platform.state.held[event.job] = HeldRecord(event.reason, event.needed_micro)
    note_held(platform, event.job, job)


def note_held(platform: Platform, name: str, job: Job) -> None:
    """Whoever brings what the job waits for finds it."""
    of_project = platform.held_for.setdefault((job.why, job.enterprise), {})
    of_project.setdefault(job.project, {})[name] = None


def unhold(platform: Platform, name: str, job: Job) -> None:
    """It is not held any more."""
    if job.state == "held":
        platform.state.held.pop(name, None)
        waiting = platform.held_for[job.why, job.enterprise]
        del waiting[job.project][name]
        if not waiting[job.project]:
            del waiting[job.project]


def job_queued(platform: Platform, event: events.JobQueued) -> None:
    """It stands in line (again)."""
    job = platform.state.jobs[event.job]
    unhold(platform, event.job, job)
    job.state, job.why, job.look_at = "queued", event.why, event.look_at
    watch_job(platform, event.job)


def cancel_asked(platform: Platform, event: events.CancelAsked) -> None:
    """However its attempt ends, the job is cancelled."""
    platform.state.jobs[event.job].cancelled = True


def room_kept(platform: Platform, event: events.RoomKept) -> None:
    """Nobody else gets what becomes free there."""
    victims = dict.fromkeys(event.victims)
    platform.state.rooms[event.job] = Room(event.pool, event.milli, event.from_slot, event.to_slot, victims)
    platform.take(event.pool, event.from_slot, event.to_slot, event.milli)
    for name in victims:
        platform.room_of[name] = event.job


def forget_room(platform: Platform, job: str) -> None:
    """The capacity kept for a job is free for all."""
    room = platform.state.rooms.pop(job, None)
    if room is not None:
        platform.take(room.pool, room.from_slot, room.to_slot, -room.milli)
        for name in room.victims:
            platform.room_of.pop(name, None)


def job_ended(platform: Platform, event: events.JobEnded) -> None:
    """Closed; those who depend on it learn."""
    state = platform.state
    job = state.jobs[event.job]
    unhold(platform, event.job, job)
    forget_room(platform, event.job)
    job.state, job.why = event.state, event.reason
    for name in state.dependents.pop(event.job, ()):
        other = state.jobs[name]
        if event.state == "succeeded":
            other.waiting_on = tuple([one for one in other.waiting_on if one != event.job])
