"""What a file is that should be text in UTF-8: another encoding, another format, or no text at all."""

import codecs

from suanwang.feeds.findings import Findings
from suanwang.units.text import Text, same

SIGNATURES = (
    (
        b"PAR1",
        Text("a Parquet file named .csv", "Parquet 文件却以 .csv 命名"),
        Text("rename it to .parquet", "改名为 .parquet"),
    ),
    (
        b"\x1f\x8b",
        Text("compressed with gzip", "gzip 压缩文件"),
        Text("decompress it first: gunzip", "先解压：gunzip"),
    ),
    (
        b"PK\x03\x04",
        Text("a workbook or zip archive", "工作簿或 zip 压缩包"),
        Text("save it as CSV UTF-8", "另存为 CSV UTF-8"),
    ),
    (
        b"\xd0\xcf\x11\xe0",
        Text("an old workbook", "旧式工作簿"),
        Text("save it as CSV UTF-8", "另存为 CSV UTF-8"),
    ),
    (
        b"\x28\xb5\x2f\xfd",
        Text("compressed with zstd", "zstd 压缩文件"),
        Text("decompress it first: unzstd", "先解压：unzstd"),
    ),
    (
        b"\xfd7zXZ",
        Text("compressed with xz", "xz 压缩文件"),
        Text("decompress it first: unxz", "先解压：unxz"),
    ),
    (
        b"BZh",
        Text("compressed with bzip2", "bzip2 压缩文件"),
        Text("decompress it first: bunzip2", "先解压：bunzip2"),
    ),
)
WIDE_MARKS = (
    # the mark of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
CONTROL_BYTES = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b"))
BINARY_SHARE = 0.01
"""Text has next to no control characters; of random bytes they are a tenth."""


def foreign(head: bytes, name: str, findings: Findings) -> bool:
    """True if the file is no CSV at all, or in UTF-16; says so."""
    for signature, what, remedy in SIGNATURES:
        if head.startswith(signature):
            findings.note(
                "not_csv", name, what, expected=Text("CSV in UTF-8", "UTF-8 编码的 CSV"), remedy=remedy
            )
            return True
    wide = wide_encoding(head)
    if wide is None and head[:200].count(0) > len(head[:200]) // 4:
        wide = "UTF-16"
    if wide is not None:
        tell_encoding(name, wide, 1, findings)
    return wide is not None


def wide_encoding(head: bytes) -> str | None:
    """The encoding that the byte order mark of UTF-16 or UTF-32 tells."""
    return next((encoding for mark, encoding in WIDE_MARKS if head.startswith(mark)), None)


def likely_encoding(sample: bytes) -> str | None:
    """The encoding that the bytes look like, other than UTF-8; None where they are no text."""
    if len(sample) - len(sample.translate(None, CONTROL_BYTES)) > BINARY_SHARE * len(sample):
        return None
    for cut in range(4):
        try:
            text = sample[: len(sample) - cut].decode("gb18030")
        except UnicodeDecodeError:
            continue
        wide = [letter for letter in text if ord(letter) > 127]
        common = sum("\u4e00" <= letter <= "\u9fff" or letter in "，。；：、（）" for letter in wide)
        if common * 2 > len(wide):
            return "GB18030"
    return "LATIN1"


def tell_encoding(name: str, encoding: str | None, line: int, findings: Findings) -> None:
    """Adds the fault of a wrong encoding, with the command that converts it; None: the file is no text."""
    if encoding is None:
        findings.note(
            "not_text",
            f"{name} row {line}",
            Text("not a text file", "不是文本文件"),
            expected=Text("text in UTF-8", "UTF-8 编码的文本"),
            remedy=Text("write it again from its source", "从来源重新写出"),
            file=name,
            row=line,
        )
        return
    spoken = {"GB18030": "GBK (GB18030)"}.get(encoding, encoding)
    command = f"iconv -f {encoding} -t UTF-8 {name} > {name}.utf8 && mv {name}.utf8 {name}"
    findings.note(
        "encoding",
        f"{name} row {line}",
        Text(f"not UTF-8; it looks like {spoken}", f"不是 UTF-8，像是 {spoken}"),
        expected=same("UTF-8"),
        remedy=Text(f"convert it: {command}", f"转换编码：{command}"),
        file=name,
        row=line,
    )
