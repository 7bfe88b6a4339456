"""The commands of the walk in their order, each with what must come out; `{}` is the walk's folder."""

from suanwang.cli.voucher_story import BEIJING, CHENGDU, HAIDIAN, JINJIANG, Step
from suanwang.units.text import Text

BOOKS = ("--log", "{}/books")
RULES = ("--supplement", "{}/inputs/chengdu-supplement.yaml")
BEFORE = Text("before", "此前")
"""How the answer to a repeated request begins, in part."""
MARCH = ("--month", "2023-03")


def at(moment: str) -> tuple[str, ...]:
    """`--at`, local time."""
    return ("--at", f"{moment}+08:00")


def post(file: str, moment: str) -> tuple[str, ...]:
    """`ledger post` of a file of the walk."""
    return ("ledger", "post", f"{{}}/inputs/{file}", *BOOKS, *at(moment))


def apply(name: str, firm: str, moment: str, *more: str) -> tuple[str, ...]:
    """`grant apply` of a firm of the walk for its purchase."""
    papers = ("--enterprise", f"{{}}/inputs/{firm}.yaml", "--purchase", "{}/inputs/purchase.yaml")
    return ("grant", "apply", name, "--programme", CHENGDU, *papers, *more, *BOOKS, *at(moment))


def review(name: str, moment: str, *more: str) -> tuple[str, ...]:
    """`grant review`."""
    return ("grant", "review", name, *more, *BOOKS, *at(moment))


def issuing() -> list[Step]:
    """Chengdu, deducted at purchase: undecided, supplied, granted, refused."""
    return [
        Step(
            Text(
                "open the books: funds, a centre, wallets, two programmes with budget",
                "建账：资金、中心、钱包、方案与预算",
            ),
            post("opening.jsonl", "2023-03-01T09:00"),
        ),
        Step(Text("a firm applies in Chengdu", "企业在成都申请"), apply("cd-1", "firm", "2023-03-01T10:00")),
        Step(
            Text("no source shows Chengdu's rate, so nothing is decided", "来源未见成都的抵扣比例，故待定"),
            review("cd-1", "2023-03-01T11:00"),
            1,
            ("alternatives.voucher.rate_bp",),
        ),
        Step(
            Text(
                "the operator supplies a rate, marked as assumed: granted", "运营方补充比例（标为假定）：发放"
            ),
            review("cd-1", "2023-03-02T09:00", *RULES),
            0,
            ("1000000.00 × 30% = 300000.00", "cd-1"),
        ),
        Step(
            Text("asked again, nothing is booked twice", "重复提交不再入账"),
            review("cd-1", "2023-03-02T09:05", *RULES),
            0,
            (BEFORE, "300000.00"),
        ),
        Step(Text("a large firm applies", "大型企业申请"), apply("cd-2", "large", "2023-03-02T09:10")),
        Step(
            Text("refused, with the clause", "不予支持，并说明条款"),
            review("cd-2", "2023-03-02T09:15", *RULES),
            1,
            ("who",),
        ),
        Step(
            Text("a university applies for 50,000", "高校申请 5 万元"),
            apply("cd-3", "university", "2023-03-02T09:20", "--ask", "50000"),
        ),
        Step(
            Text("granted", "发放"),
            review("cd-3", "2023-03-02T09:25", *RULES),
            0,
            ("50000.00",),
        ),
    ]


