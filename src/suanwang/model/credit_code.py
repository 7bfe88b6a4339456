"""Unified social credit codes (统一社会信用代码, GB 32100): 18 characters, the last a check character.

Source: GB 32100-2015 as remembered (assumed; the text of the standard was not opened): 31 symbols without
I, O, S, V, Z; weights 3**i mod 31; the weighted sum of all 18 values is 0 mod 31 when the check stands last.
"""

import re

import numpy as np
import polars as pl
from numpy.typing import NDArray

SYMBOLS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = tuple(pow(3, position, 31) for position in range(17))
SHAPE = re.compile(rf"^[{SYMBOLS}]{{2}}\d{{6}}[{SYMBOLS}]{{10}}$")
"""Registering department, type of body, six digits of the division, nine of the body, check."""

VALUE = {symbol: value for value, symbol in enumerate(SYMBOLS)}


def check_character(body: str) -> str:
    """The check character of the first 17 characters. KeyError where one is not a symbol of the standard."""
    total = sum(VALUE[symbol] * weight for symbol, weight in zip(body, WEIGHTS, strict=True))
    return SYMBOLS[-total % 31]


def is_credit_code(code: str) -> bool:
    """Whether `code` has the shape of a code and its check character is right."""
    return bool(SHAPE.match(code)) and code[17] == check_character(code[:17])


def valid_credit_codes(codes: pl.Series) -> NDArray[np.bool_]:
    """(code,) whether each is a valid code; null is not. The same answer as `is_credit_code`, in columns."""
    shaped = codes.str.contains(SHAPE.pattern).fill_null(False).to_numpy()
    values = np.zeros(256, np.int64)
    for symbol, value in VALUE.items():
        values[ord(symbol)] = value
    valid = np.zeros(len(codes), np.bool_)
    chosen = codes.filter(pl.Series(shaped)).to_list()
    letters = np.frombuffer("".join(chosen).encode("ascii"), np.uint8).reshape(len(chosen), 18)
    weights = np.array([*WEIGHTS, 1], np.int64)
    # Σ value·weight over the body plus the check's value ≡ 0 (mod 31)
    valid[shaped] = (values[letters] * weights).sum(axis=1) % 31 == 0
    return valid
