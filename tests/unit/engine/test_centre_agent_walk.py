"""The agent's brain between a faulty platform, a faulty engine and its own crashes, in virtual time."""

from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.unit.engine.agent_world import World, replayed
from tests.unit.engine.brain import NOON, SECOND, launch

from suanwang.engine.lateness import LATE_S
from suanwang.model.facts import AnyFact, Ended, Erased, Started, TookOver, Used
from suanwang.model.orders import Launch, Pause, Proceed, Prolong, Resume, Stop

ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("launch"), st.integers(0, 3), st.integers(-5, 120)),
        st.tuples(st.just("crowd"), st.integers(1, 3), st.integers(0, 1)),
        st.tuples(st.just("let in"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("stop"), st.integers(0, 9), st.sampled_from(["cancelled", "preempted", "fenced"])),
        st.tuples(st.just("turn"), st.integers(0, 9), st.booleans()),
        st.tuples(st.just("prolong"), st.integers(0, 9), st.integers(50, 300)),
        st.tuples(st.just("send"), st.just(0), st.just(0)),
        st.tuples(st.just("receive"), st.integers(0, 9), st.booleans()),
        st.tuples(st.just("hear"), st.integers(0, 9), st.booleans()),
        st.tuples(st.just("crash"), st.integers(0, 12), st.just(0)),
        st.tuples(st.just("time"), st.integers(1, 90), st.sampled_from([0, 0, 0, 3600, -3600])),
        st.tuples(st.just("poll"), st.just(0), st.just(0)),
        st.tuples(st.just("reboot"), st.just(0), st.just(0)),
        st.tuples(st.just("lead"), st.just(0), st.sampled_from([3600, 30])),
    ),
    max_size=60,
)


def do(world: World, action: tuple[str, int, int | bool | str]) -> None:
    kind, first, second = action
    number = len(world.orders) + 1
    named = sorted({order.attempt for order in world.orders})
    name = named[first % len(named)] if named else ""
    match kind:
        case "launch":
            start = (world.platform_at - NOON) // SECOND + int(second)
            world.orders.append(launch(number, f"j{number}.1", start, 60 + 40 * first, start + 400))
            world.given[f"j{number}.1"] = world.steady
        case "crowd":
            world.join()
            start = (world.platform_at - NOON) // SECOND
            for index in range(int(second), first + 1):  # the first has a place, or none has
                order = len(world.orders) + 1
                attempt = f"j{order}.1"
                world.orders.append(launch(order, attempt, start, 60, start + 400, standby=index > 0))
                world.given[attempt] = world.steady
            world.send()
            world.receive(-1)
            world.hear(-1, False)
            world.settle()
        case "let in" if name:
            first_order = next(order for order in world.orders if order.attempt == name)
            if isinstance(first_order, Launch) and first_order.standby:
                world.orders.append(Proceed(number, name))
                world.let_in.add(name)
        case "stop" if name:
            world.orders.append(Stop(number, name, str(second), 10))
        case "turn" if name:
            world.orders.append(Resume(number, name) if second else Pause(number, name))
        case "prolong" if name:
            at_us = world.platform_at + int(second) * SECOND
            world.orders.append(Prolong(number, name, int(second), at_us))
        case "send":
            world.join()
            world.send()
        case "receive":
            world.receive(first)
            if second:
                world.receive(first)
        case "hear":
            world.hear(first, bool(second))
            world.settle()
        case "crash":
            world.join()
            world.send()
            world.receive(-1)
            world.hear(-1, False)
            world.settle(crash_after=first)
        case "time":
            world.pass_time(first, int(second))
        case "poll":
            world.poll()
            world.settle()
        case "reboot":
            world.reboot()
        case "lead":
            world.lead_us += int(second) * SECOND
        case _:
            pass


def finish(world: World) -> None:
    """The faults are over: all is brought to its end and told, a pause's too, whatever the clocks said."""
    for turn in range(1500):
        world.join()
        world.send()
        world.receive(-1)
        world.hear(-1, False)
        world.settle()
        world.pass_time(20 if turn < 300 else 200, 0)
        if world.agent.idle and world.agent.memory.seen_order == len(world.orders):
            return
    raise AssertionError(world.agent.memory)


