"""The course of the demonstration: what is submitted when, which centre dies, and until when one waits."""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from suanwang.cli.demo.network import HUB, LOST, METROPOLIS, SUPER
from suanwang.cli.demo.stage import FIRM_A, FIRM_B, LAB_C, REGIONS, Say, Stage
from suanwang.cli.job_reading import Read, read_one
from suanwang.cli.job_sending import send
from suanwang.model.api.jobs import JobLine, JobPage
from suanwang.model.job import CLOSED
from suanwang.units.errors import Fault, Unsupported
from suanwang.units.instants import CHINA
from suanwang.units.text import Text

WORK = Path(__file__).parent / "work"
SECRET, SECRET_VARIABLE = "a word that nobody else may learn", "DEMO_SECRET"
LOOK_S = 0.5
PATIENCE_S = 330.0
DEADLINE_S = 40
"""How far the deadline of `deadline.yaml` is away when it is submitted; its limit is half of that."""
WORDS = ("power", "follows", "the", "sun", "and", "work", "follows", "the", "power")


class Play:
    """`jobs`: the numbers of the jobs by the name of their file. `told`: calls with what changed."""

    def __init__(self, stage: Stage, say: Say, told: Callable[[Sequence[JobLine]], None]) -> None:
        self.stage, self.say, self.told = stage, say, told
        self.folder = stage.folder / "jobs"
        self.jobs: dict[str, list[str]] = {}
        self.lines: dict[str, JobLine] = {}
        self.killed = 0
        self.killed_at = 0
        self.skipped: list[Text] = []

    def run(self) -> None:
        """From the first submission to the last end. Raises Unsupported where it takes too long."""
        stage = self.stage
        self.write_inputs()
        stage.start_agent(LOST)
        stage.start_agent(METROPOLIS)
        stage.wait_for_centres(LOST, METROPOLIS)
        self.submit(LAB_C, "seal.yaml")
        self.wait("seal", "succeeded")
        # in the middle of these the centre dies: nothing else is waited for meanwhile
        self.submit(LAB_C, "simulation.yaml")
        self.until(
            lambda: all(line.attempt_state == "running" for line in self.of("simulation")), "simulation"
        )
        self.lose_centre()
        self.submit(FIRM_B, "training.yaml")
        stage.meanwhile = self.look
        stage.start_engines()
        self.submit(FIRM_B, *(f"{name}.yaml" for name in ("mandelbrot", "primes", "fails", "overruns")))
        self.wait("training", "active")
        self.submit(FIRM_B, "deadline.yaml")
        stage.start_agent(SUPER)
        stage.start_agent(HUB)
        self.submit(FIRM_A, *self.of_firm_a())
        self.wait("deadline", "expired")
        self.submit(FIRM_B, "urgent.yaml")
        self.until(lambda: all(line.state in CLOSED for line in self.lines.values()), "")

    def of_firm_a(self) -> Iterator[str]:
        """Its files; a gang over two nodes only where an engine has two."""
        yield from ("wordcount.yaml", "prepare.yaml", "sift.yaml", "conclude.yaml", "matrix.yaml")
        if self.stage.engines[SUPER].driver == "slurm":
            yield "gang.sbatch"
        else:
            self.skipped.append(Text("no Slurm: no gang over two nodes", "没有 Slurm：不演示双节点作业"))

    def write_inputs(self) -> None:
        """The job files and what they take in, in a folder of their own."""
        shutil.copytree(WORK, self.folder, dirs_exist_ok=True)
        text = self.folder / "text"
        text.mkdir(exist_ok=True)
        lines = (" ".join(WORDS[: 1 + number % len(WORDS)]) for number in range(4000))
        (text / "words.txt").write_text("\n".join(lines) + "\n")
        (self.folder / "letter.txt").write_text("The bearer may use eight devices until Friday.\n")
        os.environ[SECRET_VARIABLE] = SECRET

    def submit(self, firm: str, *files: str) -> None:
        """Submits files for a firm, as `suanwang submit` does."""
        if "deadline.yaml" in files:
            at = datetime.now(CHINA) + timedelta(seconds=DEADLINE_S)
            path = self.folder / "deadline.yaml"
            path.write_text(path.read_text().replace("@DEADLINE@", at.isoformat(timespec="seconds")))
        reads = [self.read(firm, file) for file in files]
        for sent in send(self.stage.firms[firm], reads, ""):
            self.jobs[sent.name] = [job.job for job in sent.jobs]
        self.look()

    def read(self, firm: str, file: str) -> Read:
        """One job file; a script says on the command line what it leaves."""
        import msgspec

        read = read_one(str(self.folder / file), REGIONS[firm])
        if file == "gang.sbatch":
            read = read._replace(job=msgspec.structs.replace(read.job, outputs=("primes.*",)))
        return read

    def lose_centre(self) -> None:
        """Kills the agent of a centre and everything it runs, in the middle of the work."""
        time.sleep(1.5)
        self.killed_at = time.time_ns() // 1000
        self.killed = self.stage.crew.kill(LOST)
        self.say(
            Text(
                f"{LOST} is killed: agent, keeper and jobs, {self.killed} processes",
                f"{LOST} 被强制终止：代理、看护进程与作业共 {self.killed} 个进程",
            )
        )

    def of(self, name: str) -> list[JobLine]:
        """The present lines of the jobs of a name."""
        return [self.lines[job] for job in self.jobs[name]]

    def wait(self, name: str, state: str) -> None:
        """Until all jobs of a name are in a state."""
        self.until(lambda: all(line.state == state for line in self.of(name)), f"{name} {state}")

    def until(self, is_so: Callable[[], bool], what: str) -> None:
        """Looks until it is so. Raises Unsupported where that takes too long."""
        self.look()
        while not is_so():
            if self.stage.seconds() > PATIENCE_S:
                words = Text(f"it took too long: {what}", f"耗时过长：{what}")
                raise Unsupported([Fault(str(self.stage.folder), words)])
            time.sleep(LOOK_S)
            self.look()

    def look(self) -> None:
        """Asks for all jobs and tells what changed."""
        page = self.stage.operator.get("/v1/jobs", JobPage, limit=1000)
        changed = [line for line in reversed(page.jobs) if self.lines.get(line.job) != line]
        self.lines.update({line.job: line for line in changed})
        if changed:
            self.told(changed)
