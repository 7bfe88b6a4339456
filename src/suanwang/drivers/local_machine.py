"""What this machine has for attempts: NVIDIA devices as nvidia-smi lists them, else processor cores."""

import os
import shutil
import subprocess

from suanwang.drivers.device_slots import CPU, DevicePool, Machine

MEMORY_KEPT_MB = 512
"""Left to the system, the agent and the keeper."""
LIST_SECONDS = 30


def this_machine(declared: dict[str, int] | None = None) -> Machine:
    """This machine with the devices seen on it, and `declared` ones by class: simulated, and marked so."""
    pools = [
        DevicePool(device, count, visible_variable="CUDA_VISIBLE_DEVICES")
        for device, count in nvidia_devices().items()
    ]
    pools += [DevicePool(device, count, declared=True) for device, count in (declared or {}).items()]
    cpus = len(os.sched_getaffinity(0))
    if all(pool.device != CPU for pool in pools):
        pools.append(DevicePool(CPU, cpus))
    else:
        cpus = max(cpus, *(pool.devices for pool in pools if pool.device == CPU))
    whole_mb = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
    return Machine(tuple(pools), cpus, max(whole_mb - MEMORY_KEPT_MB, whole_mb // 2))


def nvidia_devices() -> dict[str, int]:
    """How many devices of each class nvidia-smi lists; none where it is not there or finds none.

    The class is the product's first word that has a digit (`NVIDIA A100-SXM4-80GB` → `A100`).
    """
    if shutil.which("nvidia-smi") is None:
        return {}
    try:
        listed = subprocess.run(
            ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=LIST_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    found: dict[str, int] = {}
    for line in listed.stdout.splitlines() if listed.returncode == 0 else []:
        device = device_class(line)
        found[device] = found.get(device, 0) + 1
    return found


def device_class(product: str) -> str:
    """The device class of a product name: its first word with a digit, up to the first hyphen."""
    words = product.replace("NVIDIA", " ").split()
    return next((word for word in words if any(map(str.isdigit, word))), "gpu").split("-")[0]
