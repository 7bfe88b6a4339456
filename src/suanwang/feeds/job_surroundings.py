"""What a job takes along from where it is submitted: files below its folder, secrets of the environment."""

from collections.abc import Container, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from suanwang.units.errors import Fault
from suanwang.units.text import Text, same


class Surroundings(NamedTuple):
    """Where inputs lie, and which variables there are."""

    folder: Path
    variables: Container[str]


def missing_secrets(place: str, names: Sequence[str], around: Surroundings) -> Iterator[Fault]:
    """The secrets that are not there."""
    for name in names:
        if name not in around.variables:
            what, remedy = Text("not in the environment", "环境变量中没有"), same(f"export {name}=…")
            yield Fault(place, what, name, remedy=remedy, kind="missing")


def missing_inputs(place: str, names: Sequence[str], around: Surroundings) -> Iterator[Fault]:
    """The inputs that are not there, or lie elsewhere than below the folder."""
    for name in names:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            what = Text("leads out of the job file's folder", "超出作业文件所在目录")
            remedy = Text("name it relative to the job file", "请写相对于作业文件的路径")
            yield Fault(place, what, name, remedy=remedy, kind="wrong_value")
        elif not (around.folder / name).exists():
            remedy = Text("check the path", "检查路径")
            yield Fault(place, Text("not there", "不存在"), name, remedy=remedy, kind="missing")
