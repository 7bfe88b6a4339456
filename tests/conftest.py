"""What all tests share: the PostgreSQL that some started ends with them; who waits longest goes first."""

import pytest
from tests.postgres import remove_shared_server

BEGIN_FIRST = ("test_demo", "test_drivers_slurm")
"""Files that wait for minutes of real time and need little of a processor: others run beside them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.path.stem.startswith(BEGIN_FIRST))


def pytest_sessionfinish() -> None:
    remove_shared_server()
