"""From a chart specification to a picture that stands alone: SVG or PNG, without a browser."""

from functools import cache

import vl_convert as vlc

from suanwang.reports.charts.theme import Spec

PNG_SCALE = 2.0
# Drawn with two different characters, which look alike only where their glyphs are missing.
PROBE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24">'
    '<text y="20" font-size="20" font-family="sans-serif">{}</text></svg>'
)


def render_svg(spec: Spec) -> str:
    """The chart as an SVG document."""
    return vlc.vegalite_to_svg(spec, allowed_base_urls=[])


def render_png(spec: Spec, scale: float = PNG_SCALE) -> bytes:
    """The chart as a PNG, `scale` pixels to a unit. `chinese_is_drawable` says whether Chinese texts show."""
    return vlc.vegalite_to_png(spec, scale=scale, allowed_base_urls=[])


@cache
def chinese_is_drawable() -> bool:
    """Whether this machine has a font with Chinese glyphs: two different characters look different."""
    return vlc.svg_to_png(PROBE.format("算")) != vlc.svg_to_png(PROBE.format("网"))
