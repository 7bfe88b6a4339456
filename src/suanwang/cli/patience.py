"""The patience of who follows or waits: a server that is away for a while is asked again."""

import time
from collections.abc import Callable
from typing import TypeVar

from suanwang.client.line import Unreachable

T = TypeVar("T")
PATIENCE_S, PAUSE_S = 120.0, 0.5
"""Another server takes over in seconds; one that was killed reads its log first."""


def patient(ask: Callable[[], T]) -> T:
    """What `ask` comes to, which goes on where it broke off. Raises Unreachable after two minutes in vain."""
    end_s = None
    while True:
        began_s = time.monotonic()
        try:
            return ask()
        except Unreachable:
            now_s = time.monotonic()
            if end_s is None or now_s - began_s > PATIENCE_S:  # it was there meanwhile
                end_s = now_s + PATIENCE_S
            if now_s > end_s:
                raise
            time.sleep(PAUSE_S)
