"""The smallest change of each kind that would have placed an unserved job in what the others leave free.

Each change is found with the place it leads to: nothing is promised that was not seen to fit.
"""

from collections.abc import Callable, Iterator

import msgspec
import numpy as np

from suanwang.clearing.explanation import Change, ChangeKind
from suanwang.clearing.problem import BoolArray
from suanwang.clearing.prospect import ROUNDING_NANO, Prospect, Scene, Wish, look_at, place_at
from suanwang.units.rounding import Int64Array

VALUE_MOST_NANO = 10**18
"""The highest value that a jobs table may state."""


class Hit(msgspec.Struct, frozen=True):
    """A place that a change leads to; the least `effort` wins, then the least cost."""

    effort: float
    cost_nano: int
    prospect: Prospect
    local: int
    start: int


def smallest_changes(scene: Scene, prospects: list[Prospect]) -> Iterator[Change]:
    """The changes that help, one of each kind at most."""
    yield from value_change(scene, prospects)
    yield from window_changes(scene, prospects)
    yield from rule_changes(scene, prospects)
    yield from fewer_devices(scene, prospects)


def easiest(
    prospects: list[Prospect],
    among: Callable[[Prospect], BoolArray],
    effort: Callable[[Prospect], Int64Array | np.ndarray[tuple[int, ...], np.dtype[np.float64]]],
) -> Hit | None:
    """The place of least effort, then of least cost, over (start, column) masks `among`."""
    best: Hit | None = None
    for prospect in prospects:
        starts, locals_ = np.nonzero(among(prospect))
        if not len(starts):
            continue
        efforts = np.broadcast_to(effort(prospect), prospect.cost_nano.shape)[starts, locals_]
        costs = prospect.cost_nano[starts, locals_]
        first = int(np.lexsort((starts, costs, efforts))[0])
        hit = Hit(float(efforts[first]), int(costs[first]), prospect, int(locals_[first]), int(starts[first]))
        if best is None or (hit.effort, hit.cost_nano) < (best.effort, best.cost_nano):
            best = hit
    return best


def describe(scene: Scene, kind: ChangeKind, now: str, then: str, hit: Hit) -> Change:
    """A change with the place that was found."""
    place = place_at(scene, hit.prospect, hit.local, hit.start)
    return Change(
        kind=kind,
        now=now,
        then=then,
        option=hit.prospect.wish.option,
        pool=str(scene.problem.scenario.pools["pool"][int(hit.prospect.pools[hit.local])]),
        start_slot=place.start_slot,
        end_slot=place.end_slot,
        total_micro=place.total_micro,
    )


def in_window(scene: Scene, prospect: Prospect) -> BoolArray:
    """(start, column) inside the job's window, transfers included."""
    return prospect.arrived(int(scene.row["release_slot"])) & prospect.in_time(
        int(scene.row["deadline_slot"])
    )


def value_change(scene: Scene, prospects: list[Prospect]) -> Iterator[Change]:
    """The least value at which a free place is worth taking."""

    def fits(prospect: Prospect) -> BoolArray:
        sayable = prospect.cost_nano < VALUE_MOST_NANO
        return sayable & prospect.fits & prospect.rules() & in_window(scene, prospect)

    hit = easiest(prospects, fits, lambda p: p.cost_nano)
    if hit is not None:
        slack = ROUNDING_NANO if hit.prospect.wish.milli % 1000 else 0
        needed = (hit.cost_nano + slack) // 1000 + 1
        if needed > int(scene.row["value_micro"]):
            yield describe(scene, "value", str(scene.row["value_micro"]), str(needed), hit)


