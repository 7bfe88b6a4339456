"""What the demonstration claims, each checked against what the server says; results are reckoned anew."""

import hmac
import json
import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from suanwang.cli.demo.evidence import Evidence, bills, due_micro, root_of, signed_root
from suanwang.cli.demo.network import LOST
from suanwang.cli.demo.play import SECRET, WORDS, Play
from suanwang.cli.demo.stage import FIRM_A, GRANTS, REGIONS, TOP_UP_YUAN
from suanwang.engine.events import NetworkOpened
from suanwang.ledger.apply import replay
from suanwang.ledger.validate import broken_invariants
from suanwang.model.api.jobs import AttemptTold, JobTold
from suanwang.model.api.money import WalletTold
from suanwang.model.job import CLOSED
from suanwang.units.money import MICRO_PER_YUAN
from suanwang.units.text import Text

FENCE_US = 60_000_000
"""`lost_after_minutes` of `simulation.yaml`: nothing runs again before."""
DEMO_END = {"fails": "failed", "overruns": "failed", "deadline": "expired"}
"""How jobs end that do not succeed."""


class Claim(NamedTuple):
    """One claim, whether it holds, and what was found."""

    about: Text
    holds: bool
    found: str


def claims(play: Play, evidence: Evidence, wallets: dict[str, WalletTold]) -> Iterator[Claim]:
    """All of them, in the order in which they are told."""
    jobs = {name: [evidence.jobs[job] for job in numbers] for name, numbers in play.jobs.items()}
    yield from endings(jobs)
    yield from results(play, evidence)
    yield from troubles(jobs, evidence, play)
    yield from money(evidence, wallets)
    yield from proofs(evidence)


def endings(jobs: dict[str, list[JobTold]]) -> Iterator[Claim]:
    """Every job ended as it should."""
    wrong = [
        f"{told.line.job} {name} {told.line.state}"
        for name, all_told in jobs.items()
        for told in all_told
        if told.line.state != DEMO_END.get(name, "succeeded")
    ]
    count = sum(map(len, jobs.values()))
    yield Claim(
        Text(f"{count} jobs of 3 firms ended as they should", f"3 家企业的 {count} 个作业均按预期结束"),
        not wrong and all(one.line.state in CLOSED for told in jobs.values() for one in told),
        ", ".join(wrong),
    )
    pools = {told.line.pool for all_told in jobs.values() for told in all_told if told.line.pool}
    yield Claim(
        Text("they ran in different centres", "作业在不同中心运行"), len(pools) >= 4, ", ".join(sorted(pools))
    )


def results(play: Play, evidence: Evidence) -> Iterator[Claim]:
    """What came out is what had to."""

    def left(name: str, file: str, index: int = 0) -> bytes:
        return evidence.files.get(play.jobs[name][index], {}).get(file, b"")

    words = Counter(word for number in range(4000) for word in WORDS[: 1 + number % len(WORDS)])
    counted = dict(line.split() for line in left("wordcount", "counts.txt").decode().splitlines())
    yield same_as("wordcount", counted, {word: str(count) for word, count in words.items()})
    numbers = [number * 7919 % 10007 for number in range(1, 20_001)]
    yield same_as("conclude", left("conclude", "sum.txt").split(), [str(sum(numbers)).encode()])
    yield same_as("sift", left("sift", "largest.txt").split(), [b"%d" % one for one in sorted(numbers)[-5:]])
    primes = [sum(map(is_prime, range(part * 5000 + 1, part * 5000 + 5001))) for part in range(12)]
    counts = [left("primes", "count.txt", part).split() for part in range(12)]
    yield same_as("primes", counts, [[b"%d" % one] for one in primes])
    for index in range(3):
        size = 200 + 50 * index
        found = json.loads(left("matrix", "product.json", index) or b"{}")
        yield same_as(f"matrix {size} × {size}", found, product(size))
    for index in range(2):
        picture = left("mandelbrot", f"mandelbrot-{index}.png", index)
        yield Claim(about("mandelbrot"), is_picture(picture), f"{len(picture):,} B PNG")
    yield same_as("urgent", left("urgent", "answer.txt").split(), [b"2999"])
    for index in range(2):
        yield same_as("simulation", left("simulation", "pi.txt", index).split(), [b"%d" % inside(1 + index)])
    letter = (play.folder / "letter.txt").read_bytes()
    sealed = hmac.new(SECRET.encode(), letter, "sha256").hexdigest().encode()
    yield same_as("seal", left("seal", "seal.txt").split(), [sealed])
    if "gang" in play.jobs:
        halves = [left("gang", f"primes.{rank}").split() for rank in range(2)]
        yield same_as("gang", halves, [[b"1229"], [b"1033"]])


