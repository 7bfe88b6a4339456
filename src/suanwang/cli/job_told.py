"""One job for people: its state and why, whom it waits for, its attempts with their use and their money."""

from typing import TYPE_CHECKING

from suanwang.cli.candidates import reason_line
from suanwang.cli.job_words import reason, standing
from suanwang.cli.tables import Column, clock, console, devices, duration, money, table_of
from suanwang.model.job_words import reason_word, state_word
from suanwang.units.text import Language, Text, same

if TYPE_CHECKING:
    from suanwang.model.api.jobs import AttemptTold, JobTold

COLUMNS: tuple[Column, ...] = (
    (Text("attempt", "尝试"), "left"),
    (Text("pool", "资源池"), "left"),
    (Text("devices", "卡数"), "right"),
    (Text("state", "状态"), "left"),
    (Text("start", "开始"), "left"),
    (Text("end", "结束"), "left"),
    (Text("limit", "时限"), "right"),
    (Text("device-seconds", "卡秒"), "right"),
    (Text("held ¥", "冻结 ¥"), "right"),
    (Text("charged ¥", "核销 ¥"), "right"),
)


def print_job(told: "JobTold", language: Language) -> None:
    """The job."""
    line = told.line
    why = reason(line).say(language)
    print(f"{line.job} {line.name} · {line.enterprise}{f'/{line.project}' if line.project else ''}")
    print(f"{standing(line, language)}{f': {why}' if why else ''}")
    for one in told.reasons:
        print(reason_line(one, language))
    if told.waiting_on:
        waits = ", ".join(told.waiting_on)
        print(Text(f"waits for {waits}", f"等待 {waits}").say(language))
    if told.position is not None:
        print(position_words(told.position).say(language))
    if line.attempt_state in ("reserved", "dispatched") or line.state == "queued":
        print(expected_words(told.expected_at).say(language))
    for title, at in (
        (Text("submitted", "提交"), line.submitted_at),
        (Text("not before", "最早开始"), told.not_before_at or None),
        (Text("deadline", "截止"), told.deadline_at),
    ):
        if at is not None:
            print(f"{title.say(language)} {clock(at)}")
    if told.max_price_micro is not None:
        print(
            Text(f"at most ¥{money(told.max_price_micro)}", f"最高 ¥{money(told.max_price_micro)}").say(
                language
            )
        )
    if told.attempts:
        rows = [attempt_row(attempt, language) for attempt in told.attempts]
        console().print(table_of(COLUMNS, rows, language))
    for attempt in told.attempts:
        if attempt.note:
            print(f"{attempt.attempt}: {attempt.note}")


def position_words(position: int) -> Text:
    """How many stand before a job in its line."""
    if not position:
        return Text("the next in line", "排在最前")
    return Text(f"{position} stand before it in line", f"前面还有 {position} 个作业")


def expected_words(at: int | None) -> Text:
    """When a job is expected to start."""
    if at is None:
        return Text("when it starts cannot be told yet", "开始时间暂无法预计")
    return Text(f"expected to start {clock(at)}", f"预计开始 {clock(at)}")


def attempt_row(attempt: "AttemptTold", language: Language) -> tuple[str, ...]:
    """An attempt in a line."""
    state = state_word(attempt.state).say(language)
    if attempt.outcome is not None:
        words = attempt.outcome if attempt.outcome == "success" else f"{attempt.outcome}: {attempt.reason}"
        outcome = reason_word(attempt.reason) if attempt.outcome != "success" else Text("success", "成功")
        state = outcome.say(language) if attempt.reason or attempt.outcome == "success" else words
    if attempt.exit_code:
        state += same(f" ({attempt.exit_code})").say(language)
    return (
        attempt.attempt,
        attempt.pool,
        devices(attempt.milli),
        state,
        clock(attempt.started_at or attempt.start_at),
        clock(attempt.ended_at),
        duration(attempt.limit_s),
        f"{attempt.used_milli_s / 1000:,.0f}",
        money(attempt.held_micro),
        money(attempt.captured_micro),
    )
