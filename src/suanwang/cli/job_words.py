"""The state of a job as a list shows it, with its mark."""

from typing import TYPE_CHECKING

from suanwang.model.job_words import state_word
from suanwang.units.text import Language

if TYPE_CHECKING:
    from suanwang.model.api.jobs import JobLine

MARKS = {"succeeded": "✓", "failed": "✗", "expired": "✗", "refused": "✗", "cancelled": "–"}


def standing(line: "JobLine", language: Language) -> str:
    """The state of a job in a list: for an active one, that of its attempt."""
    if line.state == "active" and line.attempt_state is not None:
        share = f" {line.progress_bp // 100} %" if line.progress_bp else ""
        return state_word(line.attempt_state).say(language) + share
    return state_word(line.state).say(language)
