"""Writes a scenario as a folder: the same scenario gives the same bytes, and no reader meets half a table."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import polars as pl

from suanwang.feeds.remarks import remark_lines
from suanwang.feeds.scenario_header import HEADER_FILE, header_yaml
from suanwang.feeds.table_files import FORMS
from suanwang.model.scenario import Scenario
from suanwang.model.scenario_tables import SCENARIO_TABLES
from suanwang.model.schema import Table
from suanwang.units.text import Text

Form = Literal["csv", "parquet"]


def write_scenario(scenario: Scenario, folder: Path, form: Form, remarks: Sequence[Text] = ()) -> None:
    """Writes `scenario.yaml` and the tables into `folder`, which is made if need be.

    Optional columns that are wholly null and optional tables without rows are left out, and older files of
    the same tables are removed. Each file is written beside its place and then renamed. `remarks` say where
    the scenario comes from.
    """
    folder.mkdir(parents=True, exist_ok=True)
    header = remark_lines(remarks) + header_yaml(scenario.header)
    replace(folder / HEADER_FILE, lambda path: path.write_bytes(header))
    for table in SCENARIO_TABLES:
        frame: pl.DataFrame = getattr(scenario, table.name)
        write_table(frame, table, folder, form)


def write_table(
    frame: pl.DataFrame, table: Table, folder: Path, form: Form, keep_null: bool = False,
    wait: Callable[[], object] | None = None,
) -> None:  # fmt: skip
    """Writes one table, or removes it if it is optional and has no rows; `keep_null`: with all columns.

    `wait`: see `write_frame`.
    """
    path = folder / f"{table.name}.{form}"
    if table.required or frame.height:
        kept = [
            column.name
            for column in table.columns
            if keep_null or column.required or frame[column.name].null_count() < frame.height
        ]
        write_frame(frame.select(kept), path, form, wait)
    else:
        path.unlink(missing_ok=True)
    for other in FORMS:
        if other != form:
            (folder / f"{table.name}.{other}").unlink(missing_ok=True)


def write_frame(
    frame: pl.DataFrame, path: Path, form: Form, wait: Callable[[], object] | None = None
) -> None:
    """Writes a frame beside `path`, then renames it into place.

    `wait` is called between the two; where it raises, the file that was there stays.
    """

    def write(beside: Path) -> None:
        if form == "csv":
            frame.write_csv(beside, check_extension=False)
        else:
            # Snappy: every reader has it, and of the codecs measured on a plan it was the fastest to write.
            # Without statistics, a quarter of the work: these tables are read whole.
            frame.write_parquet(beside, compression="snappy", statistics=False)
        if wait is not None:
            wait()

    replace(path, write)


def replace(path: Path, write: Callable[[Path], object]) -> None:
    """Lets `write` make a file beside `path` and renames it over it; nothing is left behind on failure."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write(beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
