"""A Slurm or a Ray of one's own, in a process that ends it when its standard input does.

    python -m suanwang.cli.demo.engine_host slurm|ray FOLDER NODES DEVICES_PER_NODE DEVICE

Writes where it is to FOLDER/address: the slurm.conf, or Ray's address. So nothing is left behind, however the
process that asked for it ends.
"""

import contextlib
import signal
import sys
import tempfile
from pathlib import Path
from typing import Protocol

ADDRESS = "address"


class Engine(Protocol):
    """What can be ended."""

    def stop(self) -> None:
        """End it and all it runs."""
        ...


def start(kind: str, folder: Path, nodes: int, per_node: int, device: str) -> tuple[Engine, str]:
    """The engine and where it is. Raises Unsupported."""
    if kind == "slurm":
        from suanwang.drivers.private_slurm import PrivateSlurm

        slurm = PrivateSlurm(folder / "slurm", nodes, cpus=per_node, devices=0)
        return slurm, str(slurm.conf)
    from suanwang.drivers.private_ray import PrivateRay

    # Ray notes its address there, and makes the folder only where it is the default
    (Path(tempfile.gettempdir()) / "ray").mkdir(exist_ok=True)
    ray = PrivateRay(nodes, cpus=per_node, device=device, devices=per_node)
    return ray, ray.address


def main(words: list[str]) -> int:
    """See above."""
    kind, folder, nodes, per_node, device = words
    home = Path(folder)
    # only the end of standard input ends it: a signal must not break the stopping off. No SIG_IGN, which jobs
    # would inherit.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: None)
    engine, address = start(kind, home, int(nodes), int(per_node), device)
    try:
        beside = home / f".{ADDRESS}"
        beside.write_text(address, encoding="utf-8")
        beside.rename(home / ADDRESS)
        with contextlib.suppress(OSError):
            sys.stdin.buffer.read()
    finally:
        engine.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