def using() -> list[Step]:
    """Hold, capture part, release, refund, settle from the reserve."""
    hold = ("--enterprise", JINJIANG, "--centre", "tianfu", *BOOKS)
    return [
        Step(
            Text(
                "hold 400,000 for an attempt: 30 % voucher, the rest wallet",
                "为一次作业冻结 40 万：30% 用券，其余钱包",
            ),
            ("grant", "hold", "attempt-1", "--amount", "400000", *hold, *at("2023-03-05T20:00")),
        ),
        Step(
            Text("a hold beyond what is there is refused", "超出余额的冻结被拒绝"),
            ("grant", "hold", "attempt-2", "--amount", "900000", *hold, *at("2023-03-05T20:30")),
            1,
            ("wallet:",),
        ),
        Step(
            Text(
                "250,000 are used; the reserve is too small for all of it and says so",
                "使用 25 万；备用金不足并报警",
            ),
            post("capture.jsonl", "2023-03-15T20:00"),
        ),
        Step(
            Text("while the reserve is short, no new hold on the programme", "备用金不足期间暂停新冻结"),
            (
                "ledger",
                "post",
                "{}/inputs/hold-short.jsonl",
                *BOOKS,
                *at("2023-03-15T21:00"),
            ),
            1,
            (f"reserve:{CHENGDU}",),
        ),
        Step(
            Text("the attempt ends: the rest is released", "作业结束：释放余额"),
            post("release.jsonl", "2023-03-16T08:00"),
        ),
        Step(
            Text("10,000 are refunded after an outage", "故障退款 1 万元"),
            post("refund.jsonl", "2023-03-17T08:00"),
        ),
        Step(
            Text(
                "settle March: the funds fill the reserve, the reserve pays the centre",
                "结算 3 月：财政补足备用金，备用金支付中心",
            ),
            ("settlement", "run", "tianfu", *MARCH, *BOOKS, *at("2023-04-01T09:00")),
        ),
        Step(
            Text("settled again, nothing is booked", "重复结算不再入账"),
            ("settlement", "run", "tianfu", *MARCH, *BOOKS, *at("2023-04-01T09:05")),
            0,
            (BEFORE,),
        ),
    ]


def ending() -> list[Step]:
    """Expiry and claw-back of vouchers."""
    claw_back = ("grant", "claw-back", "cd-1", "20000", "--reason", "not-entitled", "--id", "claw-back-1")
    return [
        Step(
            Text("a year on, what was not used lapses", "满一年，未用额度失效"),
            post("expire.jsonl", "2024-03-15T09:00"),
        ),
        Step(
            Text(
                "the firm was not entitled: 20,000 of what was spent are owed back",
                "经查不符：追回已核销的 2 万元",
            ),
            (*claw_back, *BOOKS, *RULES, *at("2024-04-02T09:00")),
        ),
        Step(
            Text("the firm pays it back, to the funds whose it was", "企业退还，按来源归还财政"),
            post("repay.jsonl", "2024-04-20T09:00"),
        ),
    ]


def reimbursing() -> list[Step]:
    """Beijing, reimbursed after payment: filed, returned, corrected, approved, refused, paid, clawed back."""
    buyer = ("--enterprise", "{}/inputs/buyer.yaml", *BOOKS)
    related = ("--enterprise", "{}/inputs/buyer-related.yaml", *BOOKS)
    pay = ("claim", "pay", "bj-1", "--reference", "wire-17", *BOOKS)
    return [
        Step(
            Text("a firm claims in Beijing after paying its supplier", "企业付款后在北京申报"),
            ("claim", "file", "{}/inputs/claim.yaml", *buyer, *at("2024-06-03T10:00")),
        ),
        Step(
            Text("a paper is missing: returned for correction", "缺少材料：退回更正"),
            ("claim", "check", "bj-1", *BOOKS, *at("2024-06-04T10:00")),
            1,
            ("evidence.delivery",),
        ),
        Step(
            Text("corrected and filed again", "更正后重新申报"),
            ("claim", "correct", "{}/inputs/claim-corrected.yaml", *buyer, *at("2024-06-05T10:00")),
        ),
        Step(
            Text("approved: a fifth of the contract without tax", "核准：不含税合同额的两成"),
            ("claim", "check", "bj-1", *BOOKS, *at("2024-06-06T10:00")),
            0,
            ("600000.00 × 20% = 120000.00",),
        ),
        Step(
            Text("another contract, with a related supplier", "另一合同，供应商为关联方"),
            ("claim", "file", "{}/inputs/claim-related.yaml", *related, *at("2024-06-06T11:00")),
        ),
        Step(
            Text("refused, with the clause", "不予支持，并说明条款"),
            ("claim", "check", "bj-2", *BOOKS, *at("2024-06-06T12:00")),
            1,
            ("not_related",),
        ),
        Step(
            Text("paid out of the fund", "由财政资金兑付"), (*pay, *at("2024-06-20T10:00")), 0, ("120000.00",)
        ),
        Step(
            Text("paid again, nothing is booked", "重复支付不再入账"),
            (*pay, *at("2024-06-20T10:05")),
            0,
            (BEFORE,),
        ),
        Step(
            Text("a quarter of it is clawed back", "追回四分之一"),
            (
                *("claim", "claw-back", "bj-1", "30000", "--reason", "delivered-less"),
                *(*BOOKS, *at("2025-01-10T10:00")),
            ),
            0,
            ("90000.00",),
        ),
    ]


