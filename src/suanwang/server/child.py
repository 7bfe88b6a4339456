"""Children of the server: they end with it, however it ends."""

import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import wait


def child_pool() -> ProcessPoolExecutor:
    """One child, begun anew rather than forked: it shares nothing with the writer."""
    return ProcessPoolExecutor(
        1, mp_context=multiprocessing.get_context("spawn"), initializer=end_with_parent
    )


def end_pool(pool: ProcessPoolExecutor) -> None:
    """Ends the child now, whatever it does; nobody waits for it any more."""
    for process in list((pool._processes or {}).values()):  # pyright: ignore[reportPrivateUsage]
        process.terminate()
    pool.shutdown(cancel_futures=True)


def end_with_parent() -> None:
    """In the child: a parent that was killed tells nobody, so the child watches for it."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="watch parent").start()
