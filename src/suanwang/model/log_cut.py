"""The last line of a stream of which no more is kept, in both languages: a stream has none of its own."""

from suanwang.units.text import Text


def cut_words(kept_bytes: int) -> Text:
    """Up to where a stream is kept."""
    whole, rest = divmod(kept_bytes, 1 << 20)
    size = f"{whole} MiB" if whole and not rest else f"{kept_bytes} bytes"
    return Text(f"only its first {size} are kept", f"仅保留前 {size.replace('bytes', '字节')}")


def cut_line(kept_bytes: int) -> bytes:
    """The last line of a stream that is cut there."""
    words = cut_words(kept_bytes)
    return f"\n[suanwang] {words.zh}，其后不再保留 / {words.en}, no more of it\n".encode()
