"""The contract of drivers on a real Ray of two nodes on this machine, started and stopped by the tests."""

from tests.contract.driver_benches import Bench, RayBench
from tests.contract.test_driver_ends import *  # noqa: F403
from tests.contract.test_drivers import *  # noqa: F403  (these are the tests)

BENCHES: dict[str, type[Bench]] = {"ray": RayBench}
