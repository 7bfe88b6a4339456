"""The house keeps itself: sizes that may only shrink, words that must not appear, docs that cannot drift."""

import argparse
import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from suanwang.cli.main import COMMANDS, parser_for

ROOT = Path(__file__).parents[1]
MODULE_LINES_MOST = 400
FUNCTION_LINES_MOST = 70

# The ratchet: what is longer than that, with the length it may not exceed, in tens. Numbers here may only
# get smaller or go; a test below says when one can. Kernels are long where a call inside a loop would cost.
LONG_MODULES: dict[str, int] = {}
LONG_FUNCTIONS: dict[str, int] = {
    "src/suanwang/feeds/reference/sites.py:seat_centres": 80,
    # kernels: a call inside them costs more than the work it would name
    "src/suanwang/clearing/ejection.py:find_victims": 73,
    "src/suanwang/clearing/response.py:respond": 106,
    "src/suanwang/clearing/sweep.py:sweep_class": 164,
}

DECISION_PARTS = ["Context", "Options", "Choice", "Cost"]

# Written so that this file does not hold what it looks for.
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:work|root|home/\w+|Users/\w+|opt/(?:pypi|wheels))\b")
REGISTRY_HOSTS = re.compile(
    r"(?:--(?:extra-)?index-url|--find-links|--trusted-host|registry[.]npmjs|pypi[.](?:org|tuna)|/simple/)\b"
    r"|https?://[\w.:-]*(?:pypi|registry|mirror|artifactory|nexus)[\w.:-]*"
)


def tracked(*suffixes: str) -> list[Path]:
    """Files under version control that are there, by suffix; all without one."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file() and (not suffixes or path.suffix in suffixes)]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def code() -> list[Path]:
    return [path for path in tracked(".py") if name_of(path).startswith(("src/", "benchmarks/"))]


def long_functions() -> dict[str, int]:
    """`module:function` → lines, of functions longer than allowed."""
    found: dict[str, int] = {}
    for path in code():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = cast(int, node.end_lineno) - node.lineno + 1
                if lines > FUNCTION_LINES_MOST:
                    found[f"{name_of(path)}:{node.name}"] = lines
    return found


def long_modules() -> dict[str, int]:
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in code()}
    return {name: lines for name, lines in lengths.items() if lines > MODULE_LINES_MOST}


@pytest.mark.parametrize(
    ("found", "allowed"), [(long_modules, LONG_MODULES), (long_functions, LONG_FUNCTIONS)]
)
def test_sizes_only_shrink(found: "type[long_modules]", allowed: dict[str, int]) -> None:
    now = found()
    grown = {name: lines for name, lines in now.items() if lines > allowed.get(name, 0)}
    assert not grown, "split these (or shorten what is listed above)"
    settled = {name: most for name, most in allowed.items() if now.get(name, 0) <= most - 10}
    assert not settled, "these shrank: lower or remove their lines above"


def test_no_path_of_a_machine_and_no_host_of_a_registry() -> None:
    found: list[str] = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if path == Path(__file__):
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if MACHINE_PATHS.search(line) or REGISTRY_HOSTS.search(line):
                found.append(f"{name_of(path)}:{number}: {line.strip()[:100]}")
    assert not found


def test_the_lock_has_hashes_and_every_dependency_has_a_decision() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + [
        name for extra in project["optional-dependencies"].values() for name in extra
    ]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pages = "\n".join(
        path.read_text(encoding="utf-8").lower() for path in (ROOT / "docs" / "decisions").glob("*.md")
    )
    for requirement in wanted:
        name = re.split(r"[<>=\[ ]", requirement)[0]
        assert f"\n{name}==" in "\n" + lock, f"{name} is not in the lock: make lock"
        assert name in pages, f"{name} has no decision"
    pins = re.findall(r"^[\w.-]+==.*", lock, re.M)
    assert len(pins) == len(re.findall(r"^[\w.-]+==.*\\\n    --hash=sha256:", lock, re.M))


def test_every_decision_has_its_four_parts_and_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    for path in sorted(folder.glob("*.md")):
        if path.name == "README.md":
            continue
        assert re.findall(r"^## (.+)$", path.read_text(encoding="utf-8"), re.M) == DECISION_PARTS, path.name
        assert f"({path.name})" in index, f"{path.name} is not in docs/decisions/README.md"


def test_links_between_pages_lead_somewhere() -> None:
    lost: list[str] = []
    for page in tracked(".md"):
        targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        lost += [
            f"{name_of(page)}: {target}"
            for target in targets
            if "://" not in target and not (page.parent / target).exists()
        ]
    assert not lost


def test_modules_and_programmes_that_the_page_of_sources_names_are_there() -> None:
    package = ROOT / "src" / "suanwang"
    programmes = package / "feeds" / "programmes"
    page = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    named = {name for name in re.findall(r"`([a-z0-9_*/.-]+)`", page) if re.search(r"/|-|[.]py$", name)}
    lost = [
        name for name in named if not (package / name).exists() and not any(programmes.glob(f"{name}.yaml"))
    ]
    assert not lost


def parsers(parser: argparse.ArgumentParser, words: str) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every parser below `parser` with the words that lead to it."""
    yield words, parser
    for action in parser._actions:  # pyright: ignore[reportPrivateUsage]
        if isinstance(action, argparse._SubParsersAction):  # pyright: ignore[reportPrivateUsage]
            for name, below in action.choices.items():
                yield from parsers(cast(argparse.ArgumentParser, below), f"{words} {name}")


def command_module_exists(name: str) -> bool:
    return (ROOT / "src" / Path(*COMMANDS[name][0].split("."))).with_suffix(".py").exists()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_every_command_has_help_in_both_languages(name: str) -> None:
    assert command_module_exists(name), f"{name} has no module"
    texts: dict[str, list[str | None]] = {}
    for language in ("en", "zh"):
        top = parser_for([name], language)
        found = [(words, below) for words, below in parsers(top, "suanwang") if words.split()[1:2] == [name]]
        for words, below in found:
            for action in below._actions:  # pyright: ignore[reportPrivateUsage]
                if isinstance(action, argparse._HelpAction):  # pyright: ignore[reportPrivateUsage]
                    continue
                label = f"{words} {'/'.join(action.option_strings) or action.dest}"
                texts.setdefault(label, []).append(action.help or (action.metavar and str(action.metavar)))
    silent = [label for label, said in texts.items() if not all(said)]
    assert not silent, "no help"


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_both_readmes_name_the_two_commands(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    assert "make demo" in text
    assert "make test" in text


def test_every_command_is_told_in_both_readmes_or_a_page() -> None:
    pages = [path for path in tracked(".md") if name_of(path) != "CHANGELOG.md"]
    told = "\n".join(path.read_text(encoding="utf-8") for path in pages)
    missing = [name for name in COMMANDS if f"suanwang {name}" not in told]
    assert not missing
