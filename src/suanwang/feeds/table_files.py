"""Finds the file of each table in a folder, and reads its columns as they are written."""

import difflib
import io
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from suanwang.feeds.columns import canonical, missing_column
from suanwang.feeds.csv_shape import csv_shape
from suanwang.feeds.findings import Findings, TablePlace, range_text
from suanwang.model.scenario_tables import SCENARIO_TABLES
from suanwang.model.schema import Table
from suanwang.units.text import Text, same

FORMS = ("csv", "parquet")
PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip", ".xls", ".xlsx", ".ods")
WHOLE_CSV_BYTES = 256 << 20
"""Above this size a CSV is parsed a few columns at a time, so that its text is never in memory at once."""
COLUMNS_AT_ONCE = 2


class TableRead:
    """One table as read: a frame in canonical form, null where a value was wrong, and where it came from.

    `usable` is False where the file is missing or could not be read whole, and then nothing can be said
    about references to it; `present` is False where there is no file.
    """

    def __init__(self, table: Table, frame: pl.DataFrame, place: TablePlace | None, usable: bool) -> None:
        self.table = table
        self.frame = frame
        self.place = place
        self.usable = usable

    @property
    def present(self) -> bool:
        """Whether the folder has the table."""
        return self.place is not None


def nearest(name: str, known: Sequence[str]) -> str | None:
    """The known name that `name` most likely stands for."""
    folded = {one.casefold(): one for one in known}
    tidy = name.strip().casefold().replace(" ", "_").replace("-", "_")
    # a code that was a float on its way: 510100.0
    tidy = tidy.removesuffix(".0") if tidy.removesuffix(".0").isdigit() else tidy
    # most pairs of codes of six digits share half of them
    close = difflib.get_close_matches(tidy, list(folded), n=1, cutoff=0.8 if tidy.isdigit() else 0.6)
    return folded[close[0]] if close else None


def did_you_mean(name: str, known: Sequence[str], otherwise: Text) -> Text:
    """A remedy that names the nearest known name, or `otherwise`."""
    meant = nearest(name, known)
    if meant is None:
        return otherwise
    return Text(f"did you mean {meant}?", f"是否应为 {meant}？")


def absent(table: Table, usable: bool) -> TableRead:
    """The table where there is no file of it, or none that can be read."""
    frame = pl.DataFrame([missing_column(column, 0) for column in table.columns])
    return TableRead(table, frame, None, usable)


def read_table(
    folder: Path, table: Table, findings: Findings, only: Sequence[str] | None = None
) -> TableRead:
    """The table of the folder, checked column by column; every fault goes to `findings`.

    Where `only` is given, a Parquet file gives no more than these columns.
    """
    path = table_path(folder, table, findings)
    if path is None:
        missing_optional = not table.required and not any(
            (folder / f"{table.name}.{form}").exists() for form in FORMS
        )
        return absent(table, usable=missing_optional)
    try:
        loaded = (
            read_csv(path, table, findings)
            if path.suffix == ".csv"
            else read_parquet(path, table, findings, only)
        )
    except PermissionError:
        loaded = unreadable(path, findings, Text("no permission to read it", "没有读取权限"), "chmod u+r")
    except OSError as error:
        loaded = unreadable(
            path, findings, Text(f"cannot be read ({error.strerror})", f"无法读取（{error.strerror}）")
        )
    if loaded is None:
        return absent(table, usable=False)
    return loaded


def unreadable(path: Path, findings: Findings, what: Text, command: str = "") -> None:
    """Adds the fault of a file that cannot be read."""
    remedy = Text("write the file again from its source", "从来源重新写出该文件")
    if command:
        remedy = same(f"{command} {path.name}")
    findings.note("unreadable", path.name, what, remedy=remedy)


