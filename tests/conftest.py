"""What all tests share: the PostgreSQL that some started ends with them; who waits longest goes first."""

import pytest
from hypothesis import HealthCheck, settings
from tests.postgres import remove_shared_server

BEGIN_FIRST = ("test_demo", "test_drivers_slurm")
"""Files that wait for minutes of real time and need little of a processor: others run beside them."""

# how long an example takes says how busy the machine is, and of the code nothing
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.path.stem.startswith(BEGIN_FIRST))


def pytest_sessionfinish() -> None:
    remove_shared_server()
