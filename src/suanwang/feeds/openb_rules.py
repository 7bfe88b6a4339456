"""The stated rules by which the GPU trace becomes jobs: what each QoS class may wait and is worth."""

import msgspec

from suanwang.units.text import Text


class QosRule(msgspec.Struct, frozen=True):
    """How long a class may wait beyond its run, and its value as a multiple of its dearest option's cost."""

    slack_minutes: int
    value_factor: int


QOS_RULES = {
    "LS": QosRule(60, 10),
    "Guaranteed": QosRule(240, 10),
    "Burstable": QosRule(720, 5),
    "BE": QosRule(1440, 3),
}

RULES = (
    Text(
        "The horizon begins on the day by which 0.5 % of the tasks were created, and ends with the trace or "
        "after --days.",
        "时间范围从 0.5 % 的任务已创建的那一天开始，到轨迹结束或 --days 天为止。",
    ),
    Text(
        "A task runs from scheduling to deletion, rounded up to whole slots, the same on every model.",
        "任务运行时间为调度到删除，向上取整到时段，各型号相同。",
    ),
    Text(
        "A task never scheduled is kept with the median run time of its QoS class; one that is running when "
        "the trace ends is kept for as long as it was seen.",
        "从未调度的任务按其 QoS 类别的运行时间中位数保留；轨迹结束时仍在运行的按已见时长保留。",
    ),
    Text(
        "Window beyond the run: LS 1 h, Guaranteed 4 h, Burstable 12 h, BE 24 h. Value: 10, 10, 5 and 3 "
        "times the dearest option's cost with electricity at 1.5 CNY/kWh.",
        "运行之外的窗口：LS 1 小时，Guaranteed 4 小时，Burstable 12 小时，BE 24 小时；"
        "价值为最贵方案（电价 1.5 元/千瓦时）费用的 10、10、5、3 倍。",
    ),
    Text(
        "One option per model with nodes large enough (only those in gpu_spec where it is given); which "
        "comes first is drawn by seed in proportion to the devices.",
        "每个节点足够大的型号一个方案（有 gpu_spec 时仅限其中）；首选方案按卡数比例由种子抽取。",
    ),
    Text(
        "A task without a GPU takes cores of nodes without one (of all nodes where there is none); the cores "
        "and memory that a GPU task takes beside its GPUs are not modelled.",
        "无 GPU 任务使用无 GPU 节点的核（没有此类节点时用全部节点）；GPU 任务另占的核与内存不建模。",
    ),
)

ARRIVALS_RULE = Text(
    "Nothing leaves: each task, scheduled in the trace or not, is there from its creation (the first slot "
    "where it was created before) to the last slot, and starts at once or not at all. On whole nodes: best "
    "fit in order of creation, with cores, memory and single cards.",
    "任务只到不走：每个任务（无论是否曾被调度）从创建（早于范围的从首个时段）到最后时段，立即开始或不安排。"
    "整节点分配：按创建顺序最佳适配，计核、内存与单卡。",
)

TRACE_NOTES = (
    Text(
        "The trace says nothing of users' places, data or latency: regions are drawn by demand, "
        "no data moves.",
        "轨迹不含用户地点、数据与时延：地区按需求权重抽取，不计数据传输。",
    ),
    Text(
        "Prices and power of the models are assumed; the trace hides what G2 and G3 are.",
        "各型号的价格与功率为假设值；轨迹未公开 G2 与 G3 的型号。",
    ),
)
