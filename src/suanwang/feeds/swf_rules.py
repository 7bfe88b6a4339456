"""The stated rules by which a log in the Standard Workload Format becomes jobs."""

from suanwang.units.text import Text

INTERACTIVE_QUEUE = 0
"""The format keeps queue 0 for interactive jobs."""

INTERACTIVE_SLACK_S = 3_600
BATCH_SLACK_S = 86_400
INTERACTIVE_FACTOR = 10
BATCH_FACTOR = 5

RULES = (
    Text(
        "A job takes the processors it was given (those it asked for where that is not known) for its run "
        "time, rounded up to whole slots.",
        "作业占用实际分配的处理器数（未知时取申请数），时长为运行时间向上取整到时段。",
    ),
    Text(
        "Dropped: bursts of a job that has a whole line (status 2, 3, 4), jobs cancelled before they "
        "started, run time not known or zero, processors not known, larger than the machine.",
        "舍去：另有整行的部分执行（状态 2、3、4）、开始前取消、"
        "运行时间未知或为零、处理器数未知、超过机器规模。",
    ),
    Text(
        "Window beyond the run: 1 h in the interactive queue (0), else 24 h, or as long as it waited where "
        "that is longer. Value: 10 or 5 times its cost with electricity at 1.5 CNY/kWh.",
        "运行之外的窗口：交互队列（0）1 小时，其余 24 小时，实际等待更长时取实际等待；"
        "价值为其费用（电价 1.5 元/千瓦时）的 10 或 5 倍。",
    ),
    Text(
        "The machine stands at a reference site drawn by seed; partitions, where the log has several, are "
        "machines at different sites. With --load the times between submissions "
        "are stretched or pressed alike; jobs and machine stay.",
        "机器位于由种子抽取的参考站点；日志有多个分区时各为不同站点的机器；"
        "--load 按同一比例伸缩提交间隔，作业与机器不变。",
    ),
    Text(
        "The wall clock where the machine stood is kept as the local clock of the site.",
        "机器原地的钟点作为站点的当地钟点。",
    ),
)

LOG_NOTES = (
    Text(
        "The log says nothing of users' places or data: regions are drawn by demand, no data moves.",
        "日志不含用户地点与数据：地区按需求权重抽取，不计数据传输。",
    ),
)
