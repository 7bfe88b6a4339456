"""Devices are assigned all or nothing and never twice."""

from hypothesis import given
from hypothesis import strategies as st

from suanwang.drivers.device_slots import CPU, Assigned, DevicePool, DeviceSlots, Machine, shapes
from suanwang.drivers.port import Shape

MACHINE = Machine((DevicePool("A100", 4), DevicePool(CPU, 8)), 8, 1000)
WISHES = st.tuples(
    st.sampled_from(["A100", CPU, "none"]), st.integers(1, 9000), st.integers(0, 5), st.integers(0, 600)
)


@given(st.lists(st.tuples(WISHES, st.integers(0, 5))))
def test_what_is_held_and_what_is_free_make_the_whole(steps: list[tuple[tuple[str, int, int, int], int]]):
    slots = DeviceSlots(MACHINE)
    held: list[Assigned] = []
    for wish, release in steps:
        fits = {shape.device: shape.units_milli for shape in slots.shapes()}
        assigned = slots.assign(*wish)
        if assigned is not None:
            assert slots.ever_fits(*wish)
            assert fits[wish[0]] >= wish[1] == sum(milli for _, milli in assigned.devices)
            held.append(assigned)
        for device, whole in (("A100", 4), (CPU, 8)):
            for index in range(whole):
                taken = sum(
                    milli for one in held if one.device == device for at, milli in one.devices if at == index
                )
                assert slots.free[device][index] == 1000 - taken >= 0
        assert slots.cpus == 8 - sum(one.cpus for one in held) >= 0
        assert slots.memory_mb == 1000 - sum(one.memory_mb for one in held) >= 0
        if release < len(held):
            slots.release(held.pop(release))
    for one in held:
        slots.release(one)
    assert slots.shapes() == DeviceSlots(MACHINE).shapes()


SIZES = st.tuples(st.integers(0, 4), st.integers(0, 8), st.integers(0, 8), st.integers(0, 1000))


@given(st.lists(st.tuples(SIZES, st.lists(WISHES, max_size=3), st.integers(0, 5)), max_size=6))
def test_another_machine_has_what_is_held_still(
    steps: list[tuple[tuple[int, int, int, int], list[tuple[str, int, int, int]], int]],
):
    slots, held, machine = DeviceSlots(MACHINE), list[Assigned](), MACHINE
    for (cards, processors, cores, memory_mb), wishes, release in steps:
        machine = Machine((DevicePool("A100", cards), DevicePool(CPU, processors)), cores, memory_mb)
        slots = DeviceSlots(machine, held)
        held += [given for wish in wishes if (given := slots.assign(*wish)) is not None]
        if release < len(held):
            slots.release(held.pop(release))
        again = DeviceSlots(machine, held)
        assert (slots.free, slots.cpus, slots.memory_mb) == (again.free, again.cpus, again.memory_mb)
        assert all(0 <= milli <= 1000 for free in slots.free.values() for milli in free)
        assert all(shape.units_milli > 0 for shape in slots.shapes())
    for one in held:
        slots.release(one)
    assert slots.shapes() == DeviceSlots(machine).shapes()


def test_a_fraction_goes_where_it_leaves_least():
    slots = DeviceSlots(MACHINE)
    first = slots.assign("A100", 600, 0, 0)
    second = slots.assign("A100", 400, 0, 0)
    third = slots.assign("A100", 1500, 0, 0)
    assert first is not None
    assert second is not None
    assert third is not None
    assert (first.devices, second.devices) == (((0, 600),), ((0, 400),))
    assert third.devices == ((1, 1000), (2, 500))
    assert third.indexes == "1,2"


def test_shapes_are_the_largest_gangs():
    assert shapes({"A100": [4000, 2000, 2000, 0], "910B": [0]}) == (
        Shape("A100", 4000, 1),
        Shape("A100", 2000, 3),
    )
