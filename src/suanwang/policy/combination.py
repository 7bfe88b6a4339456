"""The best lawful combination of programmes for one purchase: exact search, every choice explained.

A set is lawful when no member excludes another (either side's text counts, and a programme that does not
stack stands alone on its cost). Support that pays for the same cost stays together within the smallest share
of that cost that any member allows, the whole cost at most; a sum above it is cut from the last by id.
Awards pay for no cost and are not counted in it.
"""

from itertools import combinations

import msgspec

from suanwang.policy.amount import FULL_BP
from suanwang.policy.decide import excludes
from suanwang.policy.decision import Decision
from suanwang.policy.inputs import Subject
from suanwang.policy.rules import Rules

MEMBERS_MOST = 24
"""Entitled programmes searched over; above it the search would not stay exact and quick."""


class Member(msgspec.Struct, frozen=True):
    """One programme of the combination: what it gave alone and what of it counts beside the others."""

    programme: str
    alone_micro: int
    counted_micro: int


class Conflict(msgspec.Struct, frozen=True):
    """Two programmes that may not be had together, and whose text says so."""

    programme: str
    other: str
    said_by: tuple[str, ...]


class Combination(msgspec.Struct, frozen=True):
    """The best lawful set, in the order of ids, with the conflicts that kept others out."""

    members: tuple[Member, ...]
    total_micro: int
    conflicts: tuple[Conflict, ...]
    left_out: tuple[str, ...]


class Candidate(msgspec.Struct, frozen=True):
    """An entitled programme as the search sees it. `share_bp`: what all support on its cost may be of it."""

    rules: Rules
    amount_micro: int
    share_bp: int


class Costs(msgspec.Struct, frozen=True):
    """The purchase by kind of cost, micro-yuan: (without tax, with tax)."""

    by_kind: dict[str, tuple[int, int]]

    @classmethod
    def of(cls, subject: Subject) -> "Costs":
        """The costs of a subject's purchase, none without one."""
        found: dict[str, tuple[int, int]] = {}
        for line in subject.purchase.lines if subject.purchase is not None else ():
            net, gross = found.get(line.kind, (0, 0))
            found[line.kind] = (net + line.net_micro, gross + line.net_micro + line.vat_micro)
        return cls(found)

    def limit(self, group: list[Candidate]) -> int:
        """The most that all support of a group on its costs may be together."""
        kinds = frozenset(kind for one in group for kind in one.rules.covers)
        with_tax = any(one.rules.with_tax for one in group)
        base = sum(self.by_kind.get(kind, (0, 0))[with_tax] for kind in kinds)
        return base * min(one.share_bp for one in group) // FULL_BP


def candidates_of(pairs: list[tuple[Rules, Decision]], subject: Subject) -> list[Candidate]:
    """The entitled programmes with what they give, in the order of their ids."""
    found: list[Candidate] = []
    for rules, decision in pairs:
        if decision.outcome != "entitled" or not decision.amount_micro:
            continue
        share = rules.on(subject.day).share_of_cost
        share_bp = FULL_BP if share is None or share.value is None else share.value
        found.append(Candidate(rules, decision.amount_micro, share_bp))
    return sorted(found, key=lambda candidate: candidate.rules.programme.programme)


def conflict(one: Candidate, other: Candidate) -> tuple[str, ...]:
    """Who of the two bars the other; empty where both may stand together."""
    barred: list[str] = []
    for bars, beside in ((one, other), (other, one)):
        programme = beside.rules.programme
        same_cost = bool(bars.rules.covers & beside.rules.covers)
        alone = bars.rules.programme.stacks.value is False and same_cost
        if alone or excludes(bars.rules, programme.programme, programme.family, programme.level):
            barred.append(bars.rules.programme.programme)
    return tuple(barred)


def same_cost_groups(chosen: list[Candidate]) -> list[list[int]]:
    """Indices of the chosen in groups that pay, directly or through others, for the same kinds of cost."""
    groups: list[tuple[set[str], list[int]]] = []
    for index, candidate in enumerate(chosen):
        kinds, members = set(candidate.rules.covers), [index]
        apart: list[tuple[set[str], list[int]]] = []
        for group in groups:
            if group[0] & kinds:
                kinds |= group[0]
                members = group[1] + members
            else:
                apart.append(group)
        groups = [*apart, (kinds, members)]
    return [sorted(members) for kinds, members in groups if kinds]


def counted(chosen: list[Candidate], costs: Costs) -> list[int]:
    """What of each amount counts when the chosen stand together, in their order."""
    amounts = [candidate.amount_micro for candidate in chosen]
    for group in same_cost_groups(chosen):
        # Σ support on a cost ≤ the smallest share of it that a member allows
        room = costs.limit([chosen[index] for index in group])
        for index in group:
            amounts[index] = min(amounts[index], room)
            room -= amounts[index]
    return amounts


def best_combination(pairs: list[tuple[Rules, Decision]], subject: Subject) -> Combination:
    """The lawful set worth most; among equals the smallest, then the first by id.

    Branch and bound over the programmes that conflict or share a cost; all others are always taken. Raises
    OverflowError above `MEMBERS_MOST` such programmes.
    """
    candidates, costs = candidates_of(pairs, subject), Costs.of(subject)
    barred = {
        (i, j): said
        for i, j in combinations(range(len(candidates)), 2)
        if (said := conflict(candidates[i], candidates[j]))
    }
    contested = [
        i for i, one in enumerate(candidates) if one.rules.covers or any(i in pair for pair in barred)
    ]
    if len(contested) > MEMBERS_MOST:
        raise OverflowError(
            f"{len(contested)} programmes contend; at most {MEMBERS_MOST} are searched exactly"
        )
    free = [i for i in range(len(candidates)) if i not in contested]
    chosen = search(candidates, contested, barred, costs)
    members = [candidates[i] for i in sorted(chosen + free)]
    amounts = counted(members, costs)
    taken = set(chosen + free)
    return Combination(
        tuple(
            Member(member.rules.programme.programme, member.amount_micro, amount)
            for member, amount in zip(members, amounts, strict=True)
            if amount
        ),
        sum(amounts),
        tuple(
            Conflict(candidates[i].rules.programme.programme, candidates[j].rules.programme.programme, said)
            for (i, j), said in barred.items()
        ),
        tuple(one.rules.programme.programme for i, one in enumerate(candidates) if i not in taken),
    )


def search(
    candidates: list[Candidate],
    contested: list[int],
    barred: dict[tuple[int, int], tuple[str, ...]],
    costs: Costs,
) -> list[int]:
    """The best lawful subset of the contested candidates, by depth-first branch and bound."""
    left = [0] * (len(contested) + 1)
    for place in range(len(contested) - 1, -1, -1):
        left[place] = left[place + 1] + candidates[contested[place]].amount_micro
    best: tuple[int, list[int]] = (0, [])

    def better(value: int, chosen: list[int]) -> bool:
        return (-value, len(chosen), chosen) < (-best[0], len(best[1]), best[1])

    def descend(place: int, chosen: list[int], plain: int) -> None:
        nonlocal best
        # Caps only lower a sum, so the plain sum of what is chosen and left bounds every set below.
        if plain + left[place] < best[0]:
            return
        if place == len(contested):
            value = sum(counted([candidates[i] for i in chosen], costs))
            if better(value, chosen):
                best = (value, list(chosen))
            return
        index = contested[place]
        if not any((min(i, index), max(i, index)) in barred for i in chosen):
            descend(place + 1, [*chosen, index], plain + candidates[index].amount_micro)
        descend(place + 1, chosen, plain)

    descend(0, [], 0)
    return best[1]
