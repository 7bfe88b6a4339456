"""Job files and sbatch scripts: what they say in integers, and every fault at once."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suanwang.feeds.job_file import JobFile, yaml_job
from suanwang.feeds.sbatch_file import sbatch_job
from suanwang.model.content import Batch
from suanwang.model.job import Alternative
from suanwang.units.errors import InvalidInput
from suanwang.units.instants import instant

WHOLE = """
name: finetune
resources:
  any_of: [{device: "A100:8", hours: 6}, {device: "910B:0.5", hours: 0.5}]
num_nodes: 2
cpus: 32
memory_gb: 256
region: "510100"
not_before: 2026-03-02T20:00+08:00
deadline: 2026-03-04T08:00+08:00
latency: {max_rtt_ms: 20.5, stays: regional}
data: {in_gb: 120, out_gb: 0.25, residency: ["51"]}
security: {min_grade: 3}
project: vision
priority: 5
depends_on: [j1]
array: 3
preemptible: true
checkpoint_path: ckpt/
inputs: [data/]
outputs: [out/]
env: {EPOCHS: "3"}
secrets: [HF_TOKEN]
max_price: 1,120.05
voucher: required
setup: pip install -r requirements.txt
run: |
  python train.py
"""


def read(text: str, region: str = "310000") -> JobFile:
    return yaml_job(text.encode(), "job.yaml", region)


def test_every_field_arrives_in_integers():
    job = read(WHOLE)
    spec = job.spec
    assert spec.shape.alternatives == (
        Alternative("A100", 8000, 2, 6 * 3600),
        Alternative("910B", 500, 2, 1800),
    )
    assert (spec.shape.region, spec.shape.in_nano_gb, spec.shape.out_nano_gb) == (
        "510100",
        120 * 10**9,
        25 * 10**7,
    )
    assert (spec.shape.max_rtt_us, spec.shape.latency_class) == (20_500, "regional")
    assert (spec.shape.cpus, spec.shape.memory_mb, spec.shape.min_grade) == (32, 256 * 1024, 3)
    assert spec.not_before_at == instant("2026-03-02T20:00+08:00")
    assert spec.deadline_at == instant("2026-03-04T08:00+08:00")
    assert (spec.max_price_micro, spec.voucher, spec.array, spec.priority) == (
        1_120_050_000,
        "required",
        3,
        5,
    )
    assert (spec.depends_on, spec.preemptible, spec.checkpoint) == (("j1",), True, True)
    assert (job.run, job.env, job.secrets) == ("python train.py\n", {"EPOCHS": "3"}, ("HF_TOKEN",))


def test_the_shortest_job_has_a_region_and_an_hour():
    job = read("resources: {any_of: [{device: cpu}]}\nrun: echo hello\n")
    assert job.spec.shape.region == "310000"
    assert job.spec.shape.alternatives == (Alternative("cpu", 1000, 1, 3600),)


def test_every_fault_is_told_at_once():
    text = """
resources: {any_of: [{device: "A100:eight", hours: soon}]}
num_nodes: 0
deadline: tomorrow
max_price: a lot
data: {in_gb: -1}
security: {min_grade: 9}
array: 0
run: echo
"""
    with pytest.raises(InvalidInput) as refused:
        read(text)
    fields = [fault.where.removeprefix("job.yaml ") for fault in refused.value.faults]
    assert sorted(fields) == [
        "array",
        "data.in_gb",
        "deadline",
        "max_price",
        "num_nodes",
        "resources.any_of[0].device",
        "resources.any_of[0].hours",
        "security.min_grade",
    ]


def test_faults_of_shape_value_and_name_come_together():
    text = """
