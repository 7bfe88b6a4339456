"""A Ray to work on: one started here for as long as it is needed, or a cluster joined by its address.

Ray is the optional extra `workers`; nothing else imports it. It is asked to keep quiet: no dashboard, no
usage statistics, no log lines among ours.
"""

import importlib
import logging
import os
import shutil
import socket
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import msgspec

from suanwang.units.errors import Fault, InvalidInput, SuanwangError, Unsupported
from suanwang.units.text import Text, same

REACH_SECONDS = 5.0
"""How long to wait for somebody to listen at an address."""
JOIN_SECONDS = 60.0
"""How long to wait for a cluster to take this process in."""
STARTS = 3
"""A local Ray gives its own helpers 15 seconds to start; a busy machine may need another try."""
STORE_LEAST_BYTES = 80 * 2**20
"""Ray refuses less."""


class Cluster(msgspec.Struct, frozen=True):
    """The module `ray`, connected. `folder`: of its files, where it was started here; else None."""

    ray: Any
    folder: str | None


def load_ray() -> Any:
    """The module `ray`, silenced. Raises Unsupported where it is not installed."""
    # Read by Ray when it is imported: statistics would be sent over the network.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Keeps Ray from announcing a change of a future version.
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        ray: Any = importlib.import_module("ray")
    except ImportError as error:
        fault = Fault(
            where="--workers",
            what=Text("Ray, which runs the workers, is not installed", "未安装运行工作进程所需的 Ray"),
            found=str(error),
            remedy=Text(
                "pip install 'suanwang[workers]', or leave --workers out: threads give the same plan",
                "pip install 'suanwang[workers]'，或去掉 --workers：用线程得到的计划相同",
            ),
        )
        raise Unsupported([fault]) from None
    logging.getLogger("ray").setLevel(logging.CRITICAL)
    # What Ray tells of a dead worker would land on standard output.
    # Its own debugger turns it off like this.
    vars(importlib.import_module("ray._private.worker"))["_worker_logs_enabled"] = False
    return ray


def prepare(address: str | None) -> None:
    """Raise early what `running_ray` would raise after minutes of other work, where that can be told."""
    load_ray()
    if address is not None and address != "auto":
        reach(address)


@contextmanager
def running_ray(workers: int, store_bytes: int, address: str | None) -> Generator[Cluster]:
    """A connected Ray with room for `workers`; disconnected, or shut down, at the end.

    A Ray that the calling program has joined before is used as it is and left running.
    Raises InvalidInput where nothing at `address` can be joined, Unsupported where Ray is not installed or
    does not start.
    """
    ray = load_ray()
    if ray.is_initialized():
        yield Cluster(ray, None)
        return
    folder: str | None = None
    try:
        if address is None:
            # Short, since the names of sockets in it may have 107 bytes.
            folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")
            start(ray, workers, store_bytes, folder)
        else:
            join(ray, address)
        yield Cluster(ray, folder)
    finally:
        ray.shutdown()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def start(ray: Any, workers: int, store_bytes: int, folder: str) -> None:
    """Start a Ray on this machine, its files in `folder`."""
    problem = ""
    for _ in range(STARTS):
        try:
            ray.init(
                address="local", num_cpus=workers, object_store_memory=max(store_bytes, STORE_LEAST_BYTES),
                include_dashboard=False, log_to_driver=False, configure_logging=False, _temp_dir=folder,
            )  # fmt: skip
            return
        except Exception as error:  # Ray raises plain Exception where a part of it did not start
            problem = first_line(error)
            ray.shutdown()
    fault = Fault(
        where="--workers",
        what=Text("Ray did not start on this machine", "Ray 未能在本机启动"),
        found=problem,
        remedy=Text(
            "try again when the machine is less busy, or leave --workers out: threads give the same plan",
            "待机器空闲时重试，或去掉 --workers：用线程得到的计划相同",
        ),
    )
    raise Unsupported([fault])


def join(ray: Any, address: str) -> None:
    """Join the cluster at `address`."""
    if address != "auto":
        reach(address)
    failed: list[BaseException] = []

    def connect() -> None:
        try:
            ray.init(address=address, log_to_driver=False, configure_logging=False)
        except BaseException as error:  # carried to the thread that waits
            failed.append(error)

    # In a thread of its own, since Ray waits for minutes at an address where something else listens.
    thread = Thread(target=connect, daemon=True)
    thread.start()
    thread.join(JOIN_SECONDS)
    if thread.is_alive():
        raise refusal(address, f"no answer within {JOIN_SECONDS:.0f} s")
    if failed:
        raise refusal(address, first_line(failed[0]))


def reach(address: str) -> None:
    """Raise InvalidInput where `address` is no host and port, or nobody listens there."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 2**16:
        fault = Fault(
            where="--ray",
            what=Text("not an address of a Ray cluster", "不是 Ray 集群的地址"),
            found=address,
            expected=Text("HOST:PORT, ray://HOST:PORT, or auto", "HOST:PORT、ray://HOST:PORT 或 auto"),
        )
        raise InvalidInput([fault])
    try:
        socket.create_connection((host.strip("[]"), int(port)), REACH_SECONDS).close()
    except OSError as error:
        raise refusal(address, str(error)) from None


def refusal(address: str, found: str) -> SuanwangError:
    """The error that nothing at `address` could be joined."""
    fault = Fault(
        where=f"--ray {address}",
        what=Text("no Ray cluster could be joined there", "无法加入该处的 Ray 集群"),
        found=found,
        expected=Text(
            "the address that `ray start --head` printed, joined by this machine too",
            "`ray start --head` 打印的地址，且本机已加入",
        ),
        remedy=Text(
            f"on this machine: ray start --address={address}; or leave --ray out to start one here",
            f"在本机运行：ray start --address={address}；或去掉 --ray，在本机启动",
        ),
    )
    return InvalidInput([fault])


def first_line(error: BaseException) -> str:
    """What an error says, without the pages that some add."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]


def too_few(workers: int, processors: float, seconds: float) -> SuanwangError:
    """The error that a cluster did not give `workers` a place in time."""
    fault = Fault(
        where="--workers",
        what=Text(
            f"the cluster did not start {workers} workers within {seconds:.0f} s",
            f"集群在 {seconds:.0f} 秒内未能启动 {workers} 个工作进程",
        ),
        found=f"{processors:g} CPU",
        expected=same(f"{workers} CPU"),
        remedy=Text("fewer workers, or wait until the cluster is free", "减少工作进程，或等待集群空闲"),
    )
    return Unsupported([fault])
