"""The driver that a configuration names, made."""

from pathlib import Path

from suanwang.agent.configuration import AgentConfiguration
from suanwang.drivers.port import Driver


def driver_for(given: AgentConfiguration, folder: Path) -> Driver:
    """The driver, with its state in `folder`; its module is loaded only where it is used.

    Raises Unsupported or EngineAway where the engine is not there.
    """
    resources = {pool.device: pool.resource for pool in given.pools if pool.resource is not None}
    declared = {pool.device: pool.devices for pool in given.pools if pool.devices}
    match given.driver:
        case "local":
            from suanwang.drivers.local import LocalDriver
            from suanwang.drivers.local_machine import this_machine

            return LocalDriver(folder, this_machine(declared))
        case "slurm":
            from suanwang.drivers.slurm import SlurmDriver

            return SlurmDriver(folder, resources, conf=given.slurm_conf or "")
        case "ray":
            from suanwang.drivers.ray_driver import RayDriver

            return RayDriver(folder, given.ray_address or "auto", resources)
        case "fake":
            from suanwang.agent.home import now
            from suanwang.drivers.fake import FakeDriver
            from suanwang.drivers.fake_engine import Behaviour, FakeEngine
            from suanwang.drivers.port import Pool

            does = Behaviour(given.fake_run_s * 1_000_000)
            pools = [Pool(pool.device, pool.nodes, pool.devices, 10**6, 10**9) for pool in given.pools]
            return FakeDriver(FakeEngine(pools, lambda launch: does), lambda: now().at)
