"""What a centre can do, as its own driver showed: the grade of a conformance run (算力并网 检测)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from suanwang.model.api.network import CHECKS_BASIC, CHECKS_FULL, ConformanceRun, Grade
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text

if TYPE_CHECKING:
    from suanwang.engine.platform import Platform


class GradeCentre(msgspec.Struct, frozen=True, tag_field="input", tag="grade_centre"):
    """The run of a centre's agent, or of the operator there."""

    id: str
    centre: str
    run: ConformanceRun


class CentreGraded(msgspec.Struct, frozen=True, gc=False, tag_field="event", tag="centre_graded.1"):
    """The run and the grade that follows from it."""

    at: int
    centre: str
    run: ConformanceRun
    grade: Grade


def grade_of(run: ConformanceRun) -> Grade:
    """`full` where every check was passed, `basic` where those that money rests on were, else `none`."""
    passed = {one.check for one in run.checks if one.passed} - {
        one.check for one in run.checks if not one.passed
    }
    if passed.issuperset(CHECKS_FULL):
        return "full"
    return "basic" if passed.issuperset(CHECKS_BASIC) else "none"


def grade_centre(platform: "Platform", given: GradeCentre, at: int) -> Iterator[CentreGraded]:
    """Raises InvalidInput for an unknown centre."""
    if given.centre not in platform.state.centres:
        raise InvalidInput([Fault("centre", Text("no such centre", "没有这个中心"), given.centre)])
    yield CentreGraded(at, given.centre, given.run, grade_of(given.run))


def centre_graded(platform: "Platform", event: CentreGraded) -> None:
    """The newest run counts; a centre that failed it takes no new work until one shows otherwise."""
    platform.state.conformance[event.centre] = event
    platform.state.centres[event.centre].failed = event.grade == "none"
    platform.set_open(event.centre)