def about(name: str) -> Text:
    """The claim that a job's result is right."""
    return Text(f"{name}: the result is right", f"{name}：结果正确")


def same_as(name: str, found: object, expected: object) -> Claim:
    """What a job left is what was reckoned here."""
    return Claim(about(name), found == expected, str(found)[:60])


def is_prime(number: int) -> bool:
    """By trial division."""
    return number > 1 and all(number % one for one in range(2, int(number**0.5) + 1))


def product(size: int) -> dict[str, int]:
    """Trace and sum of A·Aᵀ: Σ a² and Σ of squared column sums, without multiplying the matrices."""
    rows = [[(row * size + column) * 7919 % 1009 for column in range(size)] for row in range(size)]
    columns = [sum(column) for column in zip(*rows, strict=True)]
    trace = sum(value * value for row in rows for value in row)
    return {"size": size, "trace": trace, "sum": sum(column * column for column in columns)}


def is_picture(data: bytes) -> bool:
    """A PNG of 360 × 240 in grey, with points that never escape and points that do, soon or late."""
    if data[:8] != b"\x89PNG\r\n\x1a\n" or struct.unpack(">II", data[16:24]) != (360, 240):
        return False
    begin = data.index(b"IDAT") + 4
    (length,) = struct.unpack(">I", data[begin - 8 : begin - 4])
    rows = zlib.decompress(data[begin : begin + length])
    levels = set(rows) - {0}
    return len(rows) == 240 * 361 and 17 in levels and len(levels) > 20


def inside(seed: int) -> int:
    """What `simulation.yaml` counts."""
    count = 0
    for _ in range(70_000):
        seed = (seed * 6364136223846793005 + 1442695040888963407) % 2**64
        x, y = seed >> 44, (seed >> 20) & 0xFFFFF
        count += x * x + y * y < 2**40
    return count


def troubles(jobs: dict[str, list[JobTold]], evidence: Evidence, play: Play) -> Iterator[Claim]:
    """What went wrong on purpose, and what became of it."""
    (fails,), (overruns,), (late,) = jobs["fails"], jobs["overruns"], jobs["deadline"]
    yield Claim(
        Text("what failed says how", "失败的作业说明了原因"),
        last(fails).exit_code == 3 and last(fails).reason == "exit",
        f"exit {last(fails).exit_code}",
    )
    yield Claim(
        Text("what outran its limit was ended there and pays no more", "超时作业在时限处终止，不多收费"),
        last(overruns).reason == "limit_time"
        and last(overruns).captured_micro <= last(overruns).charge_micro,
        f"{last(overruns).reason}, {last(overruns).used_milli_s / 1000:g} of {last(overruns).limit_s} s",
    )
    yield Claim(
        Text(
            "what could not meet its deadline never ran, and costs nothing",
            "赶不上截止时间的作业未运行，不收费",
        ),
        not late.attempts and late.line.charge_micro == 0,
        late.line.state,
    )
    first, *_, again = (attempt for attempt in jobs["training"][0].attempts)
    state = json.loads(evidence.files.get(jobs["training"][0].line.job, {}).get("result.json", b"{}"))
    began = state.get("began", [])
    yield Claim(
        Text("the preempted job went on from its checkpoint", "被抢占的作业从检查点继续"),
        first.outcome == "preempted" or first.reason == "preempted",
        f"{first.outcome}, resumed at step {began[-1] if began else '?'} of {state.get('step')}",
    )
    yield Claim(
        Text("and lost no step", "且未丢失任何一步"),
        len(began) == 2 and began[1] > 0 and again.outcome == "success" and state["value"] == trained(90),
        str(state)[:60],
    )
    held = bills(evidence.events)
    for told in jobs["simulation"]:
        gone, *_, run = told.attempts
        until = [end for _, end in held[gone.attempt].used]
        yield Claim(
            Text(
                f"{told.line.job}: its centre died, and it ran again elsewhere",
                f"{told.line.job}：所在中心失联，已在别处重新运行",
            ),
            (gone.centre, gone.outcome, run.outcome) == (LOST, "lost", "success")
            and run.centre != LOST
            and run.started_at is not None
            and run.started_at >= play.killed_at + FENCE_US,
            f"{gone.pool} → {run.pool}",
        )
        yield Claim(
            Text(
                f"{gone.attempt}: its usage is on record until it died, and not charged",
                f"{gone.attempt}：失联前的用量已记录，不收费",
            ),
            gone.held_micro == gone.captured_micro == 0 and all(end <= play.killed_at for end in until),
            f"{gone.captured_micro} of {gone.charge_micro}",
        )
    ordered = [last(jobs[name][0]) for name in ("prepare", "sift", "conclude")]
    yield Claim(
        Text("each of the chain began after the one before it", "链上每个作业都在前一个结束后开始"),
        all((b.started_at or 0) >= (a.ended_at or 2**63) for a, b in pairwise(ordered)),
        " → ".join(one.attempt for one in ordered),
    )


