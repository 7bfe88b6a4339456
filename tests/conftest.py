"""What all tests share: the PostgreSQL that some of them started ends with them."""

from tests.postgres import remove_shared_server


def pytest_sessionfinish() -> None:
    remove_shared_server()
