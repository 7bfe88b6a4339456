"""The grammar of a job's options: `A100:8:6;910B:8x4:8` is device:units[xnodes]:slots, joined by `;`.

A million jobs share far fewer distinct option texts, so each text is parsed once and jobs point to it.
"""

import re

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

ALTERNATIVE = r"^([^:;\s]+):([0-9]{1,9}(?:\.[0-9]{1,3})?)(?:x([0-9]{1,6}))?:([0-9]{1,6})$"
"""device, units per node (at most 3 decimals), nodes, slots; digits are ASCII, full-width ones are none."""


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
        texts, text_of_job = distinct(column.fill_null("").alias("text"))
        parts = (
            texts.to_frame()
            .with_row_index("index")
            .with_columns(pl.col("text").str.split(";"))
            .explode("text")
            .with_columns(pl.col("text").str.strip_chars())
        )
        index = parts["index"].to_numpy()
        words, word_of_part = distinct(parts["text"])
        read = alternatives_as_columns(words)
        wrong = read["wrong"].to_numpy()[word_of_part]
        malformed = np.bincount(index[wrong], minlength=texts.len()) > 0
        good = ~malformed[index]
        first = np.zeros(texts.len() + 1, np.int64)
        np.cumsum(np.bincount(index[good], minlength=texts.len()), out=first[1:])
        found = read[word_of_part[good]]
        return cls(
            texts=texts,
            text_of_job=text_of_job,
            first=first,
            device=found["device"],
            units_milli=found["units_milli"].to_numpy(),
            nodes=found["nodes"].to_numpy(),
            slots=found["slots"].to_numpy(),
            malformed=malformed,
        )


def distinct(texts: pl.Series) -> tuple[pl.Series, NDArray[np.int32]]:
    """The distinct ones in the order in which they come first, and (text,) which each is."""
    coded = texts.cast(pl.Categorical)
    code = coded.to_physical()
    place = np.zeros(int(pl.select(code.max()).item() or 0) + 1, np.int32)
    first_come = code.unique(maintain_order=True)
    place[first_come.to_numpy()] = np.arange(first_come.len())
    return coded.unique(maintain_order=True).cast(pl.String), place[code.to_numpy()]


def alternatives_as_columns(words: pl.Series) -> pl.DataFrame:
    """What each word says: `device`, `units_milli`, `nodes`, `slots`; `wrong` where it is no alternative."""
    part = pl.col(words.name).str.extract_groups(ALTERNATIVE).struct
    return (
        words.to_frame()
        .select(
            part.field("1").alias("device"),
            (part.field("2").cast(pl.Float64) * 1000).round().cast(pl.Int64).alias("units_milli"),
            part.field("3").cast(pl.Int64).fill_null(1).alias("nodes"),
            part.field("4").cast(pl.Int64).alias("slots"),
        )
        .with_columns(
            (
                pl.col("device").is_null()
                | (pl.col("units_milli") < 1)
                | (pl.col("nodes") < 1)
                | (pl.col("slots") < 1)
            ).alias("wrong")
        )
    )
