"""The page holds everything itself: words in both languages, charts as data, and what draws them."""

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import msgspec
import pytest
from tests.unit.reports.random_network import made

from suanwang.model.result import Report
from suanwang.reports import vega_script
from suanwang.reports.charts.catalogue import CHARTS, NARROW_PX
from suanwang.reports.charts.embed import embedded
from suanwang.reports.charts.theme import DARK, LIGHT, css_variables
from suanwang.reports.page import render_page
from suanwang.units.text import Language, Text

CHINESE = re.compile("[\u4e00-\u9fff]")
LANGUAGES: tuple[Language, ...] = ("en", "zh")
HOSTILE = "</script><script>alert(1)</script><!-- & \u2028"


@cache
def page(language: Language) -> str:
    scenario, outcome, report, beside = made("week")
    return render_page(scenario, outcome, report, language, beside, [Text("An assumption.", "一条假设。")])


def without_vega(text: str) -> str:
    script = vega_script.vega_script()
    assert text.count(script) == 1
    return text.replace(script, "")


def charts(text: str) -> list[dict[str, list[dict[str, object]]]]:
    found = re.findall(r'<script type="application/json">(.*?)</script>', text, re.S)
    return [json.loads(chart) for chart in found]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_asks_no_other_host(language: Language) -> None:
    text = without_vega(page(language))
    assert """content="default-src 'none'; """ in text, "the browser itself refuses to load anything"
    assert set(re.findall(r"""\b(?:src|href|srcset|action)\s*=\s*(\S+)""", text)) == {'"data:,">'}
    assert not re.findall(r"@import|url\(|fetch\(|XMLHttpRequest|<iframe|<object|<embed", text)
    hosts = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+", text))
    assert hosts <= {"https://vega.github.io"}, "only the name of Vega-Lite's schema"
    assert len(page(language).encode()) < 3_000_000


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_whole(language: Language) -> None:
    text = without_vega(page(language))
    drawn = charts(text)
    assert len(drawn) == text.count('class="chart"') == len(CHARTS)
    wide = [entry.width_px > NARROW_PX for entry in CHARTS.values()]
    assert sum(len(chart["specs"]) for chart in drawn) == len(CHARTS) + sum(wide)
    assert "NaN" not in text and "undefined" not in text and "Infinity" not in text and "None" not in text
    defined = set(css_variables(LIGHT))
    assert set(css_variables(DARK)) == defined
    assert set(re.findall(r"var\((--[\w-]+)\)", text)) <= defined | {"--page", "--line", "--soft", "--good"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phone_draws_the_same_data(language: Language) -> None:
    for chart in charts(page(language)):
        named = [set(re.findall(r'"name": "(data-\d+)"', json.dumps(spec))) for spec in chart["specs"]]
        assert all(names == named[0] == set(chart["datasets"]) for names in named)


def test_both_languages_are_complete() -> None:
    names = set(made("week")[0].centres["name"].to_list())
    english = without_vega(page("en"))
    for name in names:
        english = english.replace(name, "")
    assert not CHINESE.search(english)
    for words in ("An assumption.", "A made-up note.", "above the best possible", "first come, first served"):
        assert words in page("en") or words.capitalize() in page("en")
    chinese = re.sub(r"<style>.*?</style>|<script.*?</script>", "", page("zh"), flags=re.S)
    visible = re.sub(r"<[^>]+>", " ", chinese)
    left = set(re.findall(r"[A-Za-z]{3,}", visible))
    assert left <= {"random", "suanwang", "UTC", "MWh", "kWh", "GWh", "RTX", "cpu", "JavaScript"}


def test_a_plan_without_prices_has_no_table_of_prices() -> None:
    scenario, _, report, beside = made("week")
    unpriced = msgspec.structs.replace(report, scarcity=None)
    assert "What one more device" in page("en")
    assert "What one more device" not in render_page(scenario, beside, unpriced, "en")


def test_a_name_cannot_break_the_page() -> None:
    scenario, outcome, report, _ = made("small")
    hostile: Report = msgspec.structs.replace(report, notes=[Text(HOSTILE, "x")])
    text = render_page(scenario, outcome, hostile, "en", assumptions=[Text(HOSTILE, "x")])
    assert "<script>alert" not in text and text.count("&lt;script&gt;alert") == 2


def test_no_text_leaves_the_json_of_a_chart() -> None:
    held = embedded([{"data": {"values": [{"name": HOSTILE}]}, "title": HOSTILE}])
    assert not re.search("[<>&]", held)
    (spec,) = json.loads(held)["specs"]
    assert spec["title"] == HOSTILE
    assert json.loads(held)["datasets"][spec["data"]["name"]] == [{"name": HOSTILE}]


def test_equal_data_stand_in_the_page_once() -> None:
    rows, others = [{"x": 1}, {"x": 2}], [{"x": 3}]
    layer = [{"data": {"values": rows}}, {"data": {"values": list(rows)}}, {"data": {"values": others}}]
    held = json.loads(embedded([{"layer": layer}, {"data": {"values": others}}]))
    assert sorted(map(str, held["datasets"].values())) == sorted(map(str, (rows, others)))


def test_a_page_is_made_without_the_library_that_renders() -> None:
    loaded = "import sys, suanwang.reports.page; print({'vl_convert', 'numba'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"


def test_the_script_cannot_end_its_element() -> None:
    script = vega_script.vega_script()
    assert "window.vegaEmbed=" in script
    assert "</script" not in script and "<!--" not in script


def test_the_script_is_made_once_and_kept_where_it_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a file").write_text("")
    places = [tmp_path / "a file" / "cache", tmp_path / "user" / "cache", tmp_path / "third"]
    made_times: list[int] = []

    def make() -> str:
        made_times.append(1)
        return "a script"

    monkeypatch.setattr(vega_script, "cache_folders", lambda: places)
    monkeypatch.setattr(vega_script, "make_script", make)
    assert [vega_script.vega_script() for _ in range(3)] == ["a script"] * 3
    assert len(made_times) == 1
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "a file"]
    assert kept == [places[1] / vega_script.file_name()]


def test_without_any_place_to_keep_it_the_script_is_made_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a file").write_text("")
    monkeypatch.setattr(vega_script, "cache_folders", lambda: [tmp_path / "a file" / "cache"])
    monkeypatch.setattr(vega_script, "make_script", lambda: "a script")
    assert vega_script.vega_script() == "a script"
