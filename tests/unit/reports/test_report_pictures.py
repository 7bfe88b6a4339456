"""Every chart compiles, in both languages, on every shape of outcome; words and figures for people."""

import io
import itertools
import re
import struct
import zlib

import numpy as np
import pytest
import vl_convert as vlc
from rich.cells import cell_len
from rich.console import Console
from tests.unit.reports.random_network import SHAPES, made

from suanwang.reports.charts.catalogue import CHARTS, NARROW_PX, charts_of
from suanwang.reports.charts.flows import flows_of
from suanwang.reports.charts.heat import between, heat_map, price_steps
from suanwang.reports.charts.service import doubling
from suanwang.reports.charts.shift import paid_per_kwh
from suanwang.reports.charts.theme import LIGHT, PAGE, Json, Pen
from suanwang.reports.charts.view import View
from suanwang.reports.draw import render_png, render_svg
from suanwang.reports.indicators import make_report
from suanwang.reports.terminal import print_summary
from suanwang.reports.words import short_count, short_yuan
from suanwang.units.text import Language

CHINESE = re.compile("[\u4e00-\u9fff]")
LANGUAGES: tuple[Language, ...] = ("en", "zh")


@pytest.mark.parametrize("shape", [*SHAPES, "small"])
@pytest.mark.parametrize("width_px", [NARROW_PX, 1040])
def test_every_chart_compiles_and_stays_small(shape: str, width_px: int) -> None:
    scenario, outcome, report, beside = made(shape)
    for baseline in (None, beside):
        view = View.of(scenario, outcome, report, baseline)
        for name, entry in charts_of(view).items():
            for language in LANGUAGES if baseline is None else LANGUAGES[:1]:
                chart = entry.draw(view, Pen(language, PAGE, width_px))
                assert chart.name == name and chart.title and chart.caption
                assert bool(CHINESE.search(chart.title)) == (language == "zh")
                compiled = vlc.vegalite_to_vega(chart.titled())
                assert compiled["$schema"].startswith("https://vega.github.io/schema/vega/")
                assert len(str(chart.spec)) < 800_000, "aggregate before drawing"


def test_a_legend_names_only_what_is_drawn() -> None:
    scenario, outcome, report, beside = made("week")
    for baseline in (None, beside):
        chart = CHARTS["shift"].draw(View.of(scenario, outcome, report, baseline), Pen("en", LIGHT))
        svg = render_svg(chart.spec)
        assert ">this plan<" in svg
        assert (">first come, first served<" in svg) == (baseline is not None)


def test_a_plan_without_prices_has_no_chart_of_prices() -> None:
    scenario, _, _, beside = made("week")
    report = make_report(scenario, beside, "0.1.0")
    shown = charts_of(View.of(scenario, beside, report))
    assert set(CHARTS) - set(shown) == {"price", "scarce"}


def test_a_picture_is_a_png_in_the_colours_of_a_theme() -> None:
    view = View.of(*made("week")[:3])
    png = render_png(CHARTS["load"].draw(view, Pen("en", LIGHT)).titled(), scale=1)
    assert png.startswith(b"\x89PNG") and len(png) > 5_000
    spec = CHARTS["load"].draw(view, Pen("en", LIGHT)).titled()
    loose = vlc.vegalite_to_png(spec, scale=1, allowed_base_urls=[])
    assert len(png) < len(loose) and png_parts(png) == png_parts(loose), "smaller, pixel for pixel the same"
    svg = render_svg(CHARTS["load"].draw(view, Pen("en", LIGHT)).spec)
    assert LIGHT.load[-1] in svg and "var(" not in svg and "NaN" not in svg


