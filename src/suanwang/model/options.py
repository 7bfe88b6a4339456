"""The grammar of a job's options: `A100:8:6;910B:8x4:8` is device:units[xnodes]:slots, joined by `;`.

A million jobs share far fewer distinct option texts, so each text is parsed once and jobs point to it.
"""

import re

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

ALTERNATIVE = r"^([^:;\s]+):(\d{1,9}(?:\.\d{1,3})?)(?:x(\d{1,6}))?:(\d{1,6})$"
"""device, units per node (at most 3 decimals), nodes, slots."""


class Alternative(msgspec.Struct, frozen=True):
    """One alternative of an option text; `units_milli` are those of one node."""

    device: str
    units_milli: int
    nodes: int
    slots: int


def alternatives_of(text: str) -> tuple[Alternative, ...]:
    """The alternatives of one text, in the order written; none where it is malformed."""
    found: list[Alternative] = []
    for part in text.split(";"):
        match = re.fullmatch(ALTERNATIVE, part.strip())
        if match is None:
            return ()
        device, units, nodes, slots = match.groups()
        alternative = Alternative(device, round(float(units) * 1000), int(nodes or 1), int(slots))
        if alternative.units_milli < 1 or alternative.nodes < 1 or alternative.slots < 1:
            return ()
        found.append(alternative)
    return tuple(found)


class OptionBook(msgspec.Struct, frozen=True):
    """Distinct option texts and their alternatives, as columns.

    `text_of_job`: (job,) index of the job's text. `first`: (text + 1,) where each text's alternatives begin
    in the columns after it, in the order written: `device` (names), `units_milli` (per node), `nodes`,
    `slots`. `malformed`: texts that do not follow the grammar or ask for nothing; they have no alternatives.
    """

    texts: pl.Series
    text_of_job: NDArray[np.int32]
    first: NDArray[np.int64]
    device: pl.Series
    units_milli: NDArray[np.int64]
    nodes: NDArray[np.int64]
    slots: NDArray[np.int64]
    malformed: NDArray[np.bool_]

    @classmethod
    def parse(cls, column: pl.Series) -> "OptionBook":
        """The book of a column of option texts, null read as empty."""
        texts = column.fill_null("").alias("text")
        coded = texts.cast(pl.Categorical)
        code = coded.to_physical()
        distinct = coded.unique(maintain_order=True).cast(pl.String).to_frame().with_row_index("index")
        place = np.zeros(int(pl.select(code.max()).item() or 0) + 1, np.int32)
        place[code.unique(maintain_order=True).to_numpy()] = np.arange(distinct.height)
        parts = (
            distinct.lazy()
            .with_columns(pl.col("text").str.split(";"))
            .explode("text")
            .with_columns(pl.col("text").str.strip_chars().str.extract_groups(ALTERNATIVE).alias("part"))
            .select(
                "index",
                pl.col("part").struct.field("1").alias("device"),
                (pl.col("part").struct.field("2").cast(pl.Float64) * 1000)
                .round()
                .cast(pl.Int64)
                .alias("units_milli"),
                pl.col("part").struct.field("3").cast(pl.Int64).fill_null(1).alias("nodes"),
                pl.col("part").struct.field("4").cast(pl.Int64).alias("slots"),
            )
            .with_columns(
                (
                    pl.col("device").is_null()
                    | (pl.col("units_milli") < 1)
                    | (pl.col("nodes") < 1)
                    | (pl.col("slots") < 1)
                ).alias("wrong")
            )
            .collect()
        )
        wrong = parts.group_by("index", maintain_order=True).agg(pl.col("wrong").any())["wrong"].to_numpy()
        good = parts.filter(~pl.col("wrong").any().over("index"))
        first = np.zeros(distinct.height + 1, np.int64)
        np.cumsum(np.bincount(good["index"].to_numpy(), minlength=distinct.height), out=first[1:])
        return cls(
            texts=distinct["text"],
            text_of_job=place[code.to_numpy()],
            first=first,
            device=good["device"],
            units_milli=good["units_milli"].to_numpy(),
            nodes=good["nodes"].to_numpy(),
            slots=good["slots"].to_numpy(),
            malformed=np.asarray(wrong, np.bool_),
        )
