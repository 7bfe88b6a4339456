"""Decide: one programme, one enterprise and purchase, one position → a decision that explains itself."""

from suanwang.policy.amount import Reckoning, apply_caps, by_method, covered_cost
from suanwang.policy.decision import NOTHING_HAD, Decision, Finding, Outcome, Position, Share, input_digest
from suanwang.policy.inputs import InputValue, Subject
from suanwang.policy.rules import AlternativeOnDay, DayRules, Rules
from suanwang.units.money import split

NO_RECKONING = Reckoning()
NOTHING_LEFT = Finding("something_left", "failed", 0, 1)
IN_FORCE = Finding("in_force", "held")
NOT_IN_FORCE = Finding("in_force", "failed")
LISTED = Finding("supplier_listed", "held")
NOT_LISTED = Finding("supplier_listed", "failed")
NOT_RELATED = Finding("not_related", "held")
RELATED = Finding("not_related", "failed")
NO_PURCHASE = Finding("covered_cost", "unknown", missing=("purchase",))
NONE_BESIDE = Finding("not_beside", "held")


def decide(rules: Rules, subject: Subject, position: Position = NOTHING_HAD) -> Decision:
    """The decision of `rules` on `subject`, with what was had and what is left in `position`.

    Refused when any clause fails; undecided when none fails but one cannot answer, or the amount rests on a
    value that no source shows; else entitled to the amount.
    """
    on_day = rules.on(subject.day)
    answers = rules.bundle.answers(subject)
    base = covered_cost(rules, subject)
    findings = typed_findings(rules, on_day, subject, position, base)
    clause_findings(on_day, subject, answers, findings)
    failed, missing = verdicts(findings)
    reckoning = NO_RECKONING
    alternative = ""
    if not failed:
        alternative, reckoning = best_alternative(rules, on_day, subject, position, base, answers)
        if reckoning.failed:
            findings.extend(reckoning.failed)
            failed = True
        elif not reckoning.missing and reckoning.amount == 0 and (subject.purchase or not rules.covers):
            # without a purchase the base is not known, and 0 says nothing
            findings.append(NOTHING_LEFT)
            failed = True
        missing = missing + reckoning.missing
    outcome: Outcome = "refused" if failed else "undecided" if missing else "entitled"
    amount = 0 if failed else None if missing else reckoning.amount
    return Decision(
        rules.programme.programme,
        subject.enterprise.code,
        subject.day,
        outcome,
        tuple(findings),
        alternative,
        tuple(reckoning.steps),
        amount,
        shares_of(rules, amount) if amount else (),
        tuple(dict.fromkeys(missing)) if missing else (),
        rules.digest,
        digest_of(subject, position),
    )


def digest_of(subject: Subject, position: Position) -> str:
    """The digest of the inputs; that of a firm which had nothing yet is reckoned once a subject."""
    if position is not NOTHING_HAD:
        return input_digest(subject.digest, position)
    if not subject.fresh_digest:
        subject.fresh_digest = input_digest(subject.digest, position)
    return subject.fresh_digest


def verdicts(findings: list[Finding]) -> tuple[bool, list[str]]:
    """Whether any clause failed, and every name that an unanswered one waits for."""
    failed = False
    missing: list[str] = []
    for finding in findings:
        if finding.verdict == "failed":
            failed = True
        elif finding.verdict == "unknown":
            missing.extend(finding.missing)
    return failed, missing


def clause_findings(
    on_day: DayRules, subject: Subject, answers: list[InputValue | None], findings: list[Finding]
) -> None:
    """Add what each CEL clause said."""
    for clause, answer in zip(on_day.clauses, answers, strict=False):
        if answer is None:
            if clause.expression.needs.isdisjoint(subject.known):
                findings.append(clause.unknown)
                continue
            missing = clause.expression.missing(subject) + clause.unseen
            findings.append(Finding(clause.clause, "unknown", None, clause.limit, missing))
        elif not clause.sign:
            findings.append(clause.held if answer else clause.failed)
        elif clause.limit is None:
            findings.append(Finding(clause.clause, "unknown", int(answer), None, clause.unseen))
        else:
            # at least: figure ≥ limit; at most: figure ≤ limit
            held = (int(answer) - clause.limit) * clause.sign >= 0
            findings.append(Finding(clause.clause, "held" if held else "failed", int(answer), clause.limit))


