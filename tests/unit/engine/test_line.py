"""The lines of waiting jobs against a list that is sorted anew each time: their past makes no difference."""

from hypothesis import given, settings
from hypothesis import strategies as st

from suanwang.engine.line import Line, LineKey, Ticket

DEVICES = {0: ("A",), 1: ("A", "B"), 2: ("B",)}
USED = {"acme": 5, "bolt": 3}
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["join", "join", "leave", "look"]),
        st.integers(0, 9),
        st.sampled_from([(0, "acme", 0), (1, "acme", 0), (2, "acme", 0), (1, "bolt", 0), (0, "acme", 4)]),
    ),
    max_size=40,
)


@settings(max_examples=150)
@given(STEPS, st.integers(1, 4))
def test_who_came_first_goes_first_whatever_was_before(
    steps: list[tuple[str, int, LineKey]], most: int
) -> None:
    waiting: dict[str, tuple[LineKey, Ticket]] = {}
    line = Line(lambda job: job in waiting)
    for kind, number, key in steps:
        job = f"{number}.{key}"
        if kind == "join" and job not in waiting:
            waiting[job] = key, (-key[2], number, job)
            line.join(key, DEVICES[key[0]], waiting[job][1])
        elif kind == "leave":
            waiting.pop(job, None)
        elif kind == "look":
            for device in ("A", "B"):
                assert list(line.heads(device, USED.__getitem__, most)) == expected(waiting, device)[:most]
    for device in ("A", "B"):
        assert list(line.heads(device, USED.__getitem__, 99)) == expected(waiting, device)


def expected(waiting: dict[str, tuple[LineKey, Ticket]], device: str) -> list[tuple[LineKey, Ticket]]:
    """The first of each line: by priority, then by what its enterprise has used, then by who came first."""
    heads: dict[LineKey, Ticket] = {}
    for key, ticket in waiting.values():
        if device in DEVICES[key[0]]:
            heads[key] = min(ticket, heads.get(key, ticket))
    return sorted(heads.items(), key=lambda one: (one[1][0], USED[one[0][1]], one[0][1], one[1]))
