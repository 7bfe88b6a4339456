"""A whole Slurm of one's own on this machine: munge, controller and named nodes, in a folder, on free ports.

For the demonstration and the tests, which start and stop it. Needs root, and Debian's packages slurm-wlm and
munge (22.05 tried). Nodes are slurmd by name (`slurmd -N`, see slurm.conf(5), "multiple slurmd"), processes
are tracked by process group, and devices are gres of empty files: counted and assigned, not there.
"""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from suanwang.units.errors import Fault, Unsupported
from suanwang.units.text import Text, same

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "scancel")
START_SECONDS = 180.0
STOP_SECONDS = 10.0
SYSTEM_PATH = "/usr/local/sbin:/usr/sbin:/sbin"
SOCKET_BYTES_MOST = 107
"""Of a socket's name: a step's is `<spool>/<node>_<job>.<step>`, and without it the step does not start."""
LONGEST_JOB = 99_999
LOWEST_PORT, HIGHEST_PORT = 10_000, 20_000

CONFIGURATION = """\
ClusterName=suanwang
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge.socket
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
MessageTimeout=60
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
AccountingStorageType=accounting_storage/none
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_min_interval=100000,bf_interval=1
SlurmdParameters=config_overrides
GresTypes=gpu
ReturnToService=2
KillWait=5
MinJobAge=300
InactiveLimit=0
DefMemPerCPU=16
NodeName={nodes} NodeAddr=127.0.0.1 Port={node_ports} CPUs={cpus} RealMemory={memory_mb}{gres}
PartitionName=main Nodes={nodes} Default=YES MaxTime=INFINITE State=UP
"""


def missing_programs() -> list[str]:
    """What a Slurm of one's own needs and this machine lacks; empty where one can be started."""
    missing = [name for name in PROGRAMS if find_program(name) is None]
    return missing + ([] if os.geteuid() == 0 else ["root"])


