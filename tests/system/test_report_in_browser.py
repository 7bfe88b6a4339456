"""A real browser opens report.html from disk and draws it, at a desk's width and a phone's."""

import json
import os
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import msgspec
import polars as pl
import pytest
from tests.unit.reports.random_network import made, naive_outcome

from suanwang.reports.charts.catalogue import CHARTS
from suanwang.reports.indicators import make_report
from suanwang.reports.page import render_page
from suanwang.units.text import Language

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None
)
HOSTILE = "</script><img src=x onerror=document.title='broken'>"
# Vega-Lite says so of every chart with rows of a fixed height that fits a width.
HARMLESS = 'WARN Dropping "fit-y" because spec has discrete height.'

# What a reader would see: of each chart its marks, whether it stays in its box, and its tool tips.
LOOK = """<script>
addEventListener("load", function () { setTimeout(function () {
  var seen = Array.from(document.querySelectorAll(".chart")).map(function (box) {
    var picture = box.querySelector("svg"), tips = new Set(), tip = document.getElementById("tip");
    if (!picture) return { marks: 0, inside: false, tips: [] };
    var marks = picture.querySelectorAll("path, rect, text, circle");
    marks.forEach(function (mark) {
      mark.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, clientX: 50, clientY: 50 }));
      if (tip.style.opacity === "1") tips.add(tip.textContent);
    });
    var inside = picture.getBoundingClientRect().width <= box.clientWidth + 1;
    return { marks: marks.length, inside: inside, tips: Array.from(tips) };
  });
  var told = document.createElement("pre");
  told.id = "seen";
  told.textContent = JSON.stringify({ charts: seen, failed: document.querySelectorAll(".failed").length,
    title: document.title, wide: document.documentElement.scrollWidth - innerWidth });
  document.body.append(told);
}, 5000); });
</script>"""


class ChartSeen(msgspec.Struct):
    """What the browser tells of a chart."""

    marks: int
    inside: bool
    tips: list[str]


class Seen(msgspec.Struct):
    """What the browser tells of the page."""

    charts: list[ChartSeen]
    failed: int
    title: str
    wide: float


def look(text: str, folder: Path, width_px: int) -> tuple[Seen, list[str]]:
    """What the browser makes of a page, and what it writes on its console."""
    if BROWSER is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    path = folder / "report.html"
    # The last one: the script that draws holds the word too.
    before, _, after = text.rpartition("</body>")
    path.write_text(f"{before}{LOOK}</body>{after}", encoding="utf-8")
    told = subprocess.run(
        [
            BROWSER, "--headless", "--disable-gpu", "--enable-logging=stderr", "--virtual-time-budget=20000",
            f"--window-size={width_px},900", f"--user-data-dir={folder / 'profile'}", "--dump-dom",
            *(["--no-sandbox"] if os.geteuid() == 0 else []), path.as_uri(),
        ],
        capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    found = re.search(r'<pre id="seen">(.*?)</pre>', told.stdout, re.S)
    assert found, told.stderr[-2000:]
    said = [line for line in told.stderr.splitlines() if "CONSOLE" in line and HARMLESS not in line]
    return msgspec.convert(json.loads(unescape(found[1])), Seen), said


@pytest.mark.parametrize(("language", "width_px"), [("en", 1280), ("zh", 500)])
def test_a_browser_draws_every_chart(language: Language, width_px: int, tmp_path: Path) -> None:
    """The smaller one carries names that try to break out of the page."""
    scenario, outcome, report, beside = made("week")
    if language == "zh":
        scenario = msgspec.structs.replace(
            scenario,
            header=msgspec.structs.replace(scenario.header, name=HOSTILE),
            pools=scenario.pools.with_columns(pl.col("pool") + HOSTILE),
            centres=scenario.centres.with_columns(pl.col("name") + HOSTILE),
        )
        outcome, beside = naive_outcome(scenario), naive_outcome(scenario, cheap=False)
        report = make_report(scenario, outcome, "0.1.0", beside)
    seen, console = look(render_page(scenario, outcome, report, language, beside), tmp_path, width_px)
    assert console == []
    assert seen.failed == 0
    assert seen.title == scenario.header.name
    assert seen.wide <= 0, "nothing is wider than the window"
    assert len(seen.charts) == len(CHARTS)
    assert all(chart.marks > 20 and chart.inside for chart in seen.charts)
    with_tips = [chart.tips for chart in seen.charts if chart.tips]
    assert len(with_tips) >= 5, "the map, the course of power, three heat maps, the waits"
    assert not any("undefined" in tip or "null" in tip for tips in with_tips for tip in tips)
