"""The engines of a module of the driver contract: its `BENCHES`, by name."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.contract.driver_benches import Bench

KINDS: dict[str, Callable[[type[Bench]], bool]] = {
    "bench": lambda kind: True,
    "real": lambda kind: kind.real,  # where there are processes, files and an environment
    "gangs": lambda kind: kind.nodes > 1,
}
"""The argument by which a test says what engine it is for."""


def benches_of(module: object) -> dict[str, type[Bench]]:
    return getattr(module, "BENCHES", {})


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test on each engine of its module that it is for."""
    for argument, suits in KINDS.items():
        if argument in metafunc.fixturenames:
            names = [name for name, kind in benches_of(metafunc.module).items() if suits(kind)]
            metafunc.parametrize(argument, names, indirect=True)


@pytest.fixture(scope="module", autouse=True)
def engines(request: pytest.FixtureRequest) -> Iterator[None]:
    """What the benches of a module shared ends with it."""
    yield
    for kind in benches_of(request.module).values():
        kind.take_down()


def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    kind = benches_of(request.module)[request.param]
    reason = kind.missing()
    if reason:
        pytest.skip(reason)
    made = kind(tmp_path)
    yield made
    made.close()


bench, real, gangs = (pytest.fixture(opened, name=name) for name in KINDS)