def window_changes(scene: Scene, prospects: list[Prospect]) -> Iterator[Change]:
    """A later deadline within the horizon, and an earlier release."""
    release, deadline = int(scene.row["release_slot"]), int(scene.row["deadline_slot"])
    horizon = scene.problem.supply.slots

    def fits(prospect: Prospect) -> BoolArray:
        return prospect.fits & prospect.rules() & ~prospect.dear

    hit = easiest(
        prospects,
        lambda p: fits(p) & p.arrived(release) & ~p.in_time(deadline) & p.in_time(horizon),
        lambda p: p.starts() + p.wish.slots + p.leave,
    )
    if hit is not None:
        yield describe(scene, "deadline", str(deadline), str(int(hit.effort)), hit)
    hit = easiest(
        prospects,
        lambda p: fits(p) & p.in_time(deadline) & ~p.arrived(release) & p.arrived(0),
        lambda p: p.arrive - p.starts(),
    )
    if hit is not None:
        yield describe(scene, "release", str(release), str(-int(hit.effort)), hit)


def rule_changes(scene: Scene, prospects: list[Prospect]) -> Iterator[Change]:
    """A longer round trip, a lower grade, data free to go anywhere: one rule lifted, the others kept."""
    row, centres = scene.row, scene.problem.scenario.centres
    grades = centres["security_grade"].to_numpy().astype(np.int64)

    def lifted(rule: str) -> Callable[[Prospect], BoolArray]:
        return lambda p: p.fits & ~p.dear & in_window(scene, p) & (p.rules(without=rule) & ~p.rules())

    if row["max_rtt_ms"] is not None:
        hit = easiest(prospects, lifted("latency"), lambda p: p.rtt_ms)
        if hit is not None:
            # rounded up to a hundredth of a millisecond, so that the figure told is enough
            enough = np.ceil(hit.effort * 100) / 100
            yield describe(scene, "latency", f"{row['max_rtt_ms']:g}", f"{enough:g}", hit)
    if row["min_security_grade"] is not None:
        hit = easiest(prospects, lifted("grade"), lambda p: -grades[p.centres])
        if hit is not None:
            yield describe(scene, "grade", str(row["min_security_grade"]), str(-int(hit.effort)), hit)
    if row["residency"] is not None:
        hit = easiest(prospects, lifted("residency"), lambda p: np.zeros(1, np.int64))
        if hit is not None:
            region = str(centres["region"][int(hit.prospect.centres[hit.local])])
            yield describe(scene, "residency", str(row["residency"]), region, hit)


def fewer_devices(scene: Scene, prospects: list[Prospect]) -> Iterator[Change]:
    """The same option, as long, with as many of its devices as can be had: fewer nodes, or a smaller one."""
    best: tuple[float, Hit, Wish, str] | None = None
    for prospect in prospects:
        wish = prospect.wish
        nodes = wish.milli // wish.node_milli
        pieces = nodes if nodes > 1 else wish.node_milli // 1000
        hit, low, high = None, 0, pieces - 1
        # invariant: `low` pieces were found a place (or are none), more than `high` are not asked for again
        while low < high:
            middle = (low + high + 1) // 2
            found = hit_with(scene, wish, middle, nodes > 1)
            if found is None:
                high = middle - 1
            else:
                hit, low = found, middle
        if hit is not None and (best is None or low / pieces > best[0]):
            now = f"{wish.node_milli / 1000:g}x{nodes}" if nodes > 1 else f"{wish.node_milli / 1000:g}"
            best = (low / pieces, hit, wish, now)
    if best is not None:
        _, hit, wish, now = best
        smaller = hit.prospect.wish
        nodes = smaller.milli // smaller.node_milli
        many = wish.milli > wish.node_milli
        then = f"{smaller.node_milli / 1000:g}x{nodes}" if many else f"{smaller.node_milli / 1000:g}"
        yield describe(scene, "devices", now, then, hit)


def hit_with(scene: Scene, wish: Wish, pieces: int, by_node: bool) -> Hit | None:
    """The cheapest free place for so many nodes, or so many devices of one node."""
    node_milli = wish.node_milli if by_node else pieces * 1000
    milli = node_milli * pieces if by_node else node_milli
    prospect = look_at(scene, msgspec.structs.replace(wish, node_milli=node_milli, milli=milli))
    return easiest(
        [prospect], lambda p: p.fits & p.rules() & ~p.dear & in_window(scene, p), lambda p: p.cost_nano
    )
