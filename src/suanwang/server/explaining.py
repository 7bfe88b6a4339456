"""Why a job is where it is, or waits: from the records, in the words of its user."""

from suanwang.engine import considering
from suanwang.engine.considering import Considered
from suanwang.engine.platform import Job, Platform
from suanwang.engine.standing import Standing, standing
from suanwang.model.api.jobs import Explanation
from suanwang.model.job import CLOSED
from suanwang.model.job_words import reason_word, state_word, why_word
from suanwang.server.job_lines import reason_told, stopping_for
from suanwang.server.quoting import candidates, elsewhere
from suanwang.units.errors import InvalidInput
from suanwang.units.instants import iso
from suanwang.units.text import Language, Text


def explain(platform: Platform, name: str, job: Job, now: int, language: Language) -> Explanation:
    """The job's standing in words, and each centre: what it would cost there, or why it cannot be there.

    Where it has a place, that is the first candidate; a closed job has none.
    """
    at = max(now, platform.state.at)
    stands = standing(platform, name, at)
    considered = considered_now(platform, name, job, at)
    return Explanation(
        name,
        job.state,
        words_of(platform, name, job, stands).say(language),
        tuple(reason_told(reason, language) for reason in stands.reasons),
        stands.ahead,
        stands.expected_at,
        candidates(platform.shape_of(job), considered),
        elsewhere(considered, language),
    )


def considered_now(platform: Platform, name: str, job: Job, at: int) -> tuple[Considered, ...]:
    """The table of a job that is not closed. Empty where its region is not known any more."""
    if job.state in CLOSED or not platform.has_network:
        return ()
    try:
        return considering.explain(platform, name, at).considered
    except InvalidInput:
        return ()


def words_of(platform: Platform, name: str, job: Job, stands: Standing) -> Text:
    """The standing in a sentence."""
    attempt = platform.attempt_of(name, job)
    if job.state == "held":
        return because(state_word("held"), why_word(job.state, job.why))
    if job.state == "queued":
        if not stands.reasons:
            return Text("waits; there is room, it is looked at in its turn", "排队中；有空位，按次序安排")
        return Text("waits", "排队中")
    if job.state == "active" and attempt is not None:
        figures = attempt.figures
        where = f"{attempt.centre}/{figures.pool}"
        if attempt.state == "reserved":
            return Text(
                f"reserved in {where} from {iso(figures.start_at)}",
                f"已预留 {where}，{iso(figures.start_at)} 起",
            )
        word = state_word(attempt.state)
        told = Text(f"{word.en} in {where}", f"在 {where} {word.zh}")
        if attempt.state == "dispatched":
            told = Text(f"sent to {where}, not yet begun there", f"已下发至 {where}，尚未开始")
        stopping = stopping_for(job, attempt)
        if stopping:
            told = Text(f"{told.en}, told to stop", f"{told.zh}，已要求停止")
        return because(told, reason_word(stopping))
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
