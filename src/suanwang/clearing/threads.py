"""Work shared out among threads, or done here where that is sooner."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def over(
    pool: ThreadPoolExecutor, work: Callable[[Item], Result], items: Sequence[Item], is_light: bool = False
) -> list[Result]:
    """`work` of every item, by the threads of `pool`; one item, or what is light, without waking any."""
    return list(map(work, items) if is_light or len(items) == 1 else pool.map(work, items))
