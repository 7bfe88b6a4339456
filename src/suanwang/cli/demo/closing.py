"""The end of the demonstration: scratch erased, settlement, statements, the log verified, the verdict."""

import contextlib
import io
import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from suanwang.cli.connection import Connection, part
from suanwang.cli.demo.claims import Claim
from suanwang.cli.demo.network import LOST, METROPOLIS, SEATS
from suanwang.cli.demo.play import Play
from suanwang.cli.demo.stage import FIRM_A, Stage
from suanwang.cli.own_books import print_statement, statement_of
from suanwang.cli.tables import console, money, table_of
from suanwang.model.api.jobs import JobTold
from suanwang.model.api.money import Booked, SettlementAsked, Settlements, StatementTold
from suanwang.units.text import Language, Text, same

HOUR_US = 3_600_000_000
PERIOD = "demo"


def erased(operator: Connection, jobs: Sequence[str], patience_s: float) -> Claim:
    """Each attempt that ended at a living centre has told that its scratch is gone."""
    end = time.monotonic() + patience_s
    while True:
        left = [
            attempt.attempt
            for job in jobs
            for attempt in operator.get(f"/v1/jobs/{part(job)}", JobTold).attempts
            if attempt.outcome != "lost" and attempt.centre != LOST and attempt.erased_at is None
        ]
        if not left or time.monotonic() > end:
            about = Text("scratch and input copies are erased", "临时文件与输入副本已擦除")
            return Claim(about, not left, ", ".join(left))
        time.sleep(0.3)


def settle(operator: Connection, now: int) -> list[Claim]:
    """Settles every centre for what is over; each is paid in whole 分, the rest carried on."""
    begin = now - now % HOUR_US - HOUR_US
    for seat in SEATS:
        asked = SettlementAsked(seat.centre, PERIOD, begin, now)
        operator.post("/v1/settlements", asked, Booked)
    found = operator.get("/v1/settlements", Settlements).settlements
    wrong = [
        one.centre
        for one in found
        if one.paid_micro % 10_000
        or one.paid_micro + one.carried_micro != one.brought_micro + one.earned_micro
    ]
    about = Text("every centre is settled, in whole 分", "各中心均已结算，支付为整分")
    return [Claim(about, not wrong and len(found) == len(SEATS), ", ".join(wrong))]


def statements(operator: Connection) -> list[StatementTold]:
    """A firm's, and a centre's with its settlement."""
    now = int(time.time_ns() // 1000)
    begin, end = now - now % HOUR_US - HOUR_US, now + HOUR_US
    return [
        statement_of(operator, kind, name, begin, end)
        for kind, name in (("enterprise", FIRM_A), ("centre", METROPOLIS))
    ]


def verify(data: Path, folder: Path) -> list[Claim]:
    """`suanwang audit verify` on what the server published, and on a copy in which one byte was changed."""
    from suanwang.server.publishing import key_of
    from suanwang.store.publication import PUBLISHED

    published, copy = data / PUBLISHED, folder / "changed"
    key = key_of(data).verifier.text
    good, told = run_verify(published, key)
    shutil.copytree(published, copy)
    largest = max((path for path in copy.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
    changed = bytearray(largest.read_bytes())
    changed[len(changed) // 2] ^= 1
    largest.write_bytes(changed)
    bad, _ = run_verify(copy, key)
    size = json.loads(told).get("size", 0)
    return [
        Claim(Text("the log verifies", "日志校验通过"), good == 0, f"{size} events"),
        Claim(Text("with one bit changed it does not", "改动一个比特即不通过"), bad == 1, f"exit {bad}"),
    ]


def run_verify(published: Path, key: str) -> tuple[int, str]:
    """The command's exit code and its JSON."""
    from suanwang.cli.main import main

    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
        code = main(["audit", "verify", str(published), "--key", key, "--json"])
    return code, said.getvalue()


def print_verdict(
    stage: Stage, found: Sequence[Claim], shown: Sequence[StatementTold], language: Language
) -> None:
    """Statements, then every claim, then where things are."""
    for statement in shown:
        print_statement(statement, language)
    rows = [("✓" if claim.holds else "✗", claim.about.say(language), claim.found) for claim in found]
    columns = (
        (same(""), "left"),
        (Text("claim", "结论"), "left"),
        (Text("found", "所见"), "left"),
    )
    console().print(table_of(columns, rows, language))
    held, seconds = sum(claim.holds for claim in found), stage.seconds()
    print(
        Text(
            f"{held} of {len(found)} claims hold, after {seconds:.0f} s",
            f"{len(found)} 项结论中 {held} 项成立，用时 {seconds:.0f} 秒",
        ).say(language)
    )


def verdict_data(
    stage: Stage, play: Play, found: Sequence[Claim], shown: Sequence[StatementTold], language: Language
) -> dict[str, Any]:
    """All of it for programs."""
    import msgspec

    return {
        "holds": all(claim.holds for claim in found),
        "seconds": round(stage.seconds(), 1),
        "engines": {centre: engine.driver for centre, engine in stage.engines.items()},
        "missing": {centre: engine.missing for centre, engine in stage.engines.items() if engine.missing},
        "skipped": [text.say(language) for text in play.skipped],
        "killed_processes": play.killed,
        "claims": [
            {"about": claim.about.say(language), "holds": claim.holds, "found": claim.found}
            for claim in found
        ],
        "jobs": [
            {
                "job": line.job,
                "name": line.name,
                "enterprise": line.enterprise,
                "state": line.state,
                "why": line.why,
                "attempts": line.attempt,
                "pool": line.pool,
                "charge_yuan": money(line.charge_micro),
            }
            for line in play.lines.values()
        ],
        "statements": msgspec.to_builtins(shown),
    }


def how_to_go_on(stage: Stage) -> Text:
    """Where things are, and what to type."""
    token, folder = stage.token_file(FIRM_A), stage.folder
    lines = (
        f"  export SUANWANG_SERVER={stage.url}\n"
        f"  export SUANWANG_TOKEN=$(cat {token})\n"
        f"  suanwang submit {folder}/jobs/matrix.yaml\n"
        "  suanwang jobs\n  suanwang pools\n  suanwang prices\n  suanwang wallet show\n"
    )
    return Text(
        f"The platform stays up; Ctrl-C ends it. In another terminal:\n{lines}"
        f"API: {stage.url}/openapi.json    operator's token: {stage.data}/operator.token",
        f"平台继续运行，Ctrl-C 结束。在另一个终端：\n{lines}"
        f"接口：{stage.url}/openapi.json    运营方令牌：{stage.data}/operator.token",
    )