def telling() -> list[Step]:
    """Lists, a decision made again, statements, invariants, the export for another tool."""
    life = ("--from", "2023-03-01", "--to", "2025-02-01")
    return [
        Step(
            Text("where every application stands", "各申请的状态"),
            ("grant", "list", *BOOKS),
            0,
            ("cd-1", "cd-3"),
        ),
        Step(
            Text("where every claim stands", "各申报的状态"), ("claim", "list", *BOOKS), 0, ("bj-1", "bj-2")
        ),
        Step(
            Text(
                "the decision is made again from papers, position and rules", "依据材料、状态与规则重新计算"
            ),
            ("grant", "show", "cd-1", *RULES, *BOOKS),
        ),
        Step(
            Text(
                "without the supplement it is another rule, and that is seen",
                "不用补充文件即为另一规则，可被发现",
            ),
            ("grant", "show", "cd-1", *BOOKS),
            1,
        ),
        Step(Text("and so is a claim's", "申报的决定同样可重算"), ("claim", "show", "bj-1", *BOOKS)),
        *(
            Step(
                Text(f"statement of {kind} {name}".rstrip(), f"对账单：{kind} {name}".rstrip()),
                ("statement", kind, *((name,) if name else ()), *life, *BOOKS),
            )
            for kind, name in (
                ("enterprise", JINJIANG),
                ("enterprise", HAIDIAN),
                ("centre", "tianfu"),
                ("programme", CHENGDU),
                ("programme", BEIJING),
                ("platform", ""),
            )
        ),
        Step(
            Text("a statement as a page to print", "可打印的对账单页面"),
            *(
                (
                    "statement",
                    "enterprise",
                    JINJIANG,
                    *life,
                    "--format",
                    "html",
                    "--out",
                    "{}/firm.html",
                    *BOOKS,
                ),
            ),
        ),
        Step(Text("every invariant of the books holds", "账本全部不变式成立"), ("ledger", "check", *BOOKS)),
        Step(
            Text("the books for beancount", "导出为 beancount"),
            ("ledger", "export", "--out", "{}/books.beancount", *BOOKS),
        ),
    ]


def proving() -> list[Step]:
    """Keys, a signed checkpoint, an export, its verification."""
    key = "{}/log.key"
    return [
        Step(
            Text("a key for the log", "日志密钥"),
            ("audit", "keys", "new", "suanwang.example/walk", "--out", key),
        ),
        Step(
            Text("its public half, for auditors", "公钥，交给审计方"),
            ("audit", "keys", "show", key),
            save="log.vkey",
        ),
        Step(Text("sign every event", "签署全部事件"), ("audit", "checkpoint", "{}/books", "--key", key)),
        Step(Text("export the log", "导出日志"), ("audit", "export", "{}/books", "--out", "{}/export")),
        Step(
            Text("verified by anyone with the public key", "持公钥者均可校验"),
            ("audit", "verify", "{}/export", "--key", "{}/log.vkey"),
        ),
        Step(
            Text("the log itself holds the same events", "日志本身与导出一致"),
            ("audit", "verify", "{}/books", "--key", "{}/log.vkey"),
        ),
    ]


TAMPERED = Step(
    Text(
        "in a copy, one digit of one event is changed: it is found and named",
        "副本中改动一个数字：被发现并指明",
    ),
    ("audit", "verify", "{}/tampered", "--key", "{}/log.vkey"),
    1,
)


def steps() -> list[Step]:
    """The whole walk before the copy is tampered with."""
    return [*issuing(), *using(), *ending(), *reimbursing(), *telling(), *proving()]