def find_program(name: str) -> str | None:
    """Where a program lies, the folders of system programs included."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}")


class PrivateSlurm:
    """A running Slurm with `nodes` nodes of `cpus` cores and `devices` devices of class `device` each.

    `conf` is its slurm.conf, to be named to Slurm's commands by SLURM_CONF; `lines` are added to it. `stop`
    ends it and all it runs. Raises Unsupported where it cannot be started.
    """

    def __init__(
        self,
        folder: Path,
        nodes: int = 2,
        cpus: int = 4,
        device: str = "a100",
        devices: int = 4,
        lines: Sequence[str] = (),
    ) -> None:
        missing = missing_programs()
        if missing:
            raise Unsupported(
                [
                    Fault(
                        "Slurm",
                        Text("cannot be started here", "此处无法启动"),
                        ", ".join(missing),
                        remedy=same("as root: apt-get install slurm-wlm munge"),
                    )
                ]
            )
        self.folder = folder.absolute()
        self.names = [f"node{index}" for index in range(nodes)]
        longest = f"{self.folder}/spool-{self.names[-1]}/{self.names[-1]}_{LONGEST_JOB}.{2**32 - 5}"
        if len(os.fsencode(longest)) > SOCKET_BYTES_MOST:
            what = Text("the name of the folder is too long for sockets in it", "目录名过长，无法容纳套接字")
            raise Unsupported([Fault("Slurm", what, longest, same(f"<= {SOCKET_BYTES_MOST} bytes"))])
        self.device, self.devices = device, devices
        self.processes: list[subprocess.Popen[bytes]] = []
        for name in ("state", *(f"spool-{name}" for name in self.names)):
            (self.folder / name).mkdir(parents=True, exist_ok=True, mode=0o755)
        self.conf = self.folder / "slurm.conf"
        self.configure(cpus, lines)
        try:
            self.begin()
        except BaseException:
            self.stop()
            raise

    def configure(self, cpus: int, lines: Sequence[str]) -> None:
        """Write slurm.conf, gres.conf and a key."""
        ports = free_ports(1 + len(self.names))
        memory_mb = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
        gres = f"gpu:{self.device}:{self.devices}"
        self.conf.write_text(
            CONFIGURATION.format(
                host=socket.gethostname(),
                folder=self.folder,
                controller_port=ports[0],
                nodes=",".join(self.names),
                node_ports=",".join(map(str, ports[1:])),
                cpus=cpus,
                memory_mb=memory_mb // len(self.names),
                gres=f" Gres={gres}" if self.devices else "",
            )
            + "".join(f"{line}\n" for line in lines)
        )
        files = f"{self.folder}/device[0-{self.devices - 1}]"
        for index in range(self.devices):
            (self.folder / f"device{index}").touch()
        lines = [f"NodeName={name} Name=gpu Type={self.device} File={files}" for name in self.names]
        (self.folder / "gres.conf").write_text("\n".join(lines) + "\n" if self.devices else "")
        key = self.folder / "munge.key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o400)

    def begin(self) -> None:
        """Start the daemons in the foreground of their own sessions, and wait until all nodes are idle."""
        at = self.folder
        munge = ["--foreground", "--force", f"--socket={at}/munge.socket", f"--key-file={at}/munge.key"]
        munge += [f"--pid-file={at}/munge.pid", f"--log-file={at}/munge.log", f"--seed-file={at}/munge.seed"]
        self.spawn("munged", *munge)
        end = time.monotonic() + START_SECONDS
        while not (at / "munge.socket").exists():
            self.wait_until(end)
        self.spawn("slurmctld", "-D", "-f", str(self.conf))
        for name in self.names:
            self.spawn("slurmd", "-D", "-N", name, "-f", str(self.conf))
        while self.node_states() != {f"{name} idle" for name in self.names}:
            self.wait_until(end)

    def spawn(self, program: str, *arguments: str) -> None:
        """Start one daemon; what it says goes to the folder."""
        path = find_program(program)
        assert path is not None
        with (self.folder / "daemons.log").open("ab") as log:
            self.processes.append(
                subprocess.Popen(
                    [path, *arguments],
                    env={"PATH": f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}", "SLURM_CONF": str(self.conf)},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd="/",
                    start_new_session=True,
                )
            )

    def node_states(self) -> set[str]:
        """Each node and its state as sinfo tells it; empty while the controller does not answer."""
        told = subprocess.run(
            [find_program("sinfo") or "sinfo", "-h", "-N", "-o", "%N %t"],
            env={"SLURM_CONF": str(self.conf), "PATH": os.environ.get("PATH", "")},
            capture_output=True,
            text=True,
            check=False,
        )
        return set(told.stdout.splitlines())

    def wait_until(self, end: float) -> None:
        """Wait a little. Raises Unsupported when the time is up or a daemon has died."""
        dead = [process.args for process in self.processes if process.poll() is not None]
        if dead or time.monotonic() > end:
            said = (self.folder / "daemons.log").read_text(errors="replace")[-800:]
            raise Unsupported(
                [Fault("Slurm", Text("did not start", "未能启动"), f"{said} {self.node_states()} {dead}")]
            )
        time.sleep(0.05)

    def stop(self) -> None:
        """End what it runs, then the daemons, the nodes' step daemons included."""
        if self.processes[1:]:
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run(
                    [find_program("scancel") or "scancel", "--signal=KILL", "--full", "--user=root"],
                    env={"SLURM_CONF": str(self.conf), "PATH": os.environ.get("PATH", "")},
                    capture_output=True,
                    timeout=STOP_SECONDS,
                    check=False,
                )
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in reversed(self.processes):
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes.clear()
        self.end_steps()

    def end_steps(self) -> None:
        """Kill step daemons that outlived their nodes: those whose spool is in the folder."""
        marked = f"SLURM_CONF={self.conf}".encode()
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if b"slurmstepd" in (entry / "cmdline").read_bytes() and marked in (
                    (entry / "environ").read_bytes()
                ):
                    os.kill(int(entry.name), signal.SIGKILL)


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody has now, below those that it gives to connections by itself (ip(7)).

    So none of them is taken before somebody listens there, as one of those others may be.
    """
    given_from = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    ports: set[int] = set()
    while len(ports) < count:
        port = LOWEST_PORT + secrets.randbelow(max(given_from, HIGHEST_PORT) - LOWEST_PORT)
        with socket.socket() as one, contextlib.suppress(OSError):
            one.bind(("127.0.0.1", port))
            ports.add(port)
    return list(ports)