@pytest.mark.parametrize("width_px", [NARROW_PX, 1040])
def test_marks_of_time_say_different_things(width_px: int) -> None:
    spans = (
        1,
        5,
        24,
        36,
        48,
        72,
        120,
        168,
        336,
        720,
        24 * 100,
        24 * 130,
        24 * 149,
        24 * 160,
        24 * 366,
        24 * 900,
    )
    for hours in spans:
        for begin in (0, 7):
            edges = [1_780_272_000_000 + hour * 3_600_000 for hour in (begin, begin + hours)]
            one: dict[str, Json] = {"row": "x", "from": edges[0], "to": edges[1], "step": 0, "told": ""}
            pen = Pen("en", LIGHT, width_px)
            svg = render_svg(heat_map(pen, [one, {**one, "from": edges[1]}], ["x"], ("0",), ("red",), None))
            marks = re.findall(r">(\d\d:\d\d|\d\d-\d\d|\d{4}-\d\d)<", svg)
            assert len(marks) >= 2, hours
            assert all(mark != after for mark, after in itertools.pairwise(marks)), (hours, marks)


def png_parts(png: bytes) -> tuple[bytes, bytes, list[bytes]]:
    """Header, pixels, and the names of all chunks, each checked against its CRC."""
    at, header, pixels, names = 8, b"", b"", list[bytes]()
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        name, body = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", png, at + 8 + length) == (zlib.crc32(name + body),)
        header = body if name == b"IHDR" else header
        pixels += body if name == b"IDAT" else b""
        names += [] if names and names[-1] == name else [name]
        at += length + 12
    return header, zlib.decompress(pixels), names


def test_flows_account_for_every_device_hour() -> None:
    scenario, outcome, report, _ = made("week")
    flows = flows_of(View.of(scenario, outcome, report))
    total = sum(line.device_hours for line in report.by_region.values())
    assert sum(flow.device_hours for flow in flows) == pytest.approx(total)


def test_the_price_paid_is_the_electricity_bill_over_the_energy() -> None:
    scenario, outcome, report, _ = made("week")
    view = View.of(scenario, outcome, report)
    bill = report.energy_micro / 1e6 / (report.energy_wh / 1000)
    assert paid_per_kwh(view, view.usage) == pytest.approx(bill, rel=1e-4)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_summary_aligns(language: Language) -> None:
    scenario, _, report, _ = made("week")
    console = Console(file=io.StringIO(), width=110)
    print_summary(console, scenario, report, language)
    file = console.file
    assert isinstance(file, io.StringIO)
    lines = file.getvalue().splitlines()
    assert all(cell_len(line) <= 110 for line in lines)
    for at, line in enumerate(lines):
        if "───" in line:
            assert {cell_len(row) for row in lines[at - 1 : at + 2]} == {cell_len(line)}
    assert bool(CHINESE.search("".join(lines))) == (language == "zh")


@pytest.mark.parametrize(
    ("micro", "en", "zh"),
    [
        (0, "¥0.00", "0.00\u2009元"),
        (12_340_000, "¥12.34", "12.34\u2009元"),
        (5_678_900_000, "¥5,679", "5,679\u2009元"),
        (12_345_678_900_000, "¥12.35 million", "1,234.57\u2009万元"),
        (9_876_543_210_000_000, "¥9.88 billion", "98.77\u2009亿元"),
    ],
)
def test_money_for_people(micro: int, en: str, zh: str) -> None:
    assert (short_yuan(micro, "en"), short_yuan(micro, "zh")) == (en, zh)


def test_counts_for_people() -> None:
    assert [short_count(count, "zh") for count in (3.0, 1234.0, 56_789.0)] == ["3", "1,234", "5.679\u2009万"]
    assert [short_count(count, "en") for count in (0.25, 999_999.0, 2_500_000.0)] == [
        "0.25",
        "999,999",
        "2.5 million",
    ]


def test_bins_of_waits_double() -> None:
    assert doubling(1) == [0, 1]
    assert doubling(2) == [0, 1, 2]
    assert doubling(17) == [0, 1, 2, 3, 5, 9, 17]
    assert doubling(20) == [0, 1, 2, 3, 5, 9, 17, 20]


def test_steps_of_a_price_rise_and_are_said_in_words() -> None:
    for values in (np.zeros(3), np.array([0.0, 0.2]), np.array([0.001, 5.0, 80.0]), np.full(9, 7.0)):
        steps = price_steps(values)
        assert len(steps) == 6 and list(steps) == sorted(set(steps)) and steps[0] == 0
    assert between((0.15, 0.3), "%") == ("<15%", "15–30%", "≥30%")
