"""`python -m suanwang`."""

from suanwang.cli.main import run

run()
