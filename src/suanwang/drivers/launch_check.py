"""What is wrong with a launch before any engine sees it, and the refusals that drivers share."""

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from suanwang.drivers.port import NO_ROOM, Launch, Refused
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same

ATTEMPT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}\.[0-9]{1,6}", re.ASCII)
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
OWN_PREFIX = "SUANWANG_"
ENVIRONMENT_BYTES_MOST = 1_000_000
"""Linux takes about 2 MB of arguments and environment together on an 8 MB stack."""
VARIABLE_BYTES_MOST = 131_000
"""Linux takes 128 KiB a string (MAX_ARG_STRLEN)."""


def launch_faults(launch: Launch, options: Sequence[str]) -> list[Fault]:
    """All that is wrong with `launch` for any engine that takes the `options` by name."""
    faults: list[Fault] = []

    def wrong(where: str, what: Text, found: object, expected: Text) -> None:
        faults.append(Fault(f"{launch.attempt}: {where}", what, str(found)[:200], expected))

    number = Text("a number out of range", "数值超出范围")
    if not ATTEMPT.fullmatch(launch.attempt):
        wrong(
            "attempt", Text("not an attempt's name", "不是尝试的名称"), launch.attempt, same("<job>.<number>")
        )
    for where, value, least in (
        ("units_milli", launch.units_milli, 1),
        ("nodes", launch.nodes, 1),
        ("time_limit_s", launch.time_limit_s, 1),
        ("cpus", launch.cpus, 0),
        ("memory_mb", launch.memory_mb, 0),
        ("output_limit_bytes", launch.output_limit_bytes, 0),
        ("lost_after_s", launch.lost_after_s, 0),
        ("array_index", launch.array_index, -1),
    ):
        if value < least:
            wrong(where, number, value, same(f">= {least}"))
    folder = Path(launch.folder)
    if not folder.is_absolute() or not folder.is_dir():
        wrong(
            "folder",
            Text("no such folder", "没有这个文件夹"),
            launch.folder,
            Text("an absolute path of a folder that is there", "已存在的文件夹的绝对路径"),
        )
    if not launch.script.strip() or "\0" in launch.script:
        wrong("script", Text("nothing to run", "没有可运行的内容"), launch.script, Text("shell text", "脚本"))
    for path in (*launch.outputs, launch.checkpoint_path):
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            wrong(
                "outputs, checkpoint_path",
                Text("leads out of the folder", "超出作业文件夹"),
                path,
                Text("a relative path below the folder", "文件夹内的相对路径"),
            )
    faults += environment_faults(launch)
    for option in sorted(set(launch.engine_options) - set(options)):
        wrong(
            f"engine_options.{option}",
            Text("the engine has no such option", "引擎没有这个选项"),
            option,
            same(", ".join(options)) if options else Text("none", "无"),
        )
    return faults


def environment_faults(launch: Launch) -> list[Fault]:
    """What is wrong with `env` and `secrets`; a secret's value is never told."""
    faults: list[Fault] = []
    total = 0
    for where, variables in (("env", launch.env), ("secrets", launch.secrets)):
        for name, value in variables.items():
            bytes_long = len(value.encode(errors="replace")) + len(name) + 2
            total += bytes_long
            bad_name = not VARIABLE.fullmatch(name) or name.startswith(OWN_PREFIX)
            if bad_name or "\0" in value or bytes_long > VARIABLE_BYTES_MOST:
                faults.append(
                    Fault(
                        f"{launch.attempt}: {where}",
                        Text("not a variable that can be set", "不是可设置的环境变量"),
                        name[:100],
                        Text(
                            f"letters, digits, _; not {OWN_PREFIX}…; <= {VARIABLE_BYTES_MOST} bytes, no NUL",
                            f"字母、数字、_；不以 {OWN_PREFIX} 开头；<= {VARIABLE_BYTES_MOST} B，无 NUL",
                        ),
                    )
                )
    if total > ENVIRONMENT_BYTES_MOST:
        faults.append(
            Fault(
                f"{launch.attempt}: env",
                Text("too large an environment", "环境变量过大"),
                f"{total} B",
                same(f"<= {ENVIRONMENT_BYTES_MOST} B"),
            )
        )
    return faults


def unknown(attempt: str) -> Refused:
    """The refusal of an attempt that this driver does not have."""
    fault = Fault(
        attempt,
        Text("this driver does not have the attempt", "本驱动没有该尝试"),
        remedy=Text("see `adopt` for those it has", "见 adopt 列出的尝试"),
    )
    return Refused(attempt, (fault,))


def no_such_attempt(attempt: str) -> InvalidInput:
    """The error for reading from an attempt that this driver does not have."""
    return InvalidInput(unknown(attempt).faults)


def used_up(attempt: str) -> Refused:
    """The refusal of a name that ran before and was cleaned."""
    fault = Fault(
        attempt,
        Text("this attempt has run and was cleaned", "该尝试已运行并已清除"),
        remedy=Text("start the next number", "使用下一个编号"),
    )
    return Refused(attempt, (fault,))


def still_running(attempt: str) -> Refused:
    """The refusal to clean what has not ended."""
    fault = Fault(
        attempt,
        Text("the attempt has not ended", "该尝试尚未结束"),
        remedy=Text("stop it, and wait for its end", "先停止并等待其结束"),
    )
    return Refused(attempt, (fault,), retry=True)


def not_running(attempt: str) -> Refused:
    """The refusal to pause or resume what does not run, or is not paused."""
    return Refused(attempt, (Fault(attempt, Text("not in a state for that", "当前状态不允许该操作")),))


def wish_of(launch: Launch) -> str:
    """The gang that is asked for, as job files write it."""
    return f"{launch.device}:{launch.units_milli / 1000:g}x{launch.nodes}"


def no_room(launch: Launch, found: str) -> Refused:
    """The refusal of what does not fit now and will when others end."""
    fault = Fault(
        launch.attempt,
        Text("does not fit now", "目前放不下"),
        found,
        same(wish_of(launch)),
        Text("see `usable`; try again when others have ended", "见 usable；待其他尝试结束后重试"),
    )
    return Refused(launch.attempt, (fault,), retry=True)


def never_fits(launch: Launch, offered: str) -> Refused:
    """The refusal of what this engine can never hold."""
    fault = Fault(
        launch.attempt,
        Text("this engine has no such room, also when empty", "即使空闲，引擎也容纳不下"),
        f"{wish_of(launch)}, {launch.cpus} cpus, {launch.memory_mb} MB",
        same(offered),
        Text("ask for less, or another centre", "减少需求，或换一个中心"),
        kind=NO_ROOM,
    )
    return Refused(launch.attempt, (fault,))
