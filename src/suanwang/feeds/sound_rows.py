"""The rows of a broken CSV file that can be read all the same, so that one report names their faults too."""

import csv
import io
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

SOUND_MOST_BYTES = 256 << 20
"""A broken file larger than this is told by its broken rows alone."""


class SoundRows(msgspec.Struct, frozen=True):
    """A CSV of the records that have as many fields as the header, and the line on which each starts."""

    content: bytes
    first_lines: NDArray[np.int64]


def sound_rows(path: Path, width: int) -> SoundRows | None:
    """The sound records of `path`, a header of `width` names first; None where the file is too large.

    The quotes of the file must match.
    """
    if path.stat().st_size > SOUND_MOST_BYTES:
        return None
    kept = io.StringIO()
    writer = csv.writer(kept, lineterminator="\n")
    starts: list[int] = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        writer.writerow(next(reader))
        line = reader.line_num + 1
        for record in reader:
            if len(record) == width:
                writer.writerow(record)
                starts.append(line)
            line = reader.line_num + 1
    return SoundRows(kept.getvalue().encode(), np.array(starts, np.int64))
