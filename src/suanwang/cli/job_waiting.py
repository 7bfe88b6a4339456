"""Waiting for jobs: asked for again and again, quickly at first."""

import sys
import time
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from suanwang.model.job import CLOSED
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from suanwang.cli.connection import Connection

FIRST_LOOK_S, LAST_LOOK_S = 0.25, 5.0


def wait_closed(connection: "Connection", jobs: Sequence[str], language: Language) -> dict[str, str]:
    """The states of the jobs, once none of them can change any more."""
    from suanwang.cli.connection import part
    from suanwang.cli.patience import patient
    from suanwang.model.api.jobs import JobTold
    from suanwang.model.job_words import state_word

    states: dict[str, str] = {}
    left, pause_s = list(jobs), FIRST_LOOK_S
    while left:
        for job in list(left):
            line = patient(partial(connection.get, f"/v1/jobs/{part(job)}", JobTold)).line
            if line.state in CLOSED:
                states[job] = line.state
                left.remove(job)
                word = state_word(line.state).say(language)
                print(Text(f"{job} {word}", f"{job} {word}").say(language), file=sys.stderr)
        if left:
            time.sleep(pause_s)
            pause_s = min(pause_s * 1.3, LAST_LOOK_S)
    return {job: states[job] for job in jobs}
