"""Remarks travel in the head of `scenario.yaml`, and change nothing that a reader reads."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st
from tests.networks import small_network

from suanwang.feeds.national import make_national
from suanwang.feeds.reference.book import read_book
from suanwang.feeds.remarks import read_remarks, remark_lines
from suanwang.feeds.scenario_folder import read_scenario
from suanwang.feeds.scenario_header import HEADER_FILE
from suanwang.feeds.scenario_writer import write_scenario
from suanwang.units.text import Text, same

WORDS = (
    st.text(st.characters(codec="utf-8"), min_size=1).map(lambda word: " ".join(word.split())).filter(bool)
)


def test_a_scenario_with_remarks_is_the_same_scenario(tmp_path: Path) -> None:
    remarks = [Text("Assumed: a\nprice: 1", "假设：价格"), Text("# name: 'x'", "---")]
    write_scenario(small_network(), tmp_path / "with", "csv", remarks)
    write_scenario(small_network(), tmp_path / "without", "csv")
    assert read_scenario(tmp_path / "with").scenario.header == small_network().header
    plain = (tmp_path / "without" / HEADER_FILE).read_bytes()
    assert (tmp_path / "with" / HEADER_FILE).read_bytes().endswith(plain)
    assert read_remarks(tmp_path / "with") == [Text("Assumed: a price: 1", "假设：价格"), remarks[1]]
    assert read_remarks(tmp_path / "without") == []


@given(st.lists(st.builds(Text, WORDS, WORDS), max_size=4))
def test_remarks_come_back(remarks: list[Text]) -> None:
    with TemporaryDirectory() as folder:
        (Path(folder) / HEADER_FILE).write_bytes(remark_lines(remarks) + b"name: x\n")
        assert read_remarks(Path(folder)) == remarks


def test_only_marked_comments_above_the_fields_are_remarks(tmp_path: Path) -> None:
    (tmp_path / HEADER_FILE).write_text(
        "# by hand\n# en: One.\n# zh: 一。\n# zh: 只有中文。\n# en: Three.\n#en:\nname: x\n# en: Too late.\n",
        encoding="utf-8-sig",
    )
    assert read_remarks(tmp_path) == [Text("One.", "一。"), same("只有中文。"), same("Three.")]


def test_the_national_scenario_tells_its_sources_and_assumptions() -> None:
    remarks = make_national(200, 20).remarks
    told = "\n".join(remark.en for remark in remarks)
    book = read_book()
    for source in {*book.devices["source"], *book.grid_zones["tariff_source"]}:
        assert str(source) in told
    assert f"CNY {book.assumed.scenario.carbon_price_yuan_per_t} per tonne" in told
    assert "assumed" in told and "transcribed" in told and "published" in told
