"""A Ray of one's own on this machine, of several nodes: for the demonstration and the tests, which stop it.

Made with Ray's own `ray.cluster_utils.Cluster`: its nodes are children of this process and end with it, and
no other Ray on the machine is touched, as `ray stop` would. Cluster notes its address where Ray looks for the
machine's current cluster, in a folder that need not be there or be ours: it is given one of its own.
"""

import importlib
import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from suanwang.drivers.ray_joining import load_ray

STORE_BYTES = 80 * 2**20
"""Of each node's object store; Ray refuses less than 75 MiB."""
FOLDER = "RAY_TMPDIR"
"""Names the folder in which Ray's own is called `ray`."""


class PrivateRay:
    """A running Ray with `nodes` nodes of `cpus` cores and `devices` of the custom resource `device` each.

    `address` is where it is joined. Raises Unsupported where Ray is not installed.
    """

    def __init__(self, nodes: int, cpus: int, device: str, devices: int) -> None:
        self.ray = load_ray()
        # Short, since the names of sockets in it may have 107 bytes.
        self.folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")
        os.environ.setdefault("RAY_raylet_start_wait_time_s", "60")
        utilities: Any = importlib.import_module("ray.cluster_utils")
        each = {"num_cpus": cpus, "resources": {device: devices}, "object_store_memory": STORE_BYTES}
        head = {**each, "include_dashboard": False, "temp_dir": str(Path(self.folder, "ray"))}
        try:
            with notes_in(self.folder):
                self.cluster = utilities.Cluster(initialize_head=True, head_node_args=head)
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        for _ in range(nodes - 1):
            self.cluster.add_node(**each)
        self.cluster.wait_for_nodes()
        self.address: str = self.cluster.address

    def stop(self) -> None:
        """End it, with the actors that run on it; this process leaves it first."""
        if self.ray.is_initialized():
            self.ray.shutdown()
        with notes_in(self.folder):
            self.cluster.shutdown()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def notes_in(folder: str) -> Generator[None]:
    """Ray notes in `folder` which cluster is the current one, and forgets it there."""
    before = os.environ.get(FOLDER)
    os.environ[FOLDER] = folder
    try:
        yield
    finally:
        del os.environ[FOLDER]
        if before is not None:
            os.environ[FOLDER] = before
