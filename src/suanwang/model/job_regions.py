"""The regions that jobs name: where their users are, and where their inputs lie.

A million jobs share some hundred regions, so each code is looked up once and jobs point to it.
"""

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray


class JobRegions(msgspec.Struct, frozen=True):
    """`codes`: distinct, ascending. `user`, `data`: (job,) indices of codes; the input is at the user's where
    the job does not say."""

    codes: list[str]
    user: NDArray[np.int32]
    data: NDArray[np.int32]

    @classmethod
    def of(cls, jobs: pl.DataFrame) -> "JobRegions":
        """The regions of a table of jobs."""
        user, data = jobs["region"], jobs["data_region"]
        codes = pl.concat([user.unique(), data.unique().drop_nulls()]).unique().sort()
        user, data = (column.cast(pl.Enum(codes)).to_physical().cast(pl.Int32) for column in (user, data))
        data = pl.select(pl.coalesce(data, user)).to_series()
        return cls(codes.to_list(), user.to_numpy(), data.to_numpy())
