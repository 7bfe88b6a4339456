"""How far work may go: 东数东算 stays in its province, 西数西算 in its hub's reach, 东数西算 anywhere."""

from suanwang.model.job import Shape

PROVINCE_DIGITS = 2
"""`local` work stays in its province: the first two digits of the administrative code."""
RTT_OF_CLASS_US = {"local": 0, "regional": 20_000, "shiftable": 0}
"""Round trip of a latency class, 0 for no limit: 20 ms between hubs (发改数据〔2023〕1779号)."""


def near_enough(shape: Shape, region: str) -> bool:
    """Whether work of this latency class may go to a region: `local` stays in its province."""
    if shape.latency_class != "local":
        return True
    return region[:PROVINCE_DIGITS] == shape.region[:PROVINCE_DIGITS]


def rtt_most_ms(shape: Shape) -> float:
    """The longest round trip: the job's own limit and that of its latency class."""
    limits = [limit for limit in (shape.max_rtt_us, RTT_OF_CLASS_US[shape.latency_class]) if limit]
    return min(limits) / 1000 if limits else float("inf")
