"""One month of a small network, in the ledger's notation: statements and exports are tested on it."""

from tests.unit.ledger.notation import DAY, Played, play

from suanwang.units.instants import local_month

FIRST_DAY = 20_513
"""2026-03-01 in days since 1970, UTC: the story's days count from 1970 as the notation does."""

STORY = f"""
@ {FIRST_DAY}
open_fund       city      CNY
open_fund       district  CNY
open_centre     天府       CNY
open_centre     lingang   CNY
open_wallet     acme      CNY   0
open_wallet     beta/lab  CNY   50
open_programme  券-2026    city=7,district=3   1000   200
pay_in          city      5000  remittance-1
pay_in          district  5000  remittance-2
appropriate     券-2026    10000
replenish       券-2026
top_up          acme      500   slip-1
issue_grant     g1        券-2026 acme 300 d{FIRST_DAY} d{FIRST_DAY + 60}
issue_grant     g2        券-2026 beta/lab 80 d{FIRST_DAY} d{FIRST_DAY + 10}
h1 | place_hold h1 acme 天府 g1=30 70
@ {FIRST_DAY + 2}
x1 | capture h1 40 8.000001 2 3600000 no
x2 | capture h1 10 0 0 720000 yes
r1 | refund x1 20 outage
place_hold h2 beta/lab 天府 g2=20 30
x3 | capture h2 30 5 0 900000 no
@ {FIRST_DAY + 12}
expire 券-2026
x4 | capture h2 5 0 0 90000 yes
claw_back g1 6 not-entitled
repay acme 4 slip-9
place_hold h3 acme lingang - 25.5
release h3
place_hold h4 acme lingang - 1000 ! overdraft
@ {FIRST_DAY + 33}
s | settle 天府 2026-03 d{FIRST_DAY} d{FIRST_DAY + 31}
"""

MARCH = local_month("2026-03")


def story() -> Played:
    assert MARCH[0] == FIRST_DAY * DAY - 8 * 3_600_000_000, "the first day is the month's, eight hours on"
    return play(STORY)
