"""The fast stable order against numpy's."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from suanwang.units.stable_order import stable_order


@given(st.lists(st.integers(0, 9) | st.integers(0, 2**63 - 1), max_size=40))
def test_it_is_the_stable_order(keys: list[int]) -> None:
    column = np.array(keys, np.int64)
    order, ranked = stable_order(column)
    assert order.tolist() == np.argsort(column, kind="stable").tolist()
    assert ranked.tolist() == sorted(keys)
