"""Amounts for people: short, in the units that each language counts in."""

from suanwang.units.money import yuan
from suanwang.units.text import Language, Text, same

PART_TEXTS = (
    Text("compute", "算力"),
    Text("electricity", "电力"),
    Text("carbon", "碳"),
    Text("moving data", "数据传输"),
    Text("value not served", "未安排的价值"),
)
"""The parts of a cost, in the order in which they are always told."""

PHASE_TEXTS = {
    "read": Text("read", "读取"),
    "compile": Text("compile", "编译"),
    "workers": Text("workers", "启动工作进程"),
    "prices": Text("prices", "求价"),
    "bound": Text("bound", "下界"),
    "place": Text("place", "安排"),
    "check": Text("check", "核验"),
    "solve": Text("solve", "求解"),
    "report": Text("report", "报告"),
    "foresight": Text("foresight", "完全预知"),
    "page": Text("page", "网页"),
    "pictures": Text("pictures", "图片"),
    "write": Text("write", "写出"),
}

ZH_STEPS = ((10**12, "万亿"), (10**8, "亿"), (10**4, "万"))
EN_STEPS = ((10**12, " trillion"), (10**9, " billion"), (10**6, " million"))


def short_yuan(amount_micro: int, language: Language) -> str:
    """Money for reading, not for booking: `¥12.34 million`, `1,234.50 万元`."""
    for step, name in ZH_STEPS if language == "zh" else EN_STEPS:
        if abs(amount_micro) >= step * 10**6:
            return (
                f"{yuan(amount_micro // step)}\u2009{name}元"
                if language == "zh"
                else f"¥{yuan(amount_micro // step)}{name}"
            )
    places = 2 if abs(amount_micro) < 1000 * 10**6 else 0
    return f"{yuan(amount_micro, places)}\u2009元" if language == "zh" else f"¥{yuan(amount_micro, places)}"


def short_count(count: float, language: Language) -> str:
    """A count in at most four digits or so: `1.23 million`, `123 万`."""
    for step, name in ZH_STEPS if language == "zh" else EN_STEPS:
        if abs(count) >= step:
            return (
                f"{count / step:,.4g}\u2009{name.strip()}"
                if language == "zh"
                else f"{count / step:,.3g}{name}"
            )
    return f"{count:,.0f}" if abs(count) >= 10 or count == int(count) else f"{count:,.2g}"


def phase(name: str) -> Text:
    """A phase of the work; its own name where it has no words here."""
    return PHASE_TEXTS.get(name, same(name))


def energy(energy_wh: float) -> str:
    """Energy as kWh, MWh or GWh."""
    return scaled_unit(energy_wh / 1000, ("kWh", "MWh", "GWh", "TWh"))


def carbon(carbon_g: float) -> str:
    """Carbon dioxide as kg, t, kt or Mt."""
    return scaled_unit(carbon_g / 1000, ("kg", "t", "kt", "Mt"))


def scaled_unit(amount: float, units: tuple[str, ...]) -> str:
    """`amount` in the largest of `units`, each a thousand of the one before, that keeps it above 1."""
    step = 0
    while abs(amount) >= 1000 and step < len(units) - 1:
        amount, step = amount / 1000, step + 1
    return f"{amount:,.3g}\u2009{units[step]}" if abs(amount) < 100 else f"{amount:,.0f}\u2009{units[step]}"


def percent(share: float, places: int = 1) -> str:
    """A share as per cent."""
    return f"{share * 100:,.{places}f}\u2009%"


def hours(count: float, language: Language) -> str:
    """A span of hours."""
    return f"{count:g}\u2009小时" if language == "zh" else f"{count:g}\u2009h"