def typed_findings(
    rules: Rules, on_day: DayRules, subject: Subject, position: Position, base: int
) -> list[Finding]:
    """What the typed fields said: dates, cost, supplier, related parties, contracts and other support."""
    programme, purchase = rules.programme, subject.purchase
    findings = [IN_FORCE if on_day.in_force else NOT_IN_FORCE]
    if programme.windows or programme.lags:
        date_findings(rules, on_day, subject, findings)
    if rules.covers:
        if purchase is None:
            findings.append(NO_PURCHASE)
        else:
            findings.append(Finding("covered_cost", "held" if base > 0 else "failed", base, 1))
    if programme.supplier_listed.value:
        listed = None if purchase is None else purchase.catalogues
        if listed is None:
            findings.append(Finding("supplier_listed", "unknown", missing=("catalogues",)))
        else:
            findings.append(LISTED if programme.programme in listed else NOT_LISTED)
    if rules.bars_related and purchase is not None:
        enterprise = subject.enterprise
        if not purchase.supplier:
            findings.append(Finding("not_related", "unknown", missing=("supplier",)))
        else:
            related = purchase.supplier in enterprise.related or purchase.supplier == enterprise.code
            findings.append(RELATED if related else NOT_RELATED)
    if programme.once_per_contract.value and purchase is not None:
        if not purchase.contract:
            findings.append(Finding("once_per_contract", "unknown", missing=("contract",)))
        else:
            again = any(paid.contract == purchase.contract for paid in position.paid)
            findings.append(Finding("once_per_contract", "failed" if again else "held"))
    if not position.beside:
        if programme.excludes or programme.stacks.value is False:
            findings.append(NONE_BESIDE)
    elif programme.excludes or programme.stacks.value is False:
        barred = any(
            programme.stacks.value is False or excludes(rules, other.programme, other.family, other.level)
            for other in position.beside
        )
        findings.append(Finding("not_beside", "failed" if barred else "held"))
    return findings


def excludes(rules: Rules, programme: str, family: str, level: str) -> bool:
    """Whether the programme may not be had beside another one of that id, family and level."""
    return any(
        (not bar.programme or bar.programme == programme)
        and (not bar.family or bar.family == family)
        and (bar.level is None or bar.level == level)
        for bar in rules.programme.excludes
    )


def date_findings(rules: Rules, on_day: DayRules, subject: Subject, findings: list[Finding]) -> None:
    """Add what the windows and the longest lags said. Figures are days past the limit, from its day."""
    for window in rules.programme.windows:
        day = subject.events.get(window.event)
        name = f"window:{window.event}"
        if day is None:
            findings.append(Finding(name, "unknown", missing=(window.event,)))
        elif window.first is not None and day < window.first:
            findings.append(Finding(name, "failed", (day - window.first).days, 0))
        elif window.last is not None and day > window.last:
            findings.append(Finding(name, "failed", (day - window.last).days, 0))
        else:
            findings.append(Finding(name, "held"))
    for lag, most in zip(rules.programme.lags, on_day.lags, strict=True):
        name = f"lag:{lag.since}:{lag.event}"
        since, day = subject.events.get(lag.since), subject.events.get(lag.event)
        if since is None or day is None:
            absent = tuple(event for event in (lag.since, lag.event) if event not in subject.events)
            findings.append(Finding(name, "unknown", None, most.value, absent))
        elif most.value is None:
            findings.append(
                Finding(name, "unknown", (day - since).days, None, (f"lags.{lag.event}.days_most",))
            )
        else:
            days = (day - since).days
            findings.append(Finding(name, "held" if days <= most.value else "failed", days, most.value))


def best_alternative(
    rules: Rules,
    on_day: DayRules,
    subject: Subject,
    position: Position,
    base: int,
    answers: list[InputValue | None],
) -> tuple[str, Reckoning]:
    """The alternative that counts and its amount after all caps: the first open one, or the largest."""
    found: list[tuple[str, Reckoning]] = []
    for option in on_day.alternatives:
        name = option.alternative.alternative
        is_open = True if option.when < 0 else answers[option.when]
        if is_open is None:
            reckoning = Reckoning()
            reckoning.missing.extend(rules.bundle.expressions[option.when].missing(subject))
            return name, reckoning
        if not is_open:
            continue
        reckoning = reckon(rules, option, on_day, subject, position, base, answers)
        if rules.programme.choose == "first" or reckoning.missing:
            return name, reckoning
        found.append((name, reckoning))
    if not found:
        reckoning = Reckoning()
        reckoning.failed.append(Finding("alternative", "failed"))
        return "", reckoning
    return max(found, key=lambda pair: (not pair[1].failed, pair[1].amount))


def reckon(
    rules: Rules,
    option: AlternativeOnDay,
    on_day: DayRules,
    subject: Subject,
    position: Position,
    base: int,
    answers: list[InputValue | None],
) -> Reckoning:
    """The amount of one alternative through all its steps."""
    reckoning = Reckoning()
    needs = rules.bundle.expressions[option.of].missing(subject) if option.of >= 0 else ()
    by_method(reckoning, option, base, answers, needs)
    if not reckoning.failed and not reckoning.missing:
        apply_caps(reckoning, rules, on_day, position, base, subject.day)
    return reckoning


def shares_of(rules: Rules, amount_micro: int | None) -> tuple[Share, ...]:
    """The amount among its payers: the shares sum to it exactly (largest remainders)."""
    payers = rules.programme.payers
    if not payers or not amount_micro:
        return ()
    parts = split(amount_micro, [payer.share_bp for payer in payers])
    return tuple(Share(payer.payer, part) for payer, part in zip(payers, parts, strict=True))
