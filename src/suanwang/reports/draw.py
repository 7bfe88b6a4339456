"""From a chart specification to a picture: SVG for a page, PNG for a README."""

import re
from functools import cache

import vl_convert as vlc

from suanwang.reports.charts.theme import Spec

PNG_SCALE = 2.0
LONG_DECIMAL = re.compile(r"\d+\.\d{4,}(?!\d|e)")
# Drawn with two different characters, which look alike only where their glyphs are missing.
PROBE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24">'
    '<text y="20" font-size="20" font-family="sans-serif">{}</text></svg>'
)


def render_svg(spec: Spec, name: str) -> str:
    """The chart as an SVG element to stand inside a page, as wide as its frame.

    Its texts use the reader's fonts. `name` makes its ids unique in the page. A mark's own words are kept in
    `aria-label`, where readers of screens and the page's tool tips find them.
    """
    svg = vlc.vegalite_to_svg(spec, allowed_base_urls=[])
    svg = re.sub(r'(\bid="|url\(#)', rf"\g<1>{name}-", svg)
    svg = re.sub(
        r' (?:aria-roledescription="[^"]*"|role="graphics-(?:symbol|object)"|aria-hidden="true")', "", svg
    )
    svg = re.sub(r' aria-label="(?:[XY]-axis|Symbol legend|Gradient legend|Title text)[^"]*"', "", svg)
    svg = LONG_DECIMAL.sub(lambda number: f"{float(number[0]):.2f}", svg)
    svg = svg.replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "").replace(
        ' stroke-miterlimit="10"', ""
    )
    return re.sub(r'^<svg ([^>]*?)width="([\d.]+)" height="[\d.]+"', r'<svg \1style="max-width:\2px"', svg)


def render_png(spec: Spec, scale: float = PNG_SCALE) -> bytes:
    """The chart as a PNG, `scale` pixels to a unit. `chinese_is_drawable` says whether Chinese texts show."""
    return vlc.vegalite_to_png(spec, scale=scale, allowed_base_urls=[])


@cache
def chinese_is_drawable() -> bool:
    """Whether this machine has a font with Chinese glyphs: two different characters look different."""
    return vlc.svg_to_png(PROBE.format("算")) != vlc.svg_to_png(PROBE.format("网"))
