"""The built-in regions: provinces and cities of China by administrative code (GB/T 2260), with a point each.

Codes and points of the seats of government are assumed: written from memory, to two decimals (about 1 km).
A folder that holds its own `regions` table uses that instead.
"""

from functools import cache
from importlib.resources import files

import polars as pl

from suanwang.model.scenario_tables import REGIONS


@cache
def builtin_regions() -> pl.DataFrame:
    """The `regions` table of a scenario that brings none."""
    content = files("suanwang.feeds").joinpath("data/regions.csv").read_bytes()
    return pl.read_csv(content, schema=REGIONS.polars_schema)
