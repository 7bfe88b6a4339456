"""Job files and sbatch scripts: what they say in integers, and every fault at once."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suanwang.feeds.job_file import JobFile, yaml_job
from suanwang.feeds.job_surroundings import Surroundings
from suanwang.feeds.sbatch_begin import begin_at
from suanwang.feeds.sbatch_file import sbatch_job
from suanwang.model.content import Batch
from suanwang.model.job import Alternative
from suanwang.units.errors import InvalidInput
from suanwang.units.instants import instant, iso

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


NOON = instant("2026-11-23T12:00:30+08:00")


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
    script = sbatch_job(SCRIPT, "run.sh", "310000", NOON)
    spec = script.job.spec
    assert spec.shape.alternatives == (Alternative("A100", 4000, 2, 95_400),)
    assert (spec.name, spec.array, spec.depends_on) == ("lammps", 10, ("j1", "j2"))
    assert (spec.shape.cpus, spec.shape.memory_mb) == (8, 16 * 1024)
    assert script.job.run == SCRIPT
    assert script.job.engine_options == {"partition": "gpu"}
    assert script.job.batch == Batch(4, tuple(range(10)))
    assert [fault.where for fault in script.warnings] == ["run.sh -o", "run.sh --array"]


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
    script = sbatch_job(f"#!/bin/sh\n#SBATCH -a {line}\ntrue\n", "x.sh", "310000", NOON)
    assert (script.job.spec.array, script.job.batch) == (len(tasks), Batch(1, tasks))


def test_a_quote_that_is_not_closed_is_told_with_the_other_faults():
    with pytest.raises(InvalidInput) as raised:
        sbatch_job('#!/bin/sh\n#SBATCH --comment="it\n#SBATCH --mem=lots\n', "x.sh", "310000", NOON)
    assert [fault.where for fault in raised.value.faults] == ["x.sh #SBATCH", "x.sh --mem"]


def test_what_only_slurm_can_heed_goes_with_the_job_and_the_rest_is_named():
    text = (
        "#!/bin/sh\n#SBATCH -A lab --qos=high -C a100&nvlink -w node[1-3] -x node2\n"
        "#SBATCH --reservation=week --licenses=ansys:2 --exclusive --mail-type=END\ntrue\n"
    )
    script = sbatch_job(text, "x.sh", "310000", NOON)
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
    script = sbatch_job(f"#!/bin/sh\n#SBATCH --time={line}\ntrue\n", "x.sh", "310000", NOON)
    assert script.job.spec.shape.alternatives[0].limit_s == seconds


@given(st.integers(1, 10**7))
def test_any_number_of_seconds_is_kept_to_the_second(seconds: int):
    line = f"0-0:0:{seconds}"
    script = sbatch_job(f"#!/bin/sh\n#SBATCH --time={line}\ntrue\n", "x.sh", "310000", NOON)
    assert script.job.spec.shape.alternatives[0].limit_s == seconds


@pytest.mark.parametrize(
    "option",
    [
        "--time=soon",
        "--array=5-1",
        "--array=1,,3",
        "--array=0-10000",
        "--array=1-5:0",
        "--mem=lots",
        "--nodes=none",
        "-Z 3",
        '--comment="a',
    ],
)
def test_what_cannot_be_done_is_refused(option: str):
    with pytest.raises(InvalidInput):
        sbatch_job(f"#!/bin/sh\n#SBATCH {option}\ntrue\n", "x.sh", "310000", NOON)


def faults_of(option: str) -> list[tuple[str, str]]:
    """Where and what was found, of a script with one option."""
    with pytest.raises(InvalidInput) as raised:
        sbatch_job(f"#!/bin/sh\n#SBATCH {option}\ntrue\n", "x.sh", "310000", NOON)
    assert all(
        text.en and text.zh for one in raised.value.faults for text in (one.what, one.expected, one.remedy)
    )
    return [(one.where, one.found) for one in raised.value.faults]


@pytest.mark.parametrize(
    "option, where, found",
    [
        ("--time=UNLIMITED", "--time", "UNLIMITED"),
        ("-t infinite", "-t", "infinite"),
        ("--time=0", "--time", "0"),
        ("-t0-0:0", "-t", "0-0:0"),
        ("--dependency=afterany:j1", "--dependency", "afterany:j1"),
        ("-d singleton", "-d", "singleton"),
        ("-d after:j1+5", "-d", "after:j1+5"),
        ("--dependency=17", "--dependency", "17"),
        ("--dependency=afterok:j1?afterok:j2", "--dependency", "afterok:j1?afterok:j2"),
        ("--dependency=afterok:j1,", "--dependency", ""),
        ("--dependency=afterok:", "--dependency", "afterok:"),
    ],
)
def test_what_slurm_alone_can_do_is_refused_in_the_words_of_the_script(option: str, where: str, found: str):
    assert faults_of(option) == [(f"x.sh {where}", found)]


def test_each_part_of_a_dependency_is_judged():
    line = "#!/bin/sh\n#SBATCH -d afterok:j1:prepare,afterok:j1\ntrue\n"
    assert sbatch_job(line, "x.sh", "310000", NOON).job.spec.depends_on == ("j1", "prepare")
    told = faults_of("--dependency=afterok:j1,afternotok:j2,singleton")
    assert [found for _, found in told] == ["afternotok:j2", "singleton"]


@pytest.mark.parametrize(
    "option, where",
    [("-t 367-0", "-t"), ("-N 200000", "-N"), ("-J 'a\tb'", "-J"), ("-b soon", "-b"), ("-c 200000", "-c")],
)
def test_every_fault_of_a_script_names_its_option(option: str, where: str):
    with pytest.raises(InvalidInput) as raised:
        sbatch_job(f"#!/bin/sh\n#SBATCH {option}\ntrue\n", "x.sh", "310000", NOON)
    assert [fault.where for fault in raised.value.faults] == [f"x.sh {where}"]


@pytest.mark.parametrize(
    "words, begins",
    [
        ("now+1hour", "2026-11-23T13:00:30"),
        ("now+60", "2026-11-23T12:01:30"),
        ("now + 2 weeks", "2026-12-07T12:00:30"),
        ("12:00", "2026-11-24T12:00:00"),
        ("16:00", "2026-11-23T16:00:00"),
        ("4:30 PM", "2026-11-23T16:30:00"),
        ("12:30AM", "2026-11-24T00:30:00"),
        ("today", "2026-11-23T00:00:00"),
        ("tomorrow", "2026-11-24T00:00:00"),
        ("midnight", "2026-11-24T00:00:00"),
        ("noon", "2026-11-24T12:00:00"),
        ("elevenses", "2026-11-24T11:00:00"),
        ("fika", "2026-11-23T15:00:00"),
        ("teatime", "2026-11-23T16:00:00"),
        ("noon tomorrow", "2026-11-24T12:00:00"),
        ("2026-12-01", "2026-12-01T00:00:00"),
        ("2026-12-01T10:00", "2026-12-01T10:00:00"),
        ("2026-12-01T10:00:05", "2026-12-01T10:00:05"),
        ("120126", "2026-12-01T00:00:00"),
        ("12/01/26-10:00", "2026-12-01T10:00:00"),
        ("11/23", "2027-11-23T00:00:00"),
        ("11/23-13:00", "2026-11-23T13:00:00"),
    ],
)
def test_when_a_script_may_begin(words: str, begins: str):
    script = sbatch_job(f"#!/bin/sh\n#SBATCH --begin='{words}'\ntrue\n", "x.sh", "310000", NOON)
    assert iso(script.job.spec.not_before_at) == f"{begins}+08:00"
    (remark,) = script.warnings
    assert (remark.where, remark.found, begins in remark.what.zh) == ("x.sh --begin", words, True)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "now+1h",
        "now+",
        "24:00",
        "13:00PM",
        "16:60",
        "4PM",
        "2026-02-30",
        "13/01/26",
        "02/29/27",
        "today+1hour",
        "now+999999999weeks",
        "uts99999999999",
        "2026-12-01T10:00+08:00",
        "9999-12-31",
        "１６:00",
    ],
)
def test_what_is_no_time_of_sbatch(words: str):
    with pytest.raises(ValueError):
        begin_at(words, NOON)


@given(st.text("0123456789:/.-+ TtnowADYpm", max_size=14), st.integers(0, 4 * 10**15))
def test_any_words_are_an_instant_or_refused(words: str, now: int):
    try:
        at = begin_at(words, now)
    except ValueError:
        return
    assert at >= 0
    assert instant(iso(at)) == at - at % 1_000_000


def test_what_is_not_there_comes_with_the_faults_of_the_file(tmp_path: Path):
    around = Surroundings(tmp_path, {"SET"})
    (tmp_path / "there").touch()
    text = WHOLE.replace("num_nodes: 2", "num_nodes: 0").replace("[data/]", "[there, data/, ../x]")
    with pytest.raises(InvalidInput) as raised:
        yaml_job(text.replace("[HF_TOKEN]", "[SET, HF_TOKEN]").encode(), "job.yaml", "310000", around)
    assert [(one.where, one.found) for one in raised.value.faults] == [
        ("job.yaml num_nodes", "0"),
        ("job.yaml secrets", "HF_TOKEN"),
        ("job.yaml inputs", "data/"),
        ("job.yaml inputs", "../x"),
    ]
    assert len(yaml_job(WHOLE.encode(), "job.yaml", "310000").inputs) == 1
