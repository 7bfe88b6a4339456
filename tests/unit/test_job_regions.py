"""The regions that jobs name, looked up once."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from suanwang.model.job_regions import JobRegions

CODES = st.sampled_from(["110000", "310100", "510100", "51", "650000"])


@given(st.lists(st.tuples(CODES, st.none() | CODES)))
def test_each_job_points_to_its_codes(named: list[tuple[str, str | None]]) -> None:
    schema = {"region": pl.String, "data_region": pl.String}
    found = JobRegions.of(pl.DataFrame(named, schema=schema, orient="row"))
    assert found.codes == sorted({code for pair in named for code in pair if code is not None})
    assert [found.codes[row] for row in found.user] == [user for user, _ in named]
    assert [found.codes[row] for row in found.data] == [data or user for user, data in named]
