"""The log port, for those who know it by its home: see `model/log.py`."""

from suanwang.model.log import (
    DIGEST_BYTES,
    INPUT_ID_BYTES_MAX,
    Appended,
    Entry,
    InputConflict,
    LogBusy,
    LogDamaged,
    LogFailed,
    LogReader,
    LogWriter,
    Recorded,
    StaleEpoch,
)

__all__ = [
    "DIGEST_BYTES",
    "INPUT_ID_BYTES_MAX",
    "Appended",
    "Entry",
    "InputConflict",
    "LogBusy",
    "LogDamaged",
    "LogFailed",
    "LogReader",
    "LogWriter",
    "Recorded",
    "StaleEpoch",
]
