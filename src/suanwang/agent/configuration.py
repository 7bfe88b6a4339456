"""`agent.yaml`: which platform, which centre, which engine. Every fault of the file in one report."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from suanwang.feeds.yaml_shape import read_yaml
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same

DriverName = Literal["local", "slurm", "ray", "fake"]
GIGABYTE = 1 << 30
WAIT_S_MOST = 25
"""An answer that took longer than 30 s to come says too little of when the platform spoke to move fences."""


class AgentPool(msgspec.Struct, frozen=True):
    """A pool of the platform, and what it is on the engine.

    `device`: its device class. `resource`: the engine's name of it (Slurm: a gres such as `gpu:a100`; Ray: a
    resource), the class itself where it is left out. `devices`: how many this machine declares to have
    (local and fake); 0: those that are seen. `nodes`: of the fake engine. `options`: passed to the engine by
    name with each job of the pool (Slurm: account, qos, partition, constraint, reservation …).
    """

    pool: str
    device: str
    resource: str | None = None
    devices: int = 0
    nodes: int = 1
    options: dict[str, str] = {}


class AgentLimits(msgspec.Struct, frozen=True):
    """What one attempt may bring, leave and say. `folder_bytes`: by how much its folder may grow, 0: any."""

    inputs_bytes: int = 16 * GIGABYTE
    outputs_bytes: int = 16 * GIGABYTE
    folder_bytes: int = 0
    log_bytes: int = 16 << 20


class AgentConfiguration(msgspec.Struct, frozen=True):
    """The file. `work_folder`: where attempts lie, seen by every node; in `data_folder` by default.

    `slurm_conf`: another slurm.conf than the machine's own. `ray_address`: where Ray's head is, `auto` for
    this machine's. `fake_run_s`: how long jobs of the fake engine last.
    """

    platform: str
    centre: str
    token_file: str
    data_folder: str
    driver: DriverName
    pools: tuple[AgentPool, ...]
    work_folder: str | None = None
    slurm_conf: str | None = None
    ray_address: str | None = None
    fake_run_s: int = 1
    report_interval_s: int = 60
    wait_s: int = 20
    limits: AgentLimits = AgentLimits()


def read_configuration(path: Path) -> AgentConfiguration:
    """The configuration in a file. Raises InvalidInput with every fault."""
    try:
        data = path.read_bytes()
    except OSError as error:
        what = Text("cannot be read", "无法读取")
        remedy = Text("check the path", "检查路径")
        raise InvalidInput([Fault(str(path), what, str(error.strerror or error), remedy=remedy)]) from None
    return checked(read_yaml(data, path.name, AgentConfiguration), path.name)


def checked(given: AgentConfiguration, where: str) -> AgentConfiguration:
    """The same. Raises InvalidInput with all that is wrong beyond the shape of the file."""
    faults: list[Fault] = []

    def wrong(place: str, what: Text, found: object, expected: Text) -> None:
        faults.append(Fault(f"{where} {place}", what, str(found)[:100], expected))

    address = urlsplit(given.platform)
    if address.scheme not in ("http", "https") or not address.hostname:
        wrong("platform", Text("not an address", "不是地址"), given.platform, same("https://host[:port]"))
    if not given.centre.replace("-", "").replace("_", "").replace(".", "").isalnum():
        wrong("centre", Text("not a centre's name", "不是中心的名称"), given.centre, same("chengdu-1"))
    if not Path(given.token_file).is_file():
        wrong(
            "token_file",
            Text("no such file", "没有这个文件"),
            given.token_file,
            Text("a file with the centre's token", "存有中心令牌的文件"),
        )
    folders = (("data_folder", given.data_folder), ("work_folder", given.work_folder or given.data_folder))
    for place, folder in folders:
        if not Path(folder).is_absolute():
            wrong(
                place, Text("not an absolute path", "不是绝对路径"), folder, same("/var/lib/suanwang/agent")
            )
    if not given.pools:
        wrong("pools", Text("no pools", "没有资源池"), "", Text("at least one", "至少一个"))
    names = [pool.pool for pool in given.pools]
    for pool in sorted({name for name in names if names.count(name) > 1}):
        wrong("pools", Text("a pool comes twice", "资源池重复"), pool, Text("each once", "各一次"))
    for index, pool in enumerate(given.pools):
        if pool.devices < 0 or pool.nodes < 1 or (given.driver == "fake" and pool.devices < 1):
            wrong(
                f"pools[{index}]",
                Text("too few devices or nodes", "设备或节点过少"),
                f"{pool.devices}, {pool.nodes}",
                same("devices >= 1, nodes >= 1"),
            )
    for place, value, least, most in (
        ("report_interval_s", given.report_interval_s, 1, 3600),
        ("wait_s", given.wait_s, 0, WAIT_S_MOST),
        ("fake_run_s", given.fake_run_s, 0, 86_400),
        ("limits.inputs_bytes", given.limits.inputs_bytes, 0, 2**62),
        ("limits.outputs_bytes", given.limits.outputs_bytes, 0, 2**62),
        ("limits.folder_bytes", given.limits.folder_bytes, 0, 2**62),
        ("limits.log_bytes", given.limits.log_bytes, 0, 2**40),
    ):
        if not least <= value <= most:
            wrong(place, Text("out of range", "超出范围"), value, same(f"{least} … {most}"))
    if faults:
        raise InvalidInput(faults)
    return given
