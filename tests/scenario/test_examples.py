"""The scenario that ships as an example is valid and what its page says."""

from pathlib import Path

from suanwang.feeds.scenario_folder import read_scenario

EXAMPLE = Path(__file__).parents[2] / "examples" / "three-cities"


def test_three_cities_is_valid_and_small() -> None:
    checked = read_scenario(EXAMPLE)
    scenario = checked.scenario
    assert checked.warnings == ()
    assert scenario.centres.height == 3
    assert scenario.pools["device"].n_unique() == 2
    assert scenario.header.slots == 24
    assert scenario.jobs.height == 20
    assert scenario.links.is_empty()  # pairs follow from the distance


def test_its_readers_can_open_every_table_as_text() -> None:
    assert {path.suffix for path in EXAMPLE.iterdir()} == {".csv", ".yaml"}