def check_story(world: World) -> None:
    """What the platform was told of each attempt, once doubles are taken out."""
    for name in {order.attempt for order in world.orders if isinstance(order, Launch)}:
        facts = [
            fact
            for fact in dict.fromkeys(world.facts)
            # a stop may come for an attempt that is told and forgotten
            if fact.attempt == name
            and not (isinstance(fact, Ended) and fact.note == "not known to the agent")
        ]
        assert world.starts.get(name, 0) <= 1
        assert sum(isinstance(fact, Started) for fact in facts) == (name in world.lives)
        assert sum(isinstance(fact, Ended) for fact in facts) == 1, facts
        assert sum(isinstance(fact, Erased) for fact in facts) == 1
        assert isinstance(facts[-1], Erased)
        assert isinstance(facts[-2], Ended)
        used = [fact for fact in facts if isinstance(fact, Used)]
        assert all(one.from_at < one.to_at for one in used)
        assert all(one.to_at <= other.from_at for one, other in pairwise(used))
        total = sum(one.to_at - one.from_at for one in used)
        life = world.lives.get(name)
        assert total <= (life.ended[3] if life and life.ended else 0)
        check_limit(world, name, facts[-2])


def check_standby(world: World) -> None:
    """What only stood by ran in the place of one alike that had ended, each in another's."""
    launches = [order for order in world.orders if isinstance(order, Launch)]
    own = {order.attempt for order in launches if not order.standby} | world.let_in
    took = {fact.attempt: fact.place_of for fact in world.facts if isinstance(fact, TookOver)}
    assert len(set(took.values())) == len(took), "one place, two heirs"
    assert {name for name in world.lives if name not in own} <= took.keys()
    resources = {order.attempt: order.resources for order in launches}
    for heir, before in took.items():
        assert resources[heir] == resources[before]
        ended_us = world.lives[before].ended_us
        assert heir not in world.lives or world.lives[before].ended is not None
        assert heir not in world.lives or ended_us <= world.lives[heir].begun_us


def check_limit(world: World, name: str, end: AnyFact) -> None:
    """Only what has had its time is ended for its limit, whatever clocks said: to a minute, see `is_late`."""
    life = world.lives.get(name)
    if life is None or life.ended is None or not isinstance(end, Ended) or end.reason != "limit_time":
        return
    of_it = [order for order in world.orders if order.attempt == name]
    limits = [order.limit_s for order in of_it if isinstance(order, Launch | Prolong)]
    had_us = life.ended_us - world.given[name]
    assert had_us >= (min(limits) - LATE_S) * SECOND, (had_us, limits)


STOPPED_BEFORE_IT_FOLLOWED = [
    ("crowd", 1, 0), ("poll", 0, 0), ("launch", 0, 0), ("launch", 0, 0), ("stop", 1, "cancelled"),
    ("crash", 4, 0),
]  # fmt: skip
"""Dies when a stop of one that stands by is on its disk, and nothing else of it."""


@settings(max_examples=300)
@given(ACTIONS, st.lists(st.sampled_from([1, 2, 4, 30, 75, 200]), min_size=1, max_size=3))
@example(STOPPED_BEFORE_IT_FOLLOWED, [1])
def test_whatever_happens_each_attempt_runs_once_and_all_is_told(
    actions: list[tuple[str, int, int | bool | str]], lasts: list[int]
) -> None:
    world = World(lasts)
    for action in actions:
        do(world, action)
    assert replayed(world.disk) == world.agent.memory
    finish(world)
    check_story(world)
    check_standby(world)


def test_without_faults_the_whole_running_time_is_told() -> None:
    world = World([75])
    world.orders.append(launch(1, "j0.1", 0, 100, 400))
    finish(world)
    used = [fact for fact in dict.fromkeys(world.facts) if isinstance(fact, Used)]
    assert sum(one.to_at - one.from_at for one in used) == 75 * SECOND
    assert len(used) >= 2
