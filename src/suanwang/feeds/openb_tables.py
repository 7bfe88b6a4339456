"""The two tables of the Alibaba 2023 GPU trace (cluster-trace-gpu-v2023, "openb"), read and checked.

A node list has sn, cpu_milli, memory_mib, gpu, model; a task list has name, cpu_milli, memory_mib, num_gpu,
gpu_milli, gpu_spec, qos, pod_phase, creation_time, deletion_time, scheduled_time (seconds of the trace).
Which is which is told by the header, in whatever order the files and the columns come.
"""

import csv
from pathlib import Path

import msgspec

from suanwang.feeds.trace_files import LineFaults, read_lines
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same

NODE_COLUMNS = ("sn", "cpu_milli", "memory_mib", "gpu", "model")
TASK_COLUMNS = (
    "name",
    "cpu_milli",
    "memory_mib",
    "num_gpu",
    "gpu_milli",
    "gpu_spec",
    "qos",
    "pod_phase",
    "creation_time",
    "deletion_time",
    "scheduled_time",
)
QOS_CLASSES = ("LS", "Guaranteed", "Burstable", "BE")
WHOLE_CARD_MILLI = 1000


class Node(msgspec.Struct, frozen=True, gc=False):
    """One machine: cores in thousandths, memory in MiB, number of GPUs and their model ("" without)."""

    name: str
    cpu_milli: int
    memory_mib: int
    gpus: int
    model: str


class Task(msgspec.Struct, frozen=True, gc=False):
    """One task: what it asks for, and its times in seconds of the trace.

    `gpus` cards with `gpu_milli` thousandths of each. `models` are the only ones it accepts (empty: any).
    `scheduled_s` is None for a task that never ran; `deletion_s` is None where the trace has none.
    """

    name: str
    cpu_milli: int
    memory_mib: int
    gpus: int
    gpu_milli: int
    models: tuple[str, ...]
    qos: str
    creation_s: int
    deletion_s: int | None
    scheduled_s: int | None


class Row:
    """The cells of one line by column name; reading one that is wrong notes a fault and gives a stand-in."""

    def __init__(self, cells: dict[str, str], line: int, faults: LineFaults) -> None:
        """A line numbered from 1 whose faults go to `faults`."""
        self.cells = cells
        self.line = line
        self.faults = faults
        self.clean = True

    def whole(self, column: str, least: int = 0) -> int:
        """The whole number in `column`, at least `least`."""
        value = self.whole_or_none(column, least)
        if value is None:
            self.wrong(column, "", Text("a value", "非空"))
            return least
        return value

    def whole_or_none(self, column: str, least: int = 0) -> int | None:
        """The same, None where the cell is empty."""
        text = self.cells[column].strip()
        if not text:
            return None
        try:
            number = float(text)
            value = int(number)
        except (ValueError, OverflowError):
            number, value = 0.5, 0
        if value != number or abs(value) > 2**53:
            self.wrong(column, text, Text("a whole number", "整数"))
            return least
        if value < least:
            self.wrong(column, text, Text(f"at least {least}", f"不小于 {least}"))
            return least
        return value

    def name(self, column: str, seen: set[str]) -> str:
        """The id in `column`, not empty and not seen before."""
        value = self.cells[column].strip()
        if not value or value in seen:
            self.wrong(column, value, Text("an id that no other line has", "不与其他行重复的编号"))
        seen.add(value)
        return value

    def wrong(self, column: str, found: str, expected: Text) -> None:
        """Note a fault in `column`."""
        self.clean = False
        self.faults.add(
            self.line,
            f"{column} {expected.en}",
            Text(f"{column} is wrong", f"{column} 有误"),
            found,
            expected,
        )


def read_openb(files: list[Path]) -> tuple[list[Node], list[Task]]:
    """The nodes and tasks in `files`: one node list and one task list, in any order.

    Raises InvalidInput with every fault of both files at once.
    """
    faults: list[Fault] = []
    tables: dict[str, tuple[Path, list[str], list[str]]] = {}
    for file in files:
        try:
            lines = read_lines(file)
        except InvalidInput as error:
            faults += error.faults
            continue
        header = [cell.strip() for cell in next(csv.reader(lines[:1]), [])]
        kind = kind_of(header)
        if kind is None:
            faults.append(wrong_header(file, header))
        elif kind in tables:
            faults.append(
                Fault(
                    str(file),
                    Text(f"is a second {kind} list", f"是重复的 {kind} 表"),
                    remedy=Text("give one list of nodes and one of tasks", "请给出一个节点表和一个任务表"),
                    kind="twice",
                )
            )
        else:
            tables[kind] = (file, header, lines)
    for kind, columns in (("node", NODE_COLUMNS), ("task", TASK_COLUMNS)):
        if kind not in tables and not faults:
            faults.append(
                Fault(
                    ", ".join(file.name for file in files),
                    Text(f"no {kind} list among the files", f"文件中没有 {kind} 表"),
                    expected=same("a header with " + ",".join(columns)),
                    kind="missing list",
                )
            )
    nodes = nodes_of(*tables["node"], faults) if "node" in tables else []
    tasks = tasks_of(*tables["task"], faults) if "task" in tables else []
    if faults:
        raise InvalidInput(faults)
    return nodes, tasks


