"""The state of a job as a list shows it, with its mark."""

from typing import TYPE_CHECKING

from suanwang.model.job_words import reason_word, state_word, why_word
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from suanwang.model.api.jobs import JobLine

MARKS = {"succeeded": "✓", "failed": "✗", "expired": "✗", "refused": "✗", "cancelled": "–"}


def standing(line: "JobLine", language: Language) -> str:
    """The state of a job in a list: for an active one, that of its attempt."""
    if line.state == "active" and line.attempt_state is not None:
        share = f" {line.progress_bp // 100} %" if line.progress_bp else ""
        stops = Text(", told to stop", "，已要求停止").say(language) if line.stopping else ""
        return state_word(line.attempt_state).say(language) + share + stops
    return state_word(line.state).say(language)


def reason(line: "JobLine") -> Text:
    """Why a job is in its state, or is to stop; nothing where that needs no reason."""
    return reason_word(line.stopping) if line.stopping else why_word(line.state, line.why)
