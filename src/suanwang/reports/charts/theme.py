"""How every chart looks: colours by role, fonts, and the configuration that goes into each specification.

The categorical colours are Okabe and Ito's (2008), which people with any colour vision tell apart; the two
ramps change in lightness throughout. `PAGE` names CSS variables in place of colours, so that one drawing
follows the page into dark mode.
"""

from collections.abc import Mapping, Sequence

import msgspec

from suanwang.units.text import Language, Text

Json = Mapping[str, "Json"] | Sequence["Json"] | str | int | float | bool | None
Spec = dict[str, Json]

# No quotes around the names: they stand in an SVG attribute.
FONTS = (
    "system-ui, -apple-system, Segoe UI, PingFang SC, Microsoft YaHei, Noto Sans CJK SC, Noto Sans SC, "
    "Source Han Sans SC, sans-serif"
)
RAMP_STEPS = 7


class Theme(msgspec.Struct, frozen=True):
    """Colours by role. `series`: plan, baseline, accent, lost, extra. `load`, `heat`: ramps, low to high."""

    surface: str
    ink: str
    muted: str
    grid: str
    series: tuple[str, str, str, str, str]
    load: tuple[str, ...]
    heat: tuple[str, ...]


LIGHT = Theme(
    surface="#ffffff",
    ink="#1b2733",
    muted="#64717f",
    grid="#e3e8ed",
    series=("#0072b2", "#8b97a3", "#009e73", "#d55e00", "#cc79a7"),
    load=("#eef3f8", "#d3e2f0", "#accbe4", "#7aadd4", "#468bc0", "#1d66a3", "#0b3f73"),
    heat=("#f3f4f5", "#fde8cd", "#fdcf9a", "#fbae61", "#ee8331", "#c9560f", "#863306"),
)
DARK = Theme(
    surface="#171e26",
    ink="#e6ebf0",
    muted="#9aa7b4",
    grid="#2c3742",
    series=("#56b4e9", "#8593a1", "#2fc79a", "#f0803c", "#dd94bb"),
    load=("#1d2731", "#1d3c57", "#1f5580", "#2a73a9", "#4393cb", "#77b6e3", "#bfe0f7"),
    heat=("#20272e", "#4a3115", "#744617", "#a3601c", "#d27f26", "#f2a546", "#ffdc9c"),
)
PAGE = Theme(
    surface="var(--surface)",
    ink="var(--ink)",
    muted="var(--muted)",
    grid="var(--grid)",
    series=("var(--series-0)", "var(--series-1)", "var(--series-2)", "var(--series-3)", "var(--series-4)"),
    load=tuple(f"var(--load-{step})" for step in range(RAMP_STEPS)),
    heat=tuple(f"var(--heat-{step})" for step in range(RAMP_STEPS)),
)


def css_variables(theme: Theme) -> dict[str, str]:
    """The variables that `PAGE` names, with the colours of a theme."""
    names: dict[str, str] = {
        "surface": theme.surface,
        "ink": theme.ink,
        "muted": theme.muted,
        "grid": theme.grid,
    }
    for role, colours in (("series", theme.series), ("load", theme.load), ("heat", theme.heat)):
        names |= {f"{role}-{step}": colour for step, colour in enumerate(colours)}
    return {f"--{name}": colour for name, colour in names.items()}


class Pen(msgspec.Struct, frozen=True):
    """What a chart is drawn with. `width_px` is that of the whole picture."""

    language: Language
    theme: Theme = LIGHT
    width_px: int = 1040

    @property
    def narrow(self) -> bool:
        """Whether the picture is for a phone or half a page."""
        return self.width_px < 700

    def say(self, en: str, zh: str) -> str:
        """The words in the pen's language."""
        return Text(en, zh).say(self.language)


class Chart(msgspec.Struct, frozen=True):
    """A specification with what it is called and what it shows, both in the pen's language."""

    name: str
    title: str
    caption: str
    spec: Spec

    def titled(self) -> Spec:
        """The specification with the title inside it, for a picture that stands alone."""
        return {**self.spec, "title": {"text": self.title, "anchor": "start", "fontSize": 17, "offset": 14}}


def finished(pen: Pen, body: Mapping[str, Json], keeps_shape: bool = False) -> Spec:
    """A whole specification: the schema, the look, and the body of the chart.

    `usermeta`, which Vega ignores, tells a page how to fit the chart to another width: it `keeps_shape`, or
    only its width changes.
    """
    theme = pen.theme
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "background": theme.surface,
        "padding": 4,
        "usermeta": {"width_px": pen.width_px, "keeps_shape": keeps_shape},
        "config": {
            "aria": False,
            "font": FONTS,
            "view": {"stroke": None},
            "axis": {
                "labelColor": theme.muted,
                "titleColor": theme.muted,
                "labelFontSize": 12,
                "titleFontSize": 12,
                "titleFontWeight": "normal",
                "domain": False,
                "ticks": False,
                "gridColor": theme.grid,
                "labelPadding": 6,
            },
            "legend": {
                "labelColor": theme.muted,
                "titleColor": theme.muted,
                "labelFontSize": 12,
                "titleFontSize": 12,
                "titleFontWeight": "normal",
                "orient": "top",
                "symbolStrokeWidth": 3,
            },
            "title": {"color": theme.ink},
            "text": {"color": theme.ink, "fontSize": 12},
        },
        **body,
    }
