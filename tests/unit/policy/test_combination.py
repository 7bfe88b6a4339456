"""The best lawful combination against brute force, and which voucher pays first."""

from datetime import date
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.policy.policy_cases import DAY, YUAN, rated, subject

from suanwang.policy.combination import best_combination
from suanwang.policy.decide import decide
from suanwang.policy.decision import Decision
from suanwang.policy.redemption import GrantBalance, draws
from suanwang.policy.rules import Rules

FAMILIES = ("compute", "rent", "growth")
COST = 1000


@st.composite
def books(draw: st.DrawFn) -> list[Rules]:
    """Two to six programmes with random rates, exclusions, shares of the cost and stacking."""
    found: list[Rules] = []
    for number in range(draw(st.integers(2, 6))):
        more = ""
        if draw(st.booleans()):
            target = draw(st.sampled_from(FAMILIES))
            more += f"excludes: [{{family: {target}, level: city}}]\n"
        if draw(st.integers(0, 4)) == 0:
            more += "stacks: false\n"
        if draw(st.booleans()):
            more += f"caps: {{share_of_cost_bp: {draw(st.integers(1, 100)) * 100}}}\n"
        family = draw(st.sampled_from(FAMILIES))
        found.append(rated(draw(st.integers(1, 100)) * 100, f"p{number}", family, more))
    return found


def barred(one: Rules, other: Rules) -> bool:
    """Said independently of the code under test: does the text of one bar the other?"""
    if one.programme.stacks.value is False:
        return True
    return any(bar.family == other.programme.family for bar in one.programme.excludes)


def brute_force(pairs: list[tuple[Rules, Decision]]) -> int:
    """The most that any lawful set gives: all subsets, each summed under the smallest share of the cost."""
    best = 0
    for size in range(1, len(pairs) + 1):
        for chosen in combinations(pairs, size):
            if any(barred(a, b) or barred(b, a) for (a, _), (b, _) in combinations(chosen, 2)):
                continue
            shares = [rule.programme.caps.share_of_cost_bp for rule, _ in chosen]
            least = min([10_000, *(share[0].value or 0 for share in shares if share)])
            total = sum(decision.amount_micro or 0 for _, decision in chosen)
            best = max(best, min(total, COST * YUAN * least // 10_000))
    return best


@settings(max_examples=80)
@given(books())
def test_the_search_is_exact(programmes: list[Rules]) -> None:
    buyer = subject(COST)
    pairs = [(rule, decide(rule, buyer)) for rule in programmes]
    found = best_combination(pairs, buyer)
    assert found.total_micro == brute_force(pairs)
    assert found.total_micro == sum(member.counted_micro for member in found.members)
    assert all(member.counted_micro <= member.alone_micro for member in found.members)
    assert found.total_micro <= COST * YUAN
    names = {rule.programme.programme: rule for rule in programmes}
    for one, other in combinations(found.members, 2):
        assert not barred(names[one.programme], names[other.programme])
        assert not barred(names[other.programme], names[one.programme])


GRANTS = st.lists(st.tuples(st.integers(0, 50), st.none() | st.integers(0, 5)), max_size=6).map(
    lambda rows: [
        GrantBalance(f"g{i}", "p", amount, None if days is None else date(2024, 6, 1 + days))
        for i, (amount, days) in enumerate(rows)
    ]
)


@given(GRANTS, st.integers(0, 300))
def test_draws_are_exact_and_in_order(grants: list[GrantBalance], amount: int) -> None:
    found, rest = draws(grants, amount, DAY)
    assert sum(draw.amount_micro for draw in found) + rest == amount
    by_name = {grant.grant: grant for grant in grants}
    keys = []
    for draw in found:
        grant = by_name[draw.grant]
        assert 0 < draw.amount_micro <= grant.available_micro
        assert grant.expires is None or grant.expires >= DAY
        keys.append((grant.expires or date.max, grant.available_micro, grant.grant))
    assert keys == sorted(keys)
    # only the last may be used in part, and nothing is left for the wallet while a grant has money
    assert all(draw.amount_micro == by_name[draw.grant].available_micro for draw in found[:-1])
    usable = sum(g.available_micro for g in grants if g.expires is None or g.expires >= DAY)
    assert rest == max(0, amount - usable)
