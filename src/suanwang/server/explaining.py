"""Why a job is where it is, or waits: from the records, in the words of its user."""

from suanwang.engine.platform import Job, Platform
from suanwang.model.api.jobs import Explanation
from suanwang.model.job import JobSpec
from suanwang.model.job_words import state_word, why_word
from suanwang.server.job_lines import position_of, reason_told
from suanwang.server.quoting import candidates_of
from suanwang.units.instants import iso
from suanwang.units.text import Language, Text


def explain(platform: Platform, name: str, job: Job, now: int, language: Language) -> Explanation:
    """The job's standing in words, with its candidates now where it waits."""
    held = platform.state.held.get(name)
    position = position_of(platform, name, job)
    waits = job.state in ("queued", "held") and platform.has_network
    spec = JobSpec(
        name=job.name,
        shape=platform.shape_of(job),
        not_before_at=job.release_at,
        deadline_at=job.deadline_at,
        max_price_micro=job.max_price_micro,
        voucher=job.voucher,
    )
    at = max(now, platform.state.at)
    found = candidates_of(platform, job.enterprise, spec, at) if waits else []
    return Explanation(
        name,
        job.state,
        words_of(platform, name, job, position, bool(found)).say(language),
        None if held is None else reason_told(held.reason, language),
        position,
        tuple(found),
    )


def words_of(platform: Platform, name: str, job: Job, position: int | None, has_room: bool) -> Text:
    """The standing in a sentence."""
    attempt = platform.attempt_of(name, job)
    if job.state == "held":
        return because(state_word("held"), why_word(job.state, job.why))
    if job.state == "queued" and has_room:
        return Text("waits; there is room, it is looked at in its turn", "排队中；有空位，按次序安排")
    if job.state == "queued":
        ahead = position or 0
        return Text(f"waits for capacity; {ahead} alike before it", f"等待算力；前面有 {ahead} 个同类作业")
    if job.state == "active" and attempt is not None:
        figures = attempt.figures
        where = f"{attempt.centre}/{figures.pool}"
        if attempt.state == "reserved":
            return Text(
                f"reserved in {where} from {iso(figures.start_at)}",
                f"已预留 {where}，{iso(figures.start_at)} 起",
            )
        if attempt.state == "dispatched":
            return Text(f"sent to {where}, not yet begun there", f"已下发至 {where}，尚未开始")
        word = state_word(attempt.state)
        return Text(f"{word.en} in {where}", f"在 {where} {word.zh}")
    state = state_word(job.state)
    if job.state == "succeeded":
        return state
    why = why_word(job.state, job.why)
    if job.why == "exit" and attempt is not None:
        why = Text(f"{why.en}, code {attempt.exit_code}", f"{why.zh} {attempt.exit_code}")
    return because(state, why)


def because(state: Text, why: Text) -> Text:
    """A state with its reason, where there is one."""
    return Text(f"{state.en}: {why.en}", f"{state.zh}：{why.zh}") if why.en else state