resources: {any_of: [{device: "A 100"}, {hours: 2}]}
num_nodes: 1.5
cpus: -3
residence: here
data: {region: "a b", residency: ["51", "x y"]}
depends_on: ["a\\tb"]
project: my project
array: 20000
"""
    with pytest.raises(InvalidInput) as refused:
        read(text, "")
    fields = [re.sub(r"^job.yaml(:\d+)? ", "", fault.where) for fault in refused.value.faults]
    assert sorted(fields) == [
        "array",
        "cpus",
        "data.region",
        "data.residency[1]",
        "depends_on[0]",
        "num_nodes",
        "project",
        "region",
        "residence",
        "resources.any_of[0].device",
        "resources.any_of[1].device",
        "run",
    ]
    assert all(fault.expected.en and fault.expected.zh for fault in refused.value.faults)


def test_what_could_not_be_read_is_not_missing_too():
    with pytest.raises(InvalidInput) as refused:
        read("resources: {any_of: [{device: [A100, 910B]}]}\nrun: {a: b}\n")
    assert [fault.column for fault in refused.value.faults] == ["resources.any_of[0].device", "run"]


def test_an_unknown_field_is_a_fault():
    with pytest.raises(InvalidInput, match="no such field"):
        read(WHOLE + "gpus: 8\n")


SCRIPT = """#!/bin/bash
#SBATCH --job-name=lammps -N 2
#SBATCH --ntasks-per-node=4 --cpus-per-task=2
#SBATCH -t 1-02:30:00
#SBATCH --gres=gpu:A100:4
#SBATCH --mem=16G
#SBATCH --array=0-9%2
#SBATCH -o out.txt -p gpu
#SBATCH --dependency=afterok:j1:j2
srun lmp -in x
#SBATCH --time=5
"""


def test_an_sbatch_script_is_taken_unchanged():
    script = sbatch_job(SCRIPT, "run.sh", "310000")
    spec = script.job.spec
    assert spec.shape.alternatives == (Alternative("A100", 4000, 2, 95_400),)
    assert (spec.name, spec.array, spec.depends_on) == ("lammps", 10, ("j1", "j2"))
    assert (spec.shape.cpus, spec.shape.memory_mb) == (8, 16 * 1024)
    assert script.job.run == SCRIPT
    assert script.job.engine_options == {"partition": "gpu"}
    assert script.job.batch == Batch(4, tuple(range(10)))
    assert [fault.where for fault in script.warnings] == ["run.sh --output", "run.sh --array"]


@pytest.mark.parametrize(
    "line, tasks",
    [
        ("1-3", (1, 2, 3)),
        ("0-6:3", (0, 3, 6)),
        ("1-6:2%4", (1, 3, 5)),
        ("7,1-2,1", (1, 2, 7)),
        ("5", (5,)),
    ],
)
def test_arrays_as_slurm_writes_them(line: str, tasks: tuple[int, ...]):
    script = sbatch_job(f"#!/bin/sh\n#SBATCH -a {line}\ntrue\n", "x.sh", "310000")
    assert (script.job.spec.array, script.job.batch) == (len(tasks), Batch(1, tasks))


def test_a_quote_that_is_not_closed_is_told_with_the_other_faults():
    with pytest.raises(InvalidInput) as raised:
        sbatch_job('#!/bin/sh\n#SBATCH --comment="it\n#SBATCH --mem=lots\n', "x.sh", "310000")
    assert [fault.where for fault in raised.value.faults] == ["x.sh #SBATCH", "x.sh --mem"]


def test_what_only_slurm_can_heed_goes_with_the_job_and_the_rest_is_named():
    text = (
        "#!/bin/sh\n#SBATCH -A lab --qos=high -C a100&nvlink -w node[1-3] -x node2\n"
        "#SBATCH --reservation=week --licenses=ansys:2 --exclusive --mail-type=END\ntrue\n"
    )
    script = sbatch_job(text, "x.sh", "310000")
    assert script.job.engine_options == {
        "account": "lab",
        "qos": "high",
        "constraint": "a100&nvlink",
        "nodelist": "node[1-3]",
        "exclude": "node2",
        "reservation": "week",
        "licenses": "ansys:2",
    }
    assert [fault.where for fault in script.warnings] == ["x.sh --exclusive", "x.sh --mail-type"]
    assert all(fault.warning for fault in script.warnings)


@pytest.mark.parametrize("line", ["{uid: root}", "{partition: ''}", '{account: "a\\nb"}'])
def test_an_option_that_no_engine_takes_is_refused(line: str):
    with pytest.raises(InvalidInput) as raised:
        read(WHOLE + f"engine_options: {line}\n")
    assert len(raised.value.faults) == 1
    assert "engine_options." in raised.value.faults[0].where


@pytest.mark.parametrize(
    "line, seconds",
    [("30", 1800), ("10:30", 630), ("1:00:00", 3600), ("2-0", 172_800), ("1-2:3:4", 93_784), ("0:7", 7)],
)
def test_times_as_slurm_writes_them(line: str, seconds: int):
    script = sbatch_job(f"#!/bin/sh\n#SBATCH --time={line}\ntrue\n", "x.sh", "310000")
    assert script.job.spec.shape.alternatives[0].limit_s == seconds


@given(st.integers(1, 10**7))
def test_any_number_of_seconds_is_kept_to_the_second(seconds: int):
    line = f"0-0:0:{seconds}"
    script = sbatch_job(f"#!/bin/sh\n#SBATCH --time={line}\ntrue\n", "x.sh", "310000")
    assert script.job.spec.shape.alternatives[0].limit_s == seconds


@pytest.mark.parametrize(
    "option",
    [
        "--time=soon",
        "--array=5-1",
        "--array=1,,3",
        "--array=0-10000",
        "--array=1-5:0",
        "--dependency=afterany:j1",
        "--mem=lots",
        "--nodes=none",
        "-Z 3",
        '--comment="a',
    ],
)
def test_what_cannot_be_done_is_refused(option: str):
    with pytest.raises(InvalidInput):
        sbatch_job(f"#!/bin/sh\n#SBATCH {option}\ntrue\n", "x.sh", "310000")
