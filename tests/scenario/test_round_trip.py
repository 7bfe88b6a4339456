"""What is written is read back equal, in both forms, whatever valid words and figures a scenario holds."""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.networks import small_network

from suanwang.feeds.scenario_folder import read_scenario
from suanwang.feeds.scenario_writer import Form, write_scenario
from suanwang.model.options import OptionBook
from suanwang.model.scenario import Scenario
from suanwang.model.scenario_tables import DEVICES, SCENARIO_TABLES

FORMS: tuple[Form, ...] = ("csv", "parquet")

words = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)
names = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp", "Cf")), min_size=1, max_size=8
)
share = st.floats(0, 1, exclude_max=True)


def assert_equal(one: Scenario, other: Scenario) -> None:
    assert one.header == other.header
    for table in SCENARIO_TABLES:
        left, right = getattr(one, table.name), getattr(other, table.name)
        assert left.schema == right.schema == pl.Schema(table.polars_schema)
        assert left.equals(right), f"{table.name}: {left} {right}"


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """The small network with drawn words, figures and gaps in every kind of column."""
    base = small_network(links=draw(st.booleans()), outages=draw(st.booleans()))
    jobs, centres, pools = base.jobs.height, base.centres.height, base.pools.height

    def column(values: st.SearchStrategy[object], height: int) -> pl.Series:
        return pl.Series(draw(st.lists(values, min_size=height, max_size=height)), strict=False)

    gaps = st.one_of(st.none(), st.floats(0, 10**6))
    header = msgspec.structs.replace(
        base.header, name=draw(words.map(str.strip).filter(bool)), pack_margin=draw(share)
    )
    ids = draw(st.lists(names, min_size=jobs, max_size=jobs, unique=True))
    return msgspec.structs.replace(
        base,
        header=header,
        centres=base.centres.with_columns(
            name=column(words, centres).cast(pl.String),
            operator=column(words, centres).cast(pl.String),
            lat=column(st.floats(-90, 90), centres),
            pue=column(st.floats(1, 10), centres),
        ),
        pools=base.pools.with_columns(
            power_w_per_device=column(st.floats(0, 10**6), pools),
            price_micro_per_device_hour=column(st.integers(0, 10**15), pools),
            devices=column(st.integers(32_000, 10**11).map(lambda milli: milli / 1000), pools),
        ),
        signals=base.signals.with_columns(
            price_micro_per_kwh=column(st.floats(-(10**9), 10**9), base.signals.height)
        ),
        jobs=base.jobs.with_columns(
            job=pl.Series(ids, dtype=pl.String),
            gb_in=column(st.floats(0, 4 * 10**6), jobs),
            max_rtt_ms=column(gaps, jobs).cast(pl.Float64),
            enterprise=column(st.one_of(st.none(), names), jobs).cast(pl.String),
            value_micro=column(st.integers(0, 10**15), jobs),
        ),
    )


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(scenario=scenarios(), form=st.sampled_from(FORMS))
def test_write_then_read_is_equal(scenario: Scenario, form: Form) -> None:
    with TemporaryDirectory() as folder:
        write_scenario(scenario, Path(folder), form)
        assert_equal(read_scenario(Path(folder)).scenario, scenario)


@pytest.mark.parametrize("form", FORMS)
def test_the_same_scenario_gives_the_same_bytes(form: Form, tmp_path: Path) -> None:
    digests: list[dict[str, str]] = []
    for name in ("one", "two"):
        write_scenario(small_network(), tmp_path / name, form)
        digests.append(
            {
                path.name: hashlib.sha256(path.read_bytes()).hexdigest()
                for path in sorted((tmp_path / name).iterdir())
            }
        )
    assert digests[0] == digests[1]
    assert len(digests[0]) == 11


def test_absent_parts_are_left_out_and_come_back_null(tmp_path: Path) -> None:
    scenario = small_network(links=False)
    bare = msgspec.structs.replace(
        scenario,
        devices=pl.DataFrame(schema=DEVICES.polars_schema),
        jobs=scenario.jobs.with_columns(
            residency=pl.lit(None, pl.String), enterprise=pl.lit(None, pl.String)
        ),
    )
    write_scenario(bare, tmp_path, "csv")
    assert not (tmp_path / "links.csv").exists()
    assert not (tmp_path / "devices.csv").exists()
    assert "residency" not in (tmp_path / "jobs.csv").read_text()
    assert_equal(read_scenario(tmp_path).scenario, bare)


def test_writing_again_in_another_form_replaces_the_old_tables(tmp_path: Path) -> None:
    write_scenario(small_network(), tmp_path, "csv")
    write_scenario(small_network(links=False), tmp_path, "parquet")
    assert {path.name for path in tmp_path.iterdir() if path.suffix == ".csv"} == set()
    assert_equal(read_scenario(tmp_path).scenario, small_network(links=False))
    assert not list(tmp_path.glob(".*"))


def test_options_are_parsed_once(tmp_path: Path) -> None:
    write_scenario(small_network(), tmp_path, "parquet")
    scenario = read_scenario(tmp_path).scenario
    assert vars(scenario)["options"] is scenario.options
    again = OptionBook.parse(scenario.jobs["options"])
    assert again.texts.equals(scenario.options.texts)
