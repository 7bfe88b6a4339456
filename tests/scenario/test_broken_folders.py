"""Every kind of broken folder that was thought of: what is said, where, and that no traceback escapes.

A row of `BROKEN` is: name, how the folder is broken, the kind of the fault, its place, words of the message.
"""
# ruff: noqa: E501

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.networks import small_network

from suanwang.cli.main import main
from suanwang.feeds.scenario_folder import read_scenario
from suanwang.feeds.scenario_writer import write_scenario
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Language

Mutation = Callable[[Path], object]


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Valid folders in both forms, from which each case breaks a copy."""
    root = tmp_path_factory.mktemp("sound")
    for form in ("csv", "parquet"):
        write_scenario(small_network(), root / form, form)
    return root


def text(file: str, old: str, new: str, count: int = 1) -> Mutation:
    """Replaces words of a text file."""

    def change(folder: Path) -> None:
        content = (folder / file).read_text(encoding="utf-8")
        assert old in content, f"{file} has no {old!r}"
        (folder / file).write_text(content.replace(old, new, count), encoding="utf-8", newline="")

    return change


def cell(table: str, row: int, column: str, value: str) -> Mutation:
    """Writes `value`, as it is, into one cell; `row` is the line of the file."""

    def change(folder: Path) -> None:
        path = folder / f"{table}.csv"
        lines = path.read_text(encoding="utf-8").splitlines()
        at = lines[0].split(",").index(column)
        cells = lines[row - 1].split(",")
        cells[at] = value
        lines[row - 1] = ",".join(cells)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")

    return change


def content(file: str, data: bytes | str) -> Mutation:
    """Writes a whole file."""
    raw = data.encode() if isinstance(data, str) else data
    return lambda folder: (folder / file).write_bytes(raw)


def recoded(file: str, encoding: str) -> Mutation:
    """The same file in another encoding."""
    return lambda folder: (folder / file).write_bytes(
        (folder / file).read_text(encoding="utf-8").encode(encoding)
    )


def drop_column(file: str, column: str) -> Mutation:
    return lambda folder: pl.read_csv(folder / file, infer_schema=False).drop(column).write_csv(folder / file)


def directory(file: str) -> Mutation:
    def change(folder: Path) -> None:
        (folder / file).unlink()
        (folder / file).mkdir()

    return change


def parquet(table: str, change_frame: Callable[[pl.DataFrame], pl.DataFrame]) -> Mutation:
    """The table as Parquet, changed, in place of the CSV."""

    def change(folder: Path) -> None:
        source = folder / f"{table}.csv"
        frame = pl.read_csv(source, infer_schema_length=None, schema_overrides={"region": pl.String})
        source.unlink()
        change_frame(frame).write_parquet(folder / f"{table}.parquet")

    return change


def both_forms(folder: Path) -> None:
    pl.read_csv(folder / "pools.csv").write_parquet(folder / "pools.parquet")


def truncated_parquet(folder: Path) -> None:
    pl.read_csv(folder / "pools.csv").write_parquet(folder / "pools.parquet")
    (folder / "pools.csv").unlink()
    raw = (folder / "pools.parquet").read_bytes()
    (folder / "pools.parquet").write_bytes(raw[: len(raw) // 2])


def parquet_as_csv(folder: Path) -> None:
    pl.read_csv(folder / "pools.csv").write_parquet(folder / "pools.csv")


def pipe(file: str) -> Mutation:
    """A named pipe in place of a file: to read it waits without end."""

    def change(folder: Path) -> None:
        (folder / file).unlink()
        os.mkfifo(folder / file)

    return change


def overlapping_outage(folder: Path) -> None:
    with (folder / "outages.csv").open("a") as file:
        file.write("zw-910b,5,6,50\n")


def remove(file: str) -> Mutation:
    return lambda folder: (folder / file).unlink()


def rename(file: str, to: str) -> Mutation:
    return lambda folder: (folder / file).rename(folder / to)


def drop_line(file: str, row: int) -> Mutation:
    def change(folder: Path) -> None:
        lines = (folder / file).read_text(encoding="utf-8").splitlines(keepends=True)
        (folder / file).write_text("".join(lines[: row - 1] + lines[row:]), encoding="utf-8")

    return change


def times(table: str, column: str, factor: float) -> Mutation:
    """A whole column in another unit."""

    def change(folder: Path) -> None:
        path = folder / f"{table}.csv"
        frame = pl.read_csv(path, infer_schema_length=None, schema_overrides={"region": pl.String})
        kind = pl.Int64 if column.endswith(("hour", "value_micro")) else pl.Float64
        frame.with_columns((pl.col(column) * factor).cast(kind)).write_csv(path)

    return change


BROKEN: list[tuple[str, Mutation, str, str, tuple[str, ...]]] = [
    # the folder and its files
    ("table missing", remove("jobs.csv"), "missing_table", "jobs", ("the table is missing", "jobs.csv")),
    ("table misnamed", rename("jobs.csv", "job.csv"), "missing_table", "jobs", ("rename job.csv",)),
    ("table packed", rename("jobs.csv", "jobs.csv.gz"), "missing_table", "jobs", ("unpack or save jobs.csv.gz as jobs.csv",)),
    ("header missing", remove("scenario.yaml"), "missing_header", "scenario.yaml", ("missing",)),
    ("header misnamed", rename("scenario.yaml", "scenario.yml"), "missing_header", "scenario.yaml", ("rename",)),
    ("header a directory", directory("scenario.yaml"), "directory", "scenario.yaml", ("a directory",)),
    ("table a directory", directory("pools.csv"), "directory", "pools.csv", ("a directory in place",)),
    ("table in two files", both_forms, "two_files", "pools.csv, pools.parquet", ("not both",)),
    ("empty file", content("jobs.csv", b""), "empty_file", "jobs.csv", ("empty",)),
    ("only a byte order mark", content("jobs.csv", b"\xef\xbb\xbf\r\n"), "empty_file", "jobs.csv", ("empty",)),
    ("dangling link", lambda f: ((f / "links.csv").unlink(), (f / "links.csv").symlink_to("x")), "unreadable",
     "links.csv", ("link to nothing",)),
    ("header only", content("pools.csv", "pool,centre,device,devices,devices_per_node,power_w_per_device,"
     "idle_w_per_device,price_micro_per_device_hour\n"), "no_rows", "pools.csv", ("a header without rows",)),
    # encodings and the shape of a CSV
    ("GBK", recoded("centres.csv", "gbk"), "encoding", "centres.csv row 2", ("GBK", "iconv -f GB18030")),
    ("UTF-16", recoded("centres.csv", "utf-16"), "encoding", "centres.csv row 1", ("UTF-16", "iconv")),
    ("UTF-16 without mark", recoded("pools.csv", "utf-16-le"), "encoding", "pools.csv row 1", ("UTF-16",)),
    ("mixed encodings", lambda f: (f / "centres.csv").write_bytes((f / "centres.csv").read_bytes() +
     "xx,名,general,310000,,31,121,上海,1.2,3,运营,\n".encode("gbk")), "encoding", "centres.csv row 5", ("UTF-8",)),
    ("GBK header", recoded("scenario.yaml", "gbk"), "encoding", "scenario.yaml row 1", ("GBK",)),
    ("semicolons", lambda f: (f / "pools.csv").write_text((f / "pools.csv").read_text().replace(",", ";")),
     "delimiter", "pools.csv row 1", ("separated by ;",)),
    ("tabs", lambda f: (f / "pools.csv").write_text((f / "pools.csv").read_text().replace(",", "\t")),
     "delimiter", "pools.csv row 1", ("TAB",)),
    ("row too long", text("pools.csv", "6500000", "6,500,000"), "ragged_row", "pools.csv row 2", ("8 fields",)),
    ("row too short", text("pools.csv", ",6500000", ""), "ragged_row", "pools.csv row 2", ("8 fields", "found '7'")),
    ("blank line between rows", text("pools.csv", "\n", "\n\n"), "blank_line", "pools.csv row 2", ("blank line",)),
    ("open quote", text("pools.csv", "zw-a100", '"zw-a100'), "quotes", "pools.csv row 3", ("quotes",)),
    ("quote in the header", text("links.csv", "cost_m", 'cost"'), "quotes", "links.csv row 1", ("a quote inside",)),
    ("links without a region", lambda f: [cell("links", row, "region", "")(f) for row in (2, 3, 4)], "empty", "links.csv row 2 region", ()),
    ("old Mac line ends", lambda f: (f / "pools.csv").write_bytes((f / "pools.csv").read_bytes().replace(
        b"\n", b"\r")), "line_end", "pools.csv", ("carriage return",)),
    ("zero bytes", text("pools.csv", "zw-a100", "zw\0a100"), "not_csv", "pools.csv row 3", ("a zero byte",)),
    ("header a pipe", pipe("scenario.yaml"), "unreadable", "scenario.yaml", ("not a regular file",)),
    ("table a pipe", pipe("jobs.csv"), "unreadable", "jobs.csv", ("not a regular file",)),
    ("UTF-32", recoded("centres.csv", "utf-32"), "encoding", "centres.csv row 1", ("UTF-32", "iconv -f UTF-32")),
    ("zstd named .csv", content("pools.csv", b"\x28\xb5\x2f\xfd" + bytes(range(255))), "not_csv", "pools.csv", ("unzstd",)),
    ("no text at all", content("pools.csv", bytes(range(1, 256)) * 9), "not_text", "pools.csv row 2", ("not a text file",)),
    ("no header", lambda f: (f / "pools.csv").write_text("".join((f / "pools.csv").read_text().splitlines(True)[1:])),
     "no_header", "pools.csv row 1", ("not the header", "pool,centre,device")),
    ("line above the header", text("pools.csv", "pool,", "sep=,\npool,"), "no_header", "pools.csv row 1", ("found 'sep=,'",)),
    ("comma at the end of each line", lambda f: (f / "pools.csv").write_text((f / "pools.csv").read_text().replace("\n", ",\n")),
     "unnamed_column", "pools.csv row 1 column 9", ("column 9 has no name",)),
    ("Parquet named .csv", parquet_as_csv, "not_csv", "pools.csv", ("Parquet file named .csv", ".parquet")),
    ("workbook named .csv", content("pools.csv", b"PK\x03\x04rest"), "not_csv", "pools.csv", ("CSV UTF-8",)),
    # headers of tables
    ("unknown column", text("jobs.csv", ",gb_out", ",gb_uot"), "unknown_column", "jobs.csv row 1 gb_uot",
     ("did you mean gb_out?",)),
    ("column in another case", text("jobs.csv", "value_micro", "Value_Micro"), "unknown_column",
     "jobs.csv row 1 Value_Micro", ("did you mean value_micro?",)),
    ("column with a space", text("jobs.csv", ",region,", ", region,"), "unknown_column", "jobs.csv row 1  region",
     ("did you mean region?",)),
    ("column missing", drop_column("jobs.csv", "gb_in"), "missing_column", "jobs.csv gb_in", ("input, GB",)),
    ("column twice", text("pools.csv", "idle_w_per_device", "devices"), "duplicate_column",
     "pools.csv row 1 devices", ("twice",)),
    # values
    ("NaN", cell("jobs", 3, "gb_in", "NaN"), "nan", "jobs.csv row 3 gb_in", ("found 'NaN'",)),
    ("infinity", cell("jobs", 3, "gb_in", "inf"), "infinite", "jobs.csv row 3 gb_in", ("infinity",)),
    ("empty cell", cell("jobs", 3, "gb_in", ""), "empty", "jobs.csv row 3 gb_in", ("fill it in",)),
    ("negative capacity", cell("pools", 3, "devices", "-8"), "below_least", "pools.csv row 3 devices",
     ("a negative number", "found '-8'")),
    ("PUE of 1250", cell("centres", 2, "pue", "1250"), "above_most", "centres.csv row 2 pue", ("above 10",)),
    ("latitude and longitude swapped", cell("centres", 2, "lat", "120.8"), "above_most", "centres.csv row 2 lat",
     ("-90 .. 90",)),
    ("grade 6", cell("centres", 2, "security_grade", "6"), "above_most", "centres.csv row 2 security_grade", ("1 .. 5",)),
    ("four decimal places", cell("pools", 2, "devices", "1.2345"), "too_many_places", "pools.csv row 2 devices",
     ("3 decimal places",)),
    ("twenty digits", cell("centres", 2, "lat", "31.123456789012345678"), "too_many_digits", "centres.csv row 2 lat",
     ("15 significant digits",)),
    ("past 64 bits", cell("jobs", 2, "value_micro", "99999999999999999999"), "too_large",
     "jobs.csv row 2 value_micro", ("64 bits",)),
    ("fraction of micro-yuan", cell("jobs", 2, "value_micro", "12.5"), "fraction", "jobs.csv row 2 value_micro",
     ("a whole number",)),
    ("money as a power of ten", cell("jobs", 2, "value_micro", "1e9"), "exponent", "jobs.csv row 2 value_micro",
     ("all the digits",)),
    ("thousands separators", cell("jobs", 2, "value_micro", "1'000'000"), "thousands_separator",
     "jobs.csv row 2 value_micro", ("without separators",)),
    ("full-width digits", cell("jobs", 2, "gb_in", "１２"), "full_width", "jobs.csv row 2 gb_in", ("half-width",)),
    ("date in a slot", cell("jobs", 2, "release_slot", "2026-03-02"), "date", "jobs.csv row 2 release_slot",
     ("number of the slot",)),
    ("unit in a number", cell("jobs", 2, "gb_in", "12GB"), "unit_in_number", "jobs.csv row 2 gb_in", ("its unit",)),
    ("digits of another script", cell("jobs", 2, "gb_in", "١٢"), "not_a_number", "jobs.csv row 2 gb_in", ("0-9",)),
    ("word for a number", cell("jobs", 2, "gb_in", "plenty"), "not_a_number", "jobs.csv row 2 gb_in", ("plenty",)),
    ("spaces around a number", cell("jobs", 2, "gb_in", " 5"), "space_around", "jobs.csv row 2 gb_in", ("spaces",)),
    ("spaces around a name", cell("pools", 2, "device", "A100 "), "space_around", "pools.csv row 2 device", ("spaces",)),
    ("line break in a name", cell("pools", 3, "pool", '"zw\na100"'), "control_character", "pools.csv row 3 pool",
     ("line break",)),
    ("unknown kind", cell("centres", 2, "kind", "quantum"), "not_a_choice", "centres.csv row 2 kind", ("edge",)),
    ("yes for true", cell("devices", 2, "domestic", "yes"), "not_true_or_false", "devices.csv row 2 domestic", ("true",)),
    ("empty residency", cell("jobs", 2, "residency", "51;;64"), "empty_part", "jobs.csv row 2 residency", (";",)),
    ("residency by name", cell("jobs", 2, "residency", "四川"), "residency", "jobs.csv row 2 residency", ("prefixes",)),
    # keys and references
    ("job twice", cell("jobs", 4, "job", "j0"), "duplicate_key", "jobs.csv row 4 job", ("the same key",)),
    ("slot twice", cell("signals", 3, "slot", "0"), "duplicate_key", "signals.csv row 3 grid_zone+slot", ("上海, 0",)),
    ("pool of no centre", cell("pools", 2, "centre", "shh"), "unknown_reference", "pools.csv row 2 centre",
     ("shh → sh",)),
    ("unknown device", cell("pools", 2, "device", "A1000"), "unknown_reference", "pools.csv row 2 device",
     ("A1000 → A100",)),
    ("unknown region of a job", cell("jobs", 2, "region", "Shanghai"), "unknown_region", "jobs.csv row 2 region",
     ("regions",)),
    ("unknown data region", cell("jobs", 2, "data_region", "990000"), "unknown_region", "jobs.csv row 2 data_region", ()),
    ("link of no centre", cell("links", 2, "centre", "xx"), "unknown_reference", "links.csv row 2 centre", ()),
    ("link of no region", cell("links", 2, "region", "xx"), "unknown_region", "links.csv row 2 region", ()),
    ("outage of no pool", cell("outages", 2, "pool", "xx"), "unknown_reference", "outages.csv row 2 pool", ()),
    ("green of no centre", cell("green", 2, "centre", "xx"), "unknown_reference", "green.csv row 2 centre", ()),
    ("pairing of no region", cell("pairings", 2, "from_region", "9"), "unknown_region", "pairings.csv row 2 from_region", ()),
    ("zone without signals", cell("centres", 2, "grid_zone", "华东"), "unknown_reference",
     "centres.csv row 2 grid_zone", ("signals",)),
    ("slot without signals", drop_line("signals.csv", 5), "missing_slot", "signals.csv grid_zone 上海",
     ("1 slots are missing: 3",)),
    # time and capacity
    ("deadline past the horizon", cell("jobs", 2, "deadline_slot", "25"), "past_horizon", "jobs.csv row 2 deadline_slot",
     ("at most 24",)),
    ("deadline before release", cell("jobs", 2, "deadline_slot", "0"), "below_least", "jobs.csv row 2 deadline_slot", ()),
    ("deadline at release", cell("jobs", 3, "deadline_slot", "5"), "end_before_start", "jobs.csv row 3 deadline_slot",
     ("release_slot < deadline_slot",)),
    ("window shorter than every option", cell("jobs", 2, "deadline_slot", "5"), "window_too_short",
     "jobs.csv row 2 options", ("shorter than every option", "A100:8:6")),
    ("outage past the horizon", cell("outages", 2, "to_slot", "99"), "past_horizon", "outages.csv row 2 to_slot", ()),
    ("outage that ends before it starts", cell("outages", 2, "to_slot", "2"), "end_before_start",
     "outages.csv row 2 to_slot", ()),
    ("outages that add up to more than there is", overlapping_outage, "outage_too_large",
     "outages.csv row 4 devices_lost", ("more devices are lost",)),
    ("signal past the horizon", text("signals.csv", "上海,23,", "上海,24,"), "past_horizon", "signals.csv row 25 slot", ()),
    # options
    ("options with commas", cell("jobs", 2, "options", '"A100:8:6,910B:8:8"'), "options_grammar", "jobs.csv row 2 options",
     ("device:units[xnodes]:slots",)),
    ("option without slots", cell("jobs", 2, "options", "A100:8"), "options_grammar", "jobs.csv row 2 options", ()),
    ("option of zero devices", cell("jobs", 2, "options", "A100:0:6"), "options_grammar", "jobs.csv row 2 options", ()),
    ("option of zero nodes", cell("jobs", 2, "options", "A100:8x0:6"), "options_grammar", "jobs.csv row 2 options", ()),
    ("units with four decimals", cell("jobs", 2, "options", "A100:0.0625:6"), "options_grammar", "jobs.csv row 2 options",
     ("3 decimals",)),
    ("trailing ; in options", cell("jobs", 2, "options", "A100:8:6;"), "options_grammar", "jobs.csv row 2 options", ()),
    ("full-width colon in options", cell("jobs", 2, "options", "A100：8：6"), "options_grammar", "jobs.csv row 2 options", ()),
    ("full-width digits in options", cell("jobs", 2, "options", "A100:８:6"), "options_grammar", "jobs.csv row 2 options", ()),
    ("release past the horizon", lambda f: (cell("jobs", 2, "release_slot", "24")(f), cell("jobs", 2, "deadline_slot", "late")(f)),
     "past_horizon", "jobs.csv row 2 release_slot", ("at most 23",)),
    ("region that was a float", cell("jobs", 2, "region", "510100.0"), "unknown_region", "jobs.csv row 2 region",
     ("510100.0 → 510100?",)),
    ("no options", cell("jobs", 2, "options", ""), "options_grammar", "jobs.csv row 2 options", ()),
    # the header
    ("unknown field", text("scenario.yaml", "slots:", "slotz:"), "unknown_field", "scenario.yaml row 4 slotz",
     ("did you mean slots?",)),
    ("field missing", text("scenario.yaml", "slots: 24\n", ""), "missing_field", "scenario.yaml slots", ("slots",)),
    ("field twice", text("scenario.yaml", "slots: 24\n", "slots: 24\nslots: 48\n"), "duplicate_field",
     "scenario.yaml row 5 slots", ("twice",)),
    ("start without offset", text("scenario.yaml", "+08:00", ""), "header_value", "scenario.yaml row 2 start", ("offset",)),
    ("start too late for a horizon", text("scenario.yaml", "2026-03-02T00", "9999-12-31T23"), "header_value",
     "scenario.yaml row 2 start", ("not in the years",)),
    ("start no instant", text("scenario.yaml", "2026-03-02T00", "2026-13-02T00"), "header_value",
     "scenario.yaml row 2 start", ("not an instant",)),
    ("money as float", text("scenario.yaml", ": 62360", ": 62360.5"), "header_value",
     "scenario.yaml row 5 carbon_price_micro_per_kg", ("not a whole number", "62360.5")),
    ("money as a power of ten in the header", text("scenario.yaml", ": 62360", ": 1e6"), "header_value",
     "scenario.yaml row 5 carbon_price_micro_per_kg", ("not a whole number",)),
    ("slots of zero", text("scenario.yaml", "slots: 24", "slots: 0"), "header_value", "scenario.yaml row 4 slots", ("1 ..",)),
    ("slot of two days", text("scenario.yaml", "slot_minutes: 60", "slot_minutes: 2880"), "header_value",
     "scenario.yaml row 3 slot_minutes", ("1440",)),
    ("margin in per cent", text("scenario.yaml", "slots: 24", "pack_margin: 5\nslots: 24"), "header_value",
     "scenario.yaml row 4 pack_margin", ("not per cent",)),
    ("list for a value", text("scenario.yaml", "slots: 24", "slots: [24]"), "wrong_type", "scenario.yaml row 4 slots", ()),
    ("no YAML", content("scenario.yaml", "name: [unclosed\n"), "not_yaml", "scenario.yaml row 2", ("not YAML",)),
    ("YAML too deep", content("scenario.yaml", "name: " + "[" * 5_000), "not_yaml", "scenario.yaml row 1", ("too deeply",)),
    ("YAML with a list for a name", text("scenario.yaml", "slots: 24", "? [a]\n: 1\nslots: 24"), "unknown_field",
     "scenario.yaml row 4 ?", ()),
    ("YAML without fields", content("scenario.yaml", "just words\n"), "not_yaml", "scenario.yaml", ("not a map",)),
    # Parquet
    ("damaged Parquet", truncated_parquet, "unreadable", "pools.parquet", ("damaged",)),
    ("text named .parquet", rename("pools.csv", "pools.parquet"), "not_parquet", "pools.parquet", ("name a text file .csv",)),
    ("empty Parquet", lambda f: ((f / "pools.csv").unlink(), (f / "pools.parquet").touch()), "not_parquet",
     "pools.parquet", ("empty",)),
    ("NaN in Parquet", parquet("pools", lambda p: p.with_columns(devices=pl.Series([np.nan, 1.0, 1.0, 1.0]))), "nan",
     "pools.parquet row 1 devices", ("NaN",)),
    ("null in Parquet", parquet("pools", lambda p: p.with_columns(centre=pl.Series(["sh", None, "zw", "cd"]))), "empty",
     "pools.parquet row 2 centre", ()),
    ("list column", parquet("pools", lambda p: p.with_columns(device=pl.concat_list("device"))), "wrong_type",
     "pools.parquet row 1 device", ("List",)),
    ("dates for slots in Parquet", parquet("outages", lambda o: o.with_columns(
        from_slot=pl.lit("2026-03-02").str.to_date())), "wrong_type", "outages.parquet row 1 from_slot", ("Date",)),
    ("half a slot in Parquet", parquet("outages", lambda o: o.with_columns(pl.col("from_slot") + 0.5)), "fraction",
     "outages.parquet row 1 from_slot", ("a fraction",)),
    ("float money in Parquet", parquet("pools", lambda p: p.with_columns(
        price_micro_per_device_hour=pl.lit(0.5))), "fraction", "pools.parquet row 1 price_micro_per_device_hour", ()),
    ("unsigned past 64 bits", parquet("pools", lambda p: p.with_columns(
        price_micro_per_device_hour=pl.lit(2**63, dtype=pl.UInt64))), "too_large",
     "pools.parquet row 1 price_micro_per_device_hour", ("64 bits",)),
    ("unknown column in Parquet", parquet("pools", lambda p: p.rename({"device": "Device"})), "unknown_column",
     "pools.parquet Device", ("did you mean device?",)),
]  # fmt: skip

DOUBTFUL: list[tuple[str, Mutation, str, str, str]] = [
    ("power in kW", times("pools", "power_w_per_device", 0.001), "doubtful_unit", "pools.csv", "power_w_per_device"),
    ("power in mW", times("pools", "power_w_per_device", 1000), "doubtful_unit", "pools.csv", "power_w_per_device"),
    ("rent in yuan", times("pools", "price_micro_per_device_hour", 1e-6), "doubtful_unit", "pools.csv",
     "price_micro_per_device_hour"),
    ("one rent times 1000", cell("pools", 3, "price_micro_per_device_hour", "3250000000"), "doubtful_unit",
     "pools.csv", "price_micro_per_device_hour"),
    ("electricity in yuan per MWh", times("signals", "price_micro_per_kwh", 0.001), "doubtful_median", "signals.csv",
     "price_micro_per_kwh"),
    ("electricity times 1000", times("signals", "price_micro_per_kwh", 1000), "doubtful_unit", "signals.csv",
     "price_micro_per_kwh"),
    ("carbon in kg", times("signals", "carbon_g_per_kwh", 0.001), "doubtful_median", "signals.csv", "carbon_g_per_kwh"),
    ("carbon in mg", times("signals", "carbon_g_per_kwh", 1000), "doubtful_unit", "signals.csv", "carbon_g_per_kwh"),
    ("input in KB", times("jobs", "gb_in", 30_000), "doubtful_unit", "jobs.csv", "gb_in"),
    ("input in MB", times("jobs", "gb_in", 5_000), "doubtful_median", "jobs.csv", "gb_in"),
    ("value in yuan", times("jobs", "value_micro", 1e-6), "doubtful_value", "jobs.csv", "value_micro"),
    ("round trip in µs", times("links", "rtt_ms", 1000), "doubtful_unit", "links.csv", "rtt_ms"),
    ("round trip in seconds", times("links", "rtt_ms", 0.001), "faster_than_light", "links.csv", "rtt_ms"),
    ("TFLOPS for PFLOPS", times("devices", "fp16_pflops", 1000), "doubtful_unit", "devices.csv", "fp16_pflops"),
    ("memory in MB", times("devices", "memory_gb", 1000), "doubtful_unit", "devices.csv", "memory_gb"),
    ("carbon price per tonne", text("scenario.yaml", ": 62360", ": 62360000"), "doubtful_unit", "scenario.yaml",
     "carbon_price_micro_per_kg"),
    ("rent times 1/1000", times("pools", "price_micro_per_device_hour", 1e-3), "doubtful_median", "pools.csv", "price_micro_per_device_hour"),
    ("idle power in kW", times("pools", "idle_w_per_device", 1e-3), "idle_too_small", "pools.csv", "idle_w_per_device"),
    ("EFLOPS for PFLOPS", times("devices", "fp16_pflops", 0.001), "doubtful_median", "devices.csv", "fp16_pflops"),
    ("data cost in milli-yuan", times("links", "cost_micro_per_gb", 0.001), "doubtful_median", "links.csv", "cost_micro_per_gb"),
    ("bandwidth in Mbit/s", times("links", "gbps", 1000), "doubtful_median", "links.csv", "gbps"),
    ("latency limit in µs", times("jobs", "max_rtt_ms", 1000), "doubtful_median", "jobs.csv", "max_rtt_ms"),
    ("value in milli-yuan", times("jobs", "value_micro", 1e-3), "doubtful_value", "jobs.csv", "value_micro"),
    ("value times 1000", times("jobs", "value_micro", 1000), "doubtful_value", "jobs.csv", "value_micro"),
    ("green power in kW", times("green", "green_w", 0.001), "doubtful_green", "green.csv", "green_w"),
    ("green power times 1000", times("green", "green_w", 1000), "doubtful_green", "green.csv", "green_w"),
    ("carbon price in yuan per tonne", text("scenario.yaml", ": 62360", ": 62"), "doubtful_unit", "scenario.yaml", "carbon_price_micro_per_kg"),
    ("idle above busy", cell("pools", 2, "idle_w_per_device", "900"), "idle_above_busy", "pools.csv", "idle_w_per_device"),
    ("device that no pool has", cell("jobs", 2, "options", "H100:8:6;A100:8:6"), "device_without_pool", "jobs.csv", "options"),
    ("device that no option can name", lambda f: (text("pools.csv", ",cpu,", ",one core,")(f), text("devices.csv", "cpu,", "one core,")(f)), "unaskable_device", "pools.csv", "device"),
    ("residency without centre", cell("jobs", 2, "residency", "54"), "residency_empty", "jobs.csv", "residency"),
    ("hub without centre", cell("pairings", 2, "to_hub", "宁"), "unknown_hub", "pairings.csv", "to_hub"),
    ("table that is not read", content("vouchers.csv", "a\n1\n"), "unknown_table", "vouchers.csv", ""),
    ("centre far from its region", cell("centres", 2, "lon", "80"), "far_from_region", "centres.csv", "lat"),
]  # fmt: skip


def faults_of(folder: Path) -> tuple[Fault, ...]:
    with pytest.raises(InvalidInput) as caught:
        read_scenario(folder)
    return caught.value.faults


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound / "csv", tmp_path / "case"))


@pytest.mark.parametrize(
    ("mutation", "kind", "where", "words"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN]
)
def test_a_broken_folder_is_refused_with_its_place(
    folder: Path,
    mutation: Mutation,
    kind: str,
    where: str,
    words: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    mutation(folder)
    faults = faults_of(folder)
    found = [fault for fault in faults if fault.kind == kind and fault.where == where and not fault.warning]
    assert found, [(fault.kind, fault.where) for fault in faults]
    for word in words:
        assert word in found[0].say("en"), found[0].say("en")
    assert found[0].remedy.en, "a fault says what to do"
    assert found[0].remedy.zh and found[0].what.zh
    # the command says it too, here in one language and there in the other, and no traceback escapes
    language: Language = "zh" if len(where) % 2 else "en"
    assert main(["check", str(folder), "--lang", language]) == 2
    printed = capsys.readouterr()
    assert "Traceback" not in printed.out + printed.err
    assert found[0].what.say(language)[:12] in printed.out.replace("\n", "")


@pytest.mark.parametrize(
    ("mutation", "kind", "file", "column"), [row[1:] for row in DOUBTFUL], ids=[row[0] for row in DOUBTFUL]
)
def test_a_doubtful_folder_is_read_with_a_warning(
    folder: Path, mutation: Mutation, kind: str, file: str, column: str
) -> None:
    mutation(folder)
    warnings = read_scenario(folder).warnings
    assert (kind, file, column) in {(one.kind, one.file, one.column) for one in warnings}, warnings
    assert all(one.warning for one in warnings)


def test_the_sound_network_has_no_warnings(sound: Path) -> None:
    for form in ("csv", "parquet"):
        assert read_scenario(sound / form).warnings == ()


def test_missing_folder_and_file_in_its_place(tmp_path: Path) -> None:
    assert [fault.kind for fault in faults_of(tmp_path / "nowhere")] == ["missing_folder"]
    (tmp_path / "file").write_text("x")
    assert [fault.kind for fault in faults_of(tmp_path / "file")] == ["not_a_folder"]


def test_all_faults_of_all_tables_come_at_once(folder: Path) -> None:
    for mutation in (
        text("scenario.yaml", "+08:00", ""),
        cell("pools", 2, "devices", "-1"),
        cell("pools", 3, "centre", "nowhere"),
        cell("jobs", 2, "gb_in", "NaN"),
        cell("jobs", 3, "job", "j0"),
        cell("jobs", 4, "options", "A100"),
        recoded("centres.csv", "gbk"),
        remove("signals.csv"),
    ):
        mutation(folder)
    kinds = {fault.kind for fault in faults_of(folder)}
    # with the centres unreadable, nothing can be said about the centre of a pool
    assert kinds == {
        "header_value", "below_least", "nan", "duplicate_key", "options_grammar", "encoding", "missing_table",
    }  # fmt: skip


def test_rows_of_the_wrong_width_hide_no_other_fault_and_invent_none(folder: Path) -> None:
    """What the sound rows and the header say wrongly is told too; what only a broken row could answer is not."""
    text("pools.csv", ",6500000", "")(folder)
    cell("pools", 4, "devices", "-1")(folder)
    text("pools.csv", "idle_w_per_device", "idle")(folder)
    faults = [fault for fault in faults_of(folder) if not fault.warning]
    assert [(fault.kind, fault.where) for fault in faults] == [
        ("ragged_row", "pools.csv row 2"),
        ("unknown_column", "pools.csv row 1 idle"),
        ("missing_column", "pools.csv idle_w_per_device"),
        ("below_least", "pools.csv row 4 devices"),
    ]


def test_a_key_column_that_is_missing_makes_no_reference_wrong(folder: Path) -> None:
    text("pools.csv", "pool,centre,device,", "Pool,centre,Device,")(folder)
    assert {fault.kind for fault in faults_of(folder)} == {"unknown_column", "missing_column"}


def test_counts_are_exact_and_the_first_hundred_places_are_listed(folder: Path) -> None:
    jobs = pl.read_csv(folder / "jobs.csv", infer_schema=False)
    many = pl.concat([jobs] * 100).with_columns(pl.format("j{}", pl.int_range(pl.len())).alias("job"))
    gb_in = pl.when(pl.int_range(pl.len()) % 3 == 0).then(pl.lit("-1")).otherwise("gb_in").alias("gb_in")
    many.with_columns(gb_in).write_csv(folder / "jobs.csv")
    faults = faults_of(folder)
    assert len(faults) == 100
    assert {fault.count for fault in faults} == {400}
    assert [fault.row for fault in faults[:3]] == [2, 5, 8]


def test_harmless_variants_are_read(folder: Path) -> None:
    """A byte order mark, CRLF, quotes, quoted line breaks in words, blank lines at the end, `8.0`, `+8`, `1e-3`."""
    raw = (folder / "pools.csv").read_bytes().replace(b"\n", b"\r\n")
    (folder / "pools.csv").write_bytes(b"\xef\xbb\xbf" + raw + b"\r\n\r\n")
    cell("devices", 2, "maker", '"NV, ""the"" maker\nof chips"')(folder)
    cell("devices", 4, "fp16_pflops", "1e-4")(folder)
    cell("jobs", 2, "value_micro", "+1000000000.0")(folder)
    cell("jobs", 3, "gb_in", ".50")(folder)
    scenario = read_scenario(folder).scenario
    assert scenario.devices["maker"][0] == 'NV, "the" maker\nof chips'
    assert scenario.jobs["value_micro"][0] == 10**9
    assert scenario.pools.height == 4


def test_a_missing_column_is_told_once_and_not_for_every_row(folder: Path) -> None:
    for column in ("options", "job", "release_slot"):
        drop_column("jobs.csv", column)(folder)
    assert [(fault.kind, fault.column) for fault in faults_of(folder)] == [
        ("missing_column", "job"),
        ("missing_column", "release_slot"),
        ("missing_column", "options"),
    ]


def test_rows_after_a_quoted_line_break_keep_their_line(folder: Path) -> None:
    cell("devices", 2, "maker", '"two\nlines"')(folder)
    text("devices.csv", "910B,Huawei Ascend,true", "910B,Huawei Ascend,maybe")(folder)
    assert [fault.where for fault in faults_of(folder)] == ["devices.csv row 4 domestic"]


def test_parquet_types_that_convert_exactly_are_accepted(sound: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sound / "parquet", tmp_path / "case"))
    before = read_scenario(folder).scenario
    before.pools.with_columns(
        pl.col("device").cast(pl.Categorical),
        pl.col("centre").cast(pl.Enum(["sh", "zw", "cd"])),
        pl.col("devices").cast(pl.Decimal(12, 3)),
        pl.col("power_w_per_device").cast(pl.Float32),
        pl.col("price_micro_per_device_hour").cast(pl.Float64),
    ).write_parquet(folder / "pools.parquet")
    before.jobs.with_columns(
        pl.col("region", "data_region").cast(pl.Int32),
        pl.col("min_security_grade").cast(pl.Float64),
        pl.col("release_slot").cast(pl.UInt16),
        pl.col("value_micro").cast(pl.String),
    ).write_parquet(folder / "jobs.parquet")
    after = read_scenario(folder).scenario
    assert after.pools.equals(before.pools)
    assert after.jobs.equals(before.jobs)


def test_a_district_is_known_by_its_city_and_regions_are_built_in(folder: Path) -> None:
    (folder / "regions.csv").unlink()
    for code in ("510100", "510107", "110105", "469001"):
        cell("jobs", 2, "region", code)(folder)
        assert read_scenario(folder).scenario.regions.height > 300
    cell("jobs", 2, "region", "51")(folder)
    assert {fault.kind for fault in faults_of(folder)} == {"unknown_region"}


def test_a_region_linked_to_every_centre_needs_no_point(folder: Path) -> None:
    with (folder / "links.csv").open("a") as file:
        file.writelines(f"cloud,{centre},20,1000,\n" for centre in ("sh", "zw", "cd"))
    cell("jobs", 2, "region", "cloud")(folder)
    assert read_scenario(folder).warnings == ()