def kind_of(header: list[str]) -> str | None:
    """Which of the two lists has this header, None for neither."""
    if set(NODE_COLUMNS) == set(header):
        return "node"
    if set(TASK_COLUMNS) == set(header):
        return "task"
    return None


def wrong_header(file: Path, header: list[str]) -> Fault:
    """The fault of a file that is neither list, told by the list it is nearest to."""
    nearest = max((NODE_COLUMNS, TASK_COLUMNS), key=lambda columns: len(set(columns) & set(header)))
    missing, unknown = sorted(set(nearest) - set(header)), sorted(set(header) - set(nearest))
    return Fault(
        f"{file}:1",
        Text(
            f"the header is neither a node list nor a task list (missing {missing}, unknown {unknown})",
            f"表头既不是节点表也不是任务表（缺少 {missing}，多出 {unknown}）",
        ),
        found=",".join(header)[:120],
        expected=same(",".join(nearest)),
        kind="header",
    )


def rows(file: Path, header: list[str], lines: list[str], faults: LineFaults) -> list[Row]:
    """The lines after the header that have as many cells as it has; the others are faults."""
    found: list[Row] = []
    reader = csv.reader(lines[1:])
    for cells in reader:
        line = reader.line_num + 1
        if not cells:
            continue
        if len(cells) != len(header):
            faults.add(
                line,
                "cells",
                Text("has another number of cells than the header", "单元格数与表头不一致"),
                str(len(cells)),
                same(str(len(header))),
            )
            continue
        found.append(Row(dict(zip(header, cells, strict=True)), line, faults))
    if not found and not faults.faults:
        faults.add(2, "no rows", Text("has no rows after its header", "表头之后没有数据行"), "")
    return found


def nodes_of(file: Path, header: list[str], lines: list[str], faults: list[Fault]) -> list[Node]:
    """The nodes of a node list; its faults are added to `faults`."""
    wrong = LineFaults(file)
    seen: set[str] = set()
    nodes: list[Node] = []
    for row in rows(file, header, lines, wrong):
        node = Node(
            name=row.name("sn", seen),
            cpu_milli=row.whole("cpu_milli"),
            memory_mib=row.whole("memory_mib"),
            gpus=row.whole("gpu"),
            model=row.cells["model"].strip(),
        )
        if node.gpus > 0 and not node.model:
            row.wrong("model", node.model, Text("a model, since the node has GPUs", "节点有 GPU，应有型号"))
        if any(mark in node.model for mark in ":;|"):
            row.wrong("model", node.model, Text("a name without : ; |", "不含 : ; | 的名称"))
        nodes.append(node)
    faults += wrong.faults
    return nodes


def tasks_of(file: Path, header: list[str], lines: list[str], faults: list[Fault]) -> list[Task]:
    """The tasks of a task list; its faults are added to `faults`."""
    wrong = LineFaults(file)
    seen: set[str] = set()
    tasks = [task_of(row, seen) for row in rows(file, header, lines, wrong)]
    faults += wrong.faults
    return tasks


def task_of(row: Row, seen: set[str]) -> Task:
    """One task, its faults noted."""
    task = Task(
        name=row.name("name", seen),
        cpu_milli=row.whole("cpu_milli"),
        memory_mib=row.whole("memory_mib"),
        gpus=row.whole("num_gpu"),
        gpu_milli=row.whole("gpu_milli"),
        models=tuple(model.strip() for model in row.cells["gpu_spec"].split("|") if model.strip()),
        qos=row.cells["qos"].strip(),
        creation_s=row.whole("creation_time"),
        deletion_s=row.whole_or_none("deletion_time"),
        scheduled_s=row.whole_or_none("scheduled_time"),
    )
    if task.qos not in QOS_CLASSES:
        row.wrong("qos", task.qos, same(" | ".join(QOS_CLASSES)))
    if not row.clean:
        return task  # stand-ins would break the rules below as well
    share = Text("1 to 1000, and 1000 with more than one GPU", "1 至 1000，多卡时为 1000")
    if task.gpus == 1 and not 1 <= task.gpu_milli <= WHOLE_CARD_MILLI:
        row.wrong("gpu_milli", str(task.gpu_milli), share)
    if task.gpus > 1 and task.gpu_milli != WHOLE_CARD_MILLI:
        row.wrong("gpu_milli", str(task.gpu_milli), share)
    if task.gpus == 0 and task.cpu_milli == 0:
        row.wrong("cpu_milli", "0", Text("more than 0 without a GPU", "无 GPU 时应大于 0"))
    if task.scheduled_s is not None and task.scheduled_s < task.creation_s:
        row.wrong("scheduled_time", str(task.scheduled_s), Text("not before creation", "不早于创建时间"))
    begun_s = task.creation_s if task.scheduled_s is None else task.scheduled_s
    if task.deletion_s is not None and task.deletion_s < begun_s:
        row.wrong(
            "deletion_time",
            str(task.deletion_s),
            Text("not before creation or scheduling", "不早于创建或调度时间"),
        )
    return task
