"""Money is integer micro-yuan (1 CNY = 1,000,000); job costs are exact in nano-yuan before rounding."""

import re

MICRO_PER_YUAN = 1_000_000
MICRO_PER_FEN = 10_000


def yuan(amount_micro: int, places: int = 2) -> str:
    """`amount_micro` as yuan for people: grouped, `places` decimals, rounded half to even."""
    unit = 10 ** (6 - places)
    whole, rest = divmod(abs(amount_micro), unit)
    whole += rest * 2 > unit or (rest * 2 == unit and whole % 2 == 1)
    sign = "-" if amount_micro < 0 and whole else ""
    if places == 0:
        return f"{sign}{whole:,}"
    return f"{sign}{whole // 10**places:,}.{whole % 10**places:0{places}d}"


def split(amount_micro: int, weights: list[int]) -> list[int]:
    """`amount_micro` ≥ 0 in shares proportional to integer `weights` ≥ 0, by largest remainders.

    The shares sum exactly to the amount; ties go to the earlier share. At least one weight is positive.
    """
    total = sum(weights)
    if total <= 0 or min(weights) < 0 or amount_micro < 0:
        raise ValueError("split needs an amount ≥ 0 and weights ≥ 0 with a positive sum")
    shares = [amount_micro * weight // total for weight in weights]
    left = amount_micro - sum(shares)
    if left:
        remainders = [amount_micro * weight % total for weight in weights]
        for index in sorted(range(len(weights)), key=lambda i: (-remainders[i], i))[:left]:
            shares[index] += 1
    assert sum(shares) == amount_micro
    return shares


YUAN_TEXT = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{1,6})?", re.ASCII)


def micro_from_yuan(text: str) -> int:
    """Yuan as people write them (`120`, `1,250.50`, at most 6 decimals) in micro-yuan, exactly.

    Raises ValueError where the text is not such an amount; no float is involved.
    """
    words = text.strip()
    if not YUAN_TEXT.fullmatch(words):
        raise ValueError(f"{text!r} is not an amount in yuan")
    whole, _, places = words.replace(",", "").partition(".")
    amount = int(whole.lstrip("-")) * MICRO_PER_YUAN + int(places.ljust(6, "0") or "0")
    return -amount if words.startswith("-") else amount


def whole_fen(amount_micro: int) -> int:
    """The part of `amount_micro` ≥ 0 that can be paid: whole 分, rounded down, in micro-yuan."""
    return amount_micro - amount_micro % MICRO_PER_FEN


def exact_yuan(amount_micro: int) -> str:
    """`amount_micro` in yuan to the last digit, at least two decimals, no grouping: `-12.50`, `0.000001`."""
    whole, places = divmod(abs(amount_micro), MICRO_PER_YUAN)
    digits = f"{places:06d}".rstrip("0").ljust(2, "0")
    return f"{'-' if amount_micro < 0 else ''}{whole}.{digits}"
