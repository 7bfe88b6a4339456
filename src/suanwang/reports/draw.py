"""From a chart specification to a picture that stands alone: SVG or PNG, without a browser."""

import struct
import zlib
from collections.abc import Iterator
from functools import cache

import vl_convert as vlc

from suanwang.reports.charts.catalogue import charts_of
from suanwang.reports.charts.theme import LIGHT, Pen, Spec
from suanwang.reports.charts.view import View
from suanwang.units.text import Language

PNG_SCALE = 1.5
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
    return packed(vlc.vegalite_to_png(spec, scale=scale, allowed_base_urls=[]))


def packed(png: bytes) -> bytes:
    """The same picture in half to a quarter of the bytes: vl-convert deflates for speed."""
    head, at, pixels = b"", 8, b""
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        chunk, at = png[at : at + length + 12], at + length + 12
        if chunk[4:8] == b"IDAT":
            pixels += chunk[8:-4]
        elif not pixels:
            head += chunk
    body = b"IDAT" + zlib.compress(zlib.decompress(pixels), 9)
    data = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return png[:8] + head + data + png[-12:]


def pictures(view: View, language: Language) -> Iterator[tuple[str, bytes]]:
    """Name and PNG of every chart that has something to say, light, with its title."""
    for name, entry in charts_of(view).items():
        yield name, render_png(entry.draw(view, Pen(language, LIGHT, entry.width_px)).titled())


@cache
def chinese_is_drawable() -> bool:
    """Whether this machine has a font with Chinese glyphs: two different characters look different."""
    return vlc.svg_to_png(PROBE.format("算")) != vlc.svg_to_png(PROBE.format("网"))
