"""Where a job may run, before device classes: the sets of centres that its rules allow.

A *site* is one distinct combination of what rules ask of a centre: near enough to a region, secure enough,
inside the residency prefixes. A million jobs share a few hundred sites.
"""

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from suanwang.clearing.problem import BoolArray, Int32Array
from suanwang.model.scenario import Scenario
from suanwang.units.stable_order import stable_order


class Sites(msgspec.Struct, frozen=True):
    """`site_of_job`: (job,). `secure`, `resident`, `near`: (site, centre) whether it passes the rule."""

    site_of_job: Int32Array
    secure: BoolArray
    resident: BoolArray
    near: BoolArray

    @property
    def allowed(self) -> BoolArray:
        """(site, centre) all rules passed."""
        return self.secure & self.resident & self.near


def distinct(codes: list[NDArray[np.int64]], sizes: list[int]) -> tuple[NDArray[np.int64], Int32Array]:
    """The distinct rows of several code columns, one mixed-radix key each, and each row's place in them.

    Codes lie in [0, size). Keys ascend.
    """
    key = codes[0].astype(np.int64)
    total = sizes[0]
    for code, size in zip(codes[1:], sizes[1:], strict=True):
        key = key * size + code
        total *= size
    if total <= 16 * len(key) + 1_000_000:
        present = np.zeros(total, np.bool_)
        present[key] = True
        place = np.cumsum(present, dtype=np.int32) - 1
        return np.flatnonzero(present), place[key].astype(np.int32)
    keys, inverse = np.unique(key, return_inverse=True)
    return keys, inverse.astype(np.int32)


def within_reach(jobs: pl.DataFrame, region: Int32Array, rtt_ms: NDArray[np.float64]) -> NDArray[np.int64]:
    """(job,) how many centres lie within the job's round trip of its region; all of them without a limit."""
    centres = rtt_ms.shape[1]
    count = np.full(len(region), centres, np.int64)
    limit = jobs["max_rtt_ms"].to_numpy()
    limited = np.flatnonzero(~np.isnan(limit))
    order, ranked = stable_order(region[limited].astype(np.int64))
    order = limited[order]
    cuts = np.searchsorted(ranked, np.arange(rtt_ms.shape[0] + 1))
    for place in range(rtt_ms.shape[0]):
        here = order[cuts[place] : cuts[place + 1]]
        if len(here):
            count[here] = np.searchsorted(np.sort(rtt_ms[place]), limit[here], side="right")
    return count


def find_sites(scenario: Scenario, region: Int32Array, rtt_ms: NDArray[np.float64]) -> Sites:
    """The sites of the scenario's jobs. `region`: (job,) row of `rtt_ms` (region, centre)."""
    jobs, centres = scenario.jobs, scenario.centres
    residencies = jobs["residency"].fill_null("")
    distinct_residencies = residencies.unique(maintain_order=True)
    residency = residencies.cast(pl.Enum(distinct_residencies)).to_physical().to_numpy()
    grade = jobs["min_security_grade"].fill_null(0).to_numpy()
    count = within_reach(jobs, region, rtt_ms)
    sizes = [rtt_ms.shape[0], rtt_ms.shape[1] + 1, 6, len(distinct_residencies)]
    keys, site_of_job = distinct([region.astype(np.int64), count, grade, residency.astype(np.int64)], sizes)
    keys, of_residency = np.divmod(keys, sizes[3])
    keys, of_grade = np.divmod(keys, sizes[2])
    of_region, of_count = np.divmod(keys, sizes[1])
    rank = np.empty(rtt_ms.shape, np.int64)
    order = np.argsort(rtt_ms, axis=1, kind="stable")
    np.put_along_axis(rank, order, np.arange(rtt_ms.shape[1])[None, :], axis=1)
    home = centres["region"].to_list()
    resident = np.ones((len(distinct_residencies), centres.height), np.bool_)
    for index, text in enumerate(distinct_residencies):
        prefixes = tuple(prefix.strip() for prefix in str(text).split(";") if prefix.strip())
        if prefixes:
            resident[index] = [code.startswith(prefixes) for code in home]
    return Sites(
        site_of_job=site_of_job,
        secure=centres["security_grade"].to_numpy()[None, :] >= of_grade[:, None],
        resident=resident[of_residency],
        near=rank[of_region] < of_count[:, None],
    )
