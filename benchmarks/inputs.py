"""Pinned inputs: made by seed into a folder that git ignores, and made anew when what makes them changes."""

import hashlib
import shutil
from functools import cache
from pathlib import Path

from benchmarks.process import run_suanwang

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".benchmarks"
SHARED = ROOT / ".." / "shared" / "data"
MAKERS = ("feeds", "model", "units", "network")


@cache
def makers_digest() -> str:
    """A digest of the code and data that scenarios are made from."""
    digest = hashlib.sha256()
    for folder in MAKERS:
        for path in sorted((ROOT / "src" / "suanwang" / folder).rglob("*")):
            if path.is_file() and path.suffix != ".pyc" and "__pycache__" not in path.parts:
                digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def scenario(kind: str, *flags: str | Path) -> Path:
    """The folder of `suanwang scenario KIND FLAGS`."""
    words = [flag.name if isinstance(flag, Path) else flag.lstrip("-") for flag in flags]
    name = "-".join([kind, *words]).replace("/", "_")
    folder = CACHE / f"{name}.{makers_digest()}"
    if not (folder / "scenario.yaml").exists():
        for old in CACHE.glob(f"{name}.*"):
            shutil.rmtree(old)
        CACHE.mkdir(exist_ok=True)
        unfinished = CACHE / f"unfinished-{name}"
        shutil.rmtree(unfinished, ignore_errors=True)
        run_suanwang("scenario", *kind.split(), *flags, "--out", unfinished)
        unfinished.rename(folder)
    return folder


def network(kind: str, jobs: int, centres: int, load: float) -> Path:
    """A generated network of a week."""
    return scenario(
        kind, "--jobs", str(jobs), "--centres", str(centres), "--load", f"{load:g}", "--seed", "1"
    )
