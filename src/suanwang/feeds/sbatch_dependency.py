"""`sbatch --dependency`: what the platform can wait for, and what not, kind by kind (sbatch(1))."""

from suanwang.units.text import Text

NOT_HERE = {
    "after": Text("waiting for a job's start", "等待作业开始"),
    "afterany": Text("waiting for any end of a job", "等待作业以任何状态结束"),
    "afternotok": Text("waiting for a job's failure", "等待作业失败"),
    "aftercorr": Text("waiting task by task", "数组任务逐一对应等待"),
    "afterburstbuffer": Text("waiting for a burst buffer", "等待突发缓冲区"),
    "singleton": Text("waiting for jobs of the same name", "等待同名作业"),
}
"""The kinds that only Slurm can wait for."""
EITHER = Text("waiting for one of several (?)", "等待其中之一（?）")
UNKNOWN = Text("not a kind of dependency", "不是有效的依赖类型")
NO_NAME = Text("no job is named", "未写作业")
PLAIN = "afterany"
"""What a bare number means to Slurm."""


def jobs_awaited(words: str) -> tuple[tuple[str, ...], list[tuple[str, Text]]]:
    """The jobs whose success `words` wait for, and the parts that cannot be had, each with why."""
    if "?" in words:
        return (), [(words, EITHER)]
    jobs: list[str] = []
    refused: list[tuple[str, Text]] = []
    for part in words.split(","):
        kind, colon, names = part.partition(":")
        kind = kind.lower()
        if kind == "afterok" and all(named := names.split(":")):
            jobs += named
        elif kind == "afterok":
            refused.append((part, NO_NAME))
        elif kind.isdigit() or (not colon and kind[:1] == "j" and kind[1:].isdigit()):
            refused.append((part, NOT_HERE[PLAIN]))
        else:
            refused.append((part, NOT_HERE.get(kind, UNKNOWN)))
    return tuple(dict.fromkeys(jobs)), refused
