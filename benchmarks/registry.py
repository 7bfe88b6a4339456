"""Every benchmark by name, in the order of the table that they answer."""

import importlib
import importlib.util
from collections.abc import Callable
from typing import cast

import msgspec
from benchmarks.row import Row


class Benchmark(msgspec.Struct, frozen=True):
    """`function` of `benchmarks.<module>` takes `quick` and gives rows; `long` runs only when named."""

    name: str
    module: str
    about: str
    function: str = "run"
    long: bool = False

    def run(self, quick: bool) -> list[Row]:
        """The rows; quick ones are of smaller sizes and do not count as results."""
        module = importlib.import_module(f"benchmarks.{self.module}")
        return cast(Callable[[bool], list[Row]], getattr(module, self.function))(quick)

    @property
    def present(self) -> bool:
        """Whether its module is there."""
        return importlib.util.find_spec(f"benchmarks.{self.module}") is not None


BENCHMARKS = (
    Benchmark("national-1m", "clearing", "a million jobs, 300 centres, a week", "national_million"),
    Benchmark("national-100k", "clearing", "100,000 jobs, 100 centres, a week", "national_100k"),
    Benchmark("hard", "clearing", "the hard network at loads 0.7 and 1.3", "hard"),
    Benchmark("national-10m", "clearing", "10,000,000 jobs, 1,000 centres", "national_10m", long=True),
    Benchmark("reclear", "reclear", "clear again after 1 % of the jobs changed"),
    Benchmark("small-cases", "small_cases", "small cases against the exact program"),
    Benchmark("highs-lp", "highs_lp", "the bound against HiGHS's LP, 2,000 to 3,000 jobs"),
    Benchmark("highs-lp-5k", "highs_lp", "the same at 5,000 jobs", "run_long", long=True),
    Benchmark("quote", "quote", "one quote, 300 centres"),
    Benchmark("pop", "peers", "POP: k partitions, each solved by HiGHS", "pop"),
    Benchmark("dede", "peers", "DeDe, in an environment of its own", "dede"),
    Benchmark("traces", "traces", "the Alibaba 2023 and the SWF trace"),
    Benchmark("simulator", "simulator", "a trace through engine and ledger, beside AccaSim"),
    Benchmark("workers", "workers", "two workers against one"),
    Benchmark("audit", "audit", "the Merkle log and the log file"),
    Benchmark("ledger", "ledger", "transfers, holds, replay"),
    Benchmark("policy", "policy", "eligibility decisions"),
    Benchmark("accept", "server", "jobs accepted over HTTP, durable", "accept"),
    Benchmark("whole-life", "server", "whole lives of jobs with an idle driver, durable", "whole_life"),
    Benchmark("quote-http", "server", "quotes over HTTP, 300 centres, 100,000 queued", "quote_http"),
    Benchmark(
        "submit-to-running", "server", "from submission to launch, one idle centre", "submit_to_running"
    ),
    Benchmark("processes", "processes", "real processes, money included, beside HyperQueue"),
    Benchmark("million-queued", "million_queued", "a million queued jobs: memory and restart", long=True),
)


def chosen(names: list[str]) -> list[Benchmark]:
    """Those named, by name or by module; without names all but the long ones. Raises KeyError."""
    if not names:
        return [one for one in BENCHMARKS if not one.long and one.present]
    found: list[Benchmark] = []
    for name in names:
        exact = [one for one in BENCHMARKS if one.name == name]
        of_module = [one for one in BENCHMARKS if one.module == name and not one.long]
        if not exact and not of_module:
            raise KeyError(name)
        found += [one for one in exact or of_module if one not in found]
    return found
