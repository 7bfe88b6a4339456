"""Jobs as a command line names them: files (YAML or sbatch scripts) or standard input, in the order given."""

import argparse
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from suanwang.units.errors import Fault, InvalidInput, SuanwangError
from suanwang.units.text import Language, Text, same

if TYPE_CHECKING:
    from suanwang.feeds.job_file import JobFile

REGION_VARIABLE = "SUANWANG_REGION"
STANDARD_INPUT = "-"
FOR_SLURM = Text(
    "goes to a Slurm centre as it is, unless the centre sets its own; elsewhere the job runs without it",
    "在 Slurm 中心原样生效（中心自行规定的除外）；在其他中心，作业不带此选项运行",
)


class Read(NamedTuple):
    """A job from a file; its paths are relative to `folder`. `written`: fields not written by their names."""

    file: str
    folder: Path
    job: "JobFile"
    warnings: tuple[Fault, ...] = ()
    written: Mapping[str, str] = MappingProxyType({})

    def place(self, field: str) -> str:
        """Where a field stands, in the words of the file."""
        return f"{self.file} {self.written.get(field, field)}"


def add_jobs(parser: argparse.ArgumentParser, language: Language, several: bool) -> None:
    """The files, and what may be said beside them."""
    parser.add_argument(
        "files",
        metavar="FILE",
        nargs="+" if several else 1,
        help=Text(
            "job file or sbatch script, - for standard input", "作业文件或 sbatch 脚本，- 为标准输入"
        ).say(language),
    )
    parser.add_argument(
        "--region",
        metavar="CODE",
        help=Text(
            f"the user's region where the file names none (default: {REGION_VARIABLE})",
            f"文件未写明时的用户所在地区代码（默认 {REGION_VARIABLE}）",
        ).say(language),
    )
    parser.add_argument(
        "--enterprise",
        metavar="NAME",
        default="",
        help=Text("for an operator: whose job it is", "供运营方使用：作业所属企业").say(language),
    )
    parser.add_argument(
        "--count",
        metavar="N",
        type=int,
        help=Text("so many jobs of it (an array)", "提交多少份（数组作业）").say(language),
    )
    parser.add_argument(
        "--input",
        metavar="PATH",
        action="append",
        default=[],
        help=Text("a file or folder to upload, beside those of the file", "另外上传的文件或目录").say(
            language
        ),
    )
    parser.add_argument(
        "--output",
        metavar="PATH",
        action="append",
        default=[],
        help=Text("a path to keep, beside those of the file", "另外保留的输出路径").say(language),
    )


def read_jobs(arguments: argparse.Namespace, takes_along: bool = True) -> list[Read]:
    """The jobs of all files. `takes_along`: inputs and secrets have to be here.

    Raises InvalidInput with the faults of all of them.
    """
    from suanwang.feeds.job_surroundings import Surroundings, missing_inputs

    faults: list[Fault] = []
    found: list[Read] = []
    if len(set(arguments.files)) < len(arguments.files):
        what = Text("a file is named twice", "同一文件出现两次")
        faults.append(Fault("FILE", what, remedy=same("--count N")))
    for file in arguments.files:
        try:
            found.append(said_beside(read_one(file, arguments.region, takes_along), arguments))
        except SuanwangError as error:
            faults += error.faults
        if takes_along and arguments.input:
            faults += missing_inputs("--input", arguments.input, Surroundings(folder_of(file), ()))
    if faults:
        raise InvalidInput(faults)
    return found


def folder_of(file: str) -> Path:
    """What the paths of a job file are relative to."""
    return Path() if file == STANDARD_INPUT else Path(file).parent


def read_one(file: str, region: str | None, takes_along: bool = True) -> Read:
    """One job; `takes_along`: its inputs and secrets have to be here. Raises InvalidInput."""
    from suanwang.feeds.job_file import yaml_job
    from suanwang.feeds.job_surroundings import Surroundings
    from suanwang.feeds.sbatch_file import is_sbatch, sbatch_job

    path = Path(file)
    name = "stdin" if file == STANDARD_INPUT else path.name
    folder = folder_of(file)
    try:
        data = sys.stdin.buffer.read() if file == STANDARD_INPUT else path.read_bytes()
        text = data.decode("utf-8")
    except OSError as error:
        remedy = Text("check the path", "检查路径")
        what = Text("cannot be read", "无法读取")
        raise InvalidInput([Fault(file, what, error.strerror or str(error), remedy=remedy)]) from None
    except UnicodeDecodeError as error:
        raise InvalidInput([Fault(file, Text("not UTF-8", "不是 UTF-8"), str(error))]) from None
    here = region or os.environ.get(REGION_VARIABLE) or ""
    around = Surroundings(folder, os.environ) if takes_along else None
    if is_sbatch(text):
        script = sbatch_job(text, name, here, time.time_ns() // 1000, around)
        read = Read(file, folder, script.job, script.warnings, script.written)
    else:
        read = Read(file, folder, yaml_job(data, name, here, around))
    for_slurm = tuple(
        Fault(read.place(f"engine_options.{option}"), FOR_SLURM, value, warning=True)
        for option, value in read.job.engine_options.items()
    )
    return read._replace(warnings=(*read.warnings, *for_slurm))


def said_beside(read: Read, arguments: argparse.Namespace) -> Read:
    """The job with what the flags add. Raises InvalidInput."""
    import msgspec

    from suanwang.model.job import ARRAY_MOST

    job = read.job
    if arguments.count is not None:
        if not 1 <= arguments.count <= ARRAY_MOST:
            what = Text("out of range", "超出范围")
            raise InvalidInput([Fault("--count", what, str(arguments.count), same(f"1 … {ARRAY_MOST}"))])
        job = msgspec.structs.replace(job, spec=msgspec.structs.replace(job.spec, array=arguments.count))
    job = msgspec.structs.replace(
        job, inputs=(*job.inputs, *arguments.input), outputs=(*job.outputs, *arguments.output)
    )
    return read._replace(job=job)
