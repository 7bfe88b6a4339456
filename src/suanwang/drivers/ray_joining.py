"""Ray as a module, and the one cluster that this process has joined."""

import importlib
import logging
import os
from typing import Any

from suanwang.drivers.port import EngineAway
from suanwang.units.errors import Fault, Unsupported
from suanwang.units.text import Text, same


def load_ray() -> Any:
    """The module `ray`, silenced. Raises Unsupported where it is not installed."""
    # Read by Ray when it is imported: statistics would be sent over the network.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        ray: Any = importlib.import_module("ray")
    except ImportError as error:
        remedy = same("pip install 'suanwang[workers]'")
        raise Unsupported(
            [Fault("Ray", Text("not installed", "未安装"), str(error), remedy=remedy)]
        ) from None
    logging.getLogger("ray").setLevel(logging.CRITICAL)
    return ray


def joined(address: str) -> Any:
    """The module `ray`, connected to `address`. Raises Unsupported, or EngineAway without a cluster there."""
    ray = load_ray()
    if not ray.is_initialized():
        try:
            ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL)
        except Exception as error:
            what = Text("cannot be joined", "无法加入")
            raise EngineAway([Fault(f"Ray at {address}", what, str(error)[:300])]) from None
    return ray