def table_path(folder: Path, table: Table, findings: Findings) -> Path | None:
    """The one file of the table, or None: it is missing, twice there, or a directory."""
    paths = [folder / f"{table.name}.{form}" for form in FORMS]
    paths = [path for path in paths if path.exists() or path.is_symlink()]
    if not paths:
        if table.required:
            tell_missing(folder, table, findings)
        return None
    if len(paths) == 2:
        findings.note(
            "two_files",
            f"{paths[0].name}, {paths[1].name}",
            Text("one table in two files", "同一张表有两个文件"),
            expected=Text("CSV or Parquet, not both", "CSV 或 Parquet 之一"),
            remedy=Text("remove the one that is out of date", "删去过期的一个"),
            file=table.name,
        )
        return None
    path = paths[0]
    if path.is_dir():
        findings.note(
            "directory",
            path.name,
            Text("a directory in place of a table", "应为文件，却是目录"),
            expected=Text("a file", "文件"),
            remedy=Text("put the table itself there as one file", "改为单个数据文件"),
        )
        return None
    if not path.is_file():
        findings.note(
            "unreadable",
            path.name,
            Text("not a regular file, or a link to nothing", "不是普通文件，或是失效的链接"),
            remedy=Text("put the file itself there", "放入文件本身"),
        )
        return None
    return path


def tell_missing(folder: Path, table: Table, findings: Findings) -> None:
    """Adds the fault of a required table that is not there, with a file that may be meant."""
    known_files = {f"{one.name}.{form}" for one in SCENARIO_TABLES for form in FORMS}
    meant = [
        name
        for name in sorted(path.name for path in folder.iterdir())
        if name not in known_files and nearest(Path(name).stem, (table.name,)) is not None
    ]
    remedy = Text(
        f"add {table.name}.csv or {table.name}.parquet", f"补上 {table.name}.csv 或 {table.name}.parquet"
    )
    if meant and Path(meant[0]).suffix.lower() in PACKED:
        remedy = Text(
            f"unpack or save {meant[0]} as {table.name}.csv", f"将 {meant[0]} 解压或另存为 {table.name}.csv"
        )
    elif meant:
        remedy = Text(f"rename {meant[0]}", f"将 {meant[0]} 改名")
    findings.note(
        "missing_table",
        table.name,
        Text(f"the table is missing: {table.about.en}", f"缺少表：{table.about.zh}"),
        expected=Text(
            f"{table.name}.csv or {table.name}.parquet", f"{table.name}.csv 或 {table.name}.parquet"
        ),
        remedy=remedy,
    )


def check_header(names: Sequence[str], table: Table, file: str, findings: Findings) -> dict[str, int]:
    """Where each known column stands in the file; unknown, repeated and missing ones are faults."""
    known = [column.name for column in table.columns]
    at: dict[str, int] = {}
    for position, name in enumerate(names):
        row = 1 if file.endswith(".csv") else None
        where = f"{file} row 1 {name}" if row else f"{file} {name}"
        if name in at:
            findings.note(
                "duplicate_column",
                where,
                Text("the column is there twice", "列名重复"),
                found=name,
                expected=Text("each column once", "每列一次"),
                remedy=Text("remove one of them", "删去其一"),
                file=file,
                column=name,
                row=row,
            )
        elif name in known:
            at[name] = position
        elif not name:
            findings.note(
                "unnamed_column",
                f"{where}column {position + 1}",
                Text(f"column {position + 1} has no name", f"第 {position + 1} 列没有列名"),
                expected=Text("one of: " + ", ".join(known), "以下之一：" + ", ".join(known)),
                remedy=Text(
                    "name it, or remove the comma at the end of each line", "补上列名，或删去每行末尾的逗号"
                ),
                file=file,
                row=row,
            )
        else:
            free = [one for one in known if one not in names]
            findings.note(
                "unknown_column",
                where,
                Text("a column that the format does not have", "格式中没有这一列"),
                found=name,
                expected=Text("one of: " + ", ".join(known), "以下之一：" + ", ".join(known)),
                remedy=did_you_mean(name, free, Text("remove the column", "删去该列")),
                file=file,
                column=name,
                row=row,
            )
    for column in table.columns:
        if column.required and column.name not in at:
            findings.note(
                "missing_column",
                f"{file} {column.name}",
                Text(f"a required column is missing: {column.about.en}", f"缺少必需列：{column.about.zh}"),
                expected=range_text(column),
                remedy=Text(f"add the column {column.name}", f"补上列 {column.name}"),
                file=file,
                column=column.name,
            )
    return at


