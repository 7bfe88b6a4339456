"""The JavaScript that draws charts in a page: made once from vl-convert, then read from a cache.

Making it takes seconds, reading it a millisecond, so `suanwang warm` makes it at set-up. It is kept beside
the compiled kernels, in a `__pycache__` of the package, or in the user's cache where the package may not be
written; where neither may, it is made each time.
"""

import os
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from zlib import crc32

# The default exports of Vega and Vega-Lite are empty in vl-convert's bundle; Vega-Embed holds both.
SNIPPET = "window.vegaEmbed=vegaEmbed;"


def vega_script() -> str:
    """Vega, Vega-Lite and Vega-Embed as a script that sets `window.vegaEmbed`, safe in an element."""
    places = [folder / file_name() for folder in cache_folders()]
    for place in places:
        try:
            return place.read_text(encoding="utf-8")
        except OSError:
            continue
    script = make_script()
    for place in places:
        if keep(script, place):
            break
    return script


def make_script() -> str:
    """The script, bundled anew; a few seconds."""
    import vl_convert

    bundle = vl_convert.javascript_bundle(SNIPPET)
    # Inside a string or a pattern, the only places where these can stand, a backslash changes nothing.
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def file_name() -> str:
    """A name that changes with vl-convert and with what is asked of it."""
    return f"vega-{version('vl-convert-python')}-{crc32(SNIPPET.encode()):08x}.js"


def cache_folders() -> list[Path]:
    """Where the script may lie, the first choice first."""
    home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return [Path(__file__).parent / "__pycache__", Path(home) / "suanwang"]


def keep(script: str, place: Path) -> bool:
    """Whether `script` could be written to `place`; no reader ever meets half of it."""
    beside = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(script, encoding="utf-8")
        beside.replace(place)
    except OSError:
        with suppress(OSError):
            beside.unlink()
        return False
    return True