def last(told: JobTold) -> AttemptTold:
    """Its last attempt."""
    return told.attempts[-1]


def trained(steps: int) -> int:
    """What `training.yaml` comes to."""
    value = 0
    for _ in range(steps * 2000):
        value = (value * 1103515245 + 12345) % 2**31
    return value


def money(evidence: Evidence, wallets: dict[str, WalletTold]) -> Iterator[Claim]:
    """Charges, holds and balances."""
    found = evidence.events
    terms = next(event.terms for event in found if isinstance(event, NetworkOpened))
    held = bills(found)
    wrong = [
        f"{name}: {bill.captured_micro} / {due_micro(bill, terms.slot_us, terms.start_at)}"
        for name, bill in held.items()
        if bill.captured_micro != due_micro(bill, terms.slot_us, terms.start_at)
    ]
    yield Claim(
        Text(
            f"all {len(held)} attempts were charged usage × reserved figures, to the micro-yuan",
            f"全部 {len(held)} 次尝试按用量 × 预留价计费，精确到微元",
        ),
        not wrong,
        "; ".join(wrong)[:200],
    )
    books = replay(evidence.records)
    open_holds = [hold for hold, one in books.holds.items() if one.status == "open"]
    yield Claim(
        Text("no hold is open", "没有未结的冻结"),
        not open_holds and len(books.holds) > 0,
        ", ".join(open_holds),
    )
    broken = broken_invariants(books)
    yield Claim(
        Text("the ledger's invariants hold", "账本不变式成立"),
        not broken,
        "; ".join(one.where for one in broken),
    )
    total = sum(bill.captured_micro for bill in held.values())
    paid = 0
    for firm in REGIONS:
        wallet = wallets[firm]
        granted = sum(yuan for owner, _, yuan in GRANTS if owner == firm) * MICRO_PER_YUAN
        paid += TOP_UP_YUAN * MICRO_PER_YUAN - wallet.available_micro - wallet.held_micro
        paid += granted - wallet.voucher_available_micro - wallet.voucher_held_micro
    yield Claim(
        Text("what the firms and their vouchers paid is what was captured", "企业与算力券所付等于核销总额"),
        paid == total and total > 0,
        f"{paid} = {total}",
    )
    voucher = wallets[FIRM_A].voucher_available_micro
    yield Claim(
        Text("vouchers paid where their programme lists the centre", "算力券仅在方案名录内的中心抵扣"),
        0 < voucher < GRANTS[0][2] * MICRO_PER_YUAN,
        f"{FIRM_A}: {GRANTS[0][2] * MICRO_PER_YUAN - voucher}",
    )


def proofs(evidence: Evidence) -> Iterator[Claim]:
    """The log is what was signed, and holds nothing secret."""
    size, root = signed_root(evidence.checkpoint)
    records = evidence.records[:size]
    yield Claim(
        Text(
            f"the {len(evidence.records)} events that the API tells are the bytes that were signed",
            f"接口给出的 {len(evidence.records)} 个事件正是已签名的字节",
        ),
        size >= len(evidence.records) and (size > len(records) or root_of(records) == root),
        f"size {size}, root {root.hex()[:16]}…",
    )
    yield Claim(
        Text("no event holds the secret", "任何事件都不含密钥"),
        not any(SECRET.encode() in record for record in evidence.records),
        "",
    )