def read_csv(path: Path, table: Table, findings: Findings) -> TableRead | None:
    """A CSV table: every column as text, then made canonical."""
    shape = csv_shape(path, [column.name for column in table.columns], findings)
    if shape is None:
        return None
    at = check_header(shape.header, table, path.name, findings)
    names = list(at)
    at_once = max(1, len(names)) if path.stat().st_size <= WHOLE_CSV_BYTES else COLUMNS_AT_ONCE
    place = TablePlace(path, "csv", shape.first_lines)
    columns: dict[str, pl.Series] = {}
    for start in range(0, len(names), at_once):
        group = names[start : start + at_once]
        try:
            raw = pl.read_csv(
                path if shape.sound is None else io.BytesIO(shape.sound),
                columns=[at[name] for name in group],
                infer_schema=False,
                glob=False,
                n_rows=shape.records,
            )
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            unreadable(path, findings, told(error))
            return None
        if raw.height != shape.records:
            tell_stray_quote(path, findings)
            return None
        # polars keeps the order of the file, whatever the order asked for
        for series, name in zip(raw.get_columns(), sorted(group, key=lambda one: at[one]), strict=True):
            columns[name] = checked_column(series.alias(name), table, place, findings)
        del raw
    read = assembled(table, columns, shape.records, place)
    # rows are missing: nothing can be said of references to them
    read.usable = shape.sound is None
    return read


def tell_stray_quote(path: Path, findings: Findings) -> None:
    """Adds the fault of a file whose records two readers of CSV count differently."""
    with path.open(encoding="utf-8") as file:
        row = next((number for number, line in enumerate(file, 1) if line.count('"') % 2), 1)
    findings.note(
        "quotes",
        f"{path.name} row {row}",
        Text("a quote inside a value that is not quoted", "未加引号的值中有引号"),
        expected=Text('a quoted value, with "" for a quote inside', '成对的引号，内部引号写作 ""'),
        remedy=Text("close or remove the quote", "补上或删去引号"),
        file=path.name,
        row=row,
    )


def read_parquet(
    path: Path, table: Table, findings: Findings, only: Sequence[str] | None = None
) -> TableRead | None:
    """A Parquet table, its columns accepted where they convert exactly."""
    with path.open("rb") as file:
        signature = file.read(4)
    if signature != b"PAR1":
        what = Text("not a Parquet file", "不是 Parquet 文件")
        if not signature:
            what = Text("the file is empty", "文件为空")
        findings.note(
            "not_parquet",
            path.name,
            what,
            expected=Text("a Parquet file", "Parquet 文件"),
            remedy=Text("write it again, or name a text file .csv", "重新写出；文本文件请以 .csv 命名"),
        )
        return None
    try:
        schema = pl.read_parquet_schema(path)
        at = check_header(list(schema), table, path.name, findings)
        wanted = [name for name in at if only is None or name in only]
        frame = pl.read_parquet(path, columns=wanted, glob=False, hive_partitioning=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        unreadable(path, findings, told(error))
        return None
    place = TablePlace(path, "parquet")
    height = frame.height
    raw = {series.name: series for series in frame.get_columns()}
    del frame
    columns = {name: checked_column(raw.pop(name), table, place, findings) for name in list(raw)}
    return assembled(table, columns, height, place, only)


def told(error: BaseException) -> Text:
    """The first line of a library's message about a broken file."""
    line = (str(error).splitlines() or [""])[0][:120]
    return Text(f"damaged, cannot be parsed ({line})", f"文件已损坏，无法解析（{line}）")


def checked_column(raw: pl.Series, table: Table, place: TablePlace, findings: Findings) -> pl.Series:
    """The canonical column; its faults go to `findings`."""
    column = table.column(raw.name)
    series, problems = canonical(raw, column)
    for problem in problems:
        findings.rows(
            problem.kind,
            place,
            column.name,
            problem.wrong,
            raw,
            problem.what,
            range_text(column),
            problem.remedy,
        )
    return series


def assembled(
    table: Table, columns: dict[str, pl.Series], height: int, place: TablePlace,
    only: Sequence[str] | None = None,
) -> TableRead:  # fmt: skip
    """The frame in the order of the schema, missing columns null; of the columns `only`, where given."""
    frame = pl.DataFrame(
        [
            columns[column.name] if column.name in columns else missing_column(column, height)
            for column in table.columns
            if only is None or column.name in only
        ]
    )
    return TableRead(table, frame, place, usable=True)
