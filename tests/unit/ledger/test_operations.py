"""Each operation of the ledger, written as accounts, commands and expected balances."""

from tests.unit.ledger.notation import DAY, Played, play

from suanwang.ledger.figures import programme_figures, usable_grants

CITY = """
open_fund       city      CNY
open_fund       district  CNY
open_centre     tianfu    CNY
open_centre     chengdu   CNY
open_wallet     acme      CNY   0
open_wallet     beta      CNY   50
open_programme  voucher   city=7,district=3   1000   200
pay_in          city      5000  remittance-1
pay_in          district  5000  remittance-2
appropriate     voucher   10000
replenish       voucher
top_up          acme      500   slip-1
g | issue_grant g1        voucher acme 300 d0 d100
"""


def city() -> Played:
    return play(CITY)


def test_a_grant_comes_from_the_budget_and_a_reserve_from_the_funds_by_weight() -> None:
    play(
        """
        = appropriation:voucher 10000
        = budget:voucher         9700
        = available:g1            300
        = reserve:voucher        1000
        = treasury:city          4300
        = treasury:district      4700
        = funding:city           5000
        issue_grant g2 voucher acme 9700.000001 d0 d100  ! overdraft
        issue_grant g1 voucher acme 1 d0 d100            ! exists
        issue_grant g3 nothing nobody 1 d0 d100          ! unknown,unknown
        """,
        city(),
    )


def test_a_voucher_through_hold_part_capture_release_and_refund() -> None:
    play(
        """
        h | place_hold h1 acme tianfu g1=30 70
        = available:g1       270
        = held:g1             30
        = wallet:acme        430
        = wallet_held:acme    70
        c1 | capture h1 40 8 2 3600000 no
        # 30 % of every charge is the voucher's; the reserve has already paid it
        = held:g1             15
        = spent:g1            15
        = payable:tianfu      35
        = voucher_payable:tianfu:voucher 0
        = reserve:voucher    985
        = funding:city      4989.5
        = funding:district  4995.5
        c2 | capture h1 10 0 0 720000 yes
        = spent:g1            18
        = held:g1              0
        = available:g1       282
        = wallet:acme        458
        = wallet_held:acme     0
        = payable:tianfu      42
        refund c1 20 slow-disks
        = spent:g1            12
        = available:g1       288
        = wallet:acme        472
        = payable:tianfu      28
        # the centre was already paid by the reserve: it owes, and its next payment nets it
        = voucher_payable:tianfu:voucher -6
        """,
        city(),
    )


def test_several_grants_and_funds_share_one_cost_and_the_micro_yuan_add_up() -> None:
    play(
        """
        issue_grant g2 voucher acme 10 d0 d50
        place_hold h1 acme tianfu g1=10,g2=10 10
        capture h1 0.000001 0 0 1 no
        = held:g1       9.999999
        = held:g2      10
        capture h1 10 0 0 1 no
        = spent:g1      3.333334
        = spent:g2      3.333334
        = payable:tianfu 3.333333
        = funding:city      4995.333332
        = funding:district  4998.000000
        """,
        city(),
    )


def test_what_is_over_lapses_at_the_ledgers_time() -> None:
    play(
        """
        place_hold h1 acme tianfu g1=100 0
        place_hold h2 acme tianfu g1=50 0
        c1 | capture h1 80 0 0 1 no
        @ 100
        place_hold h3 acme tianfu g1=1 0   ! expired
        extend_hold h1 g1=1 0              ! expired
        expire voucher
        = available:g1   0
        = expired:g1   150
        = held:g1       70
        # what is held may still be charged; what returns has lapsed
        capture h1 5 0 0 1 yes
        release h2
        refund c1 30 outage
        = held:g1        0
        = spent:g1      55
        = expired:g1   245
        expire voucher
        = expired:g1   245
        """,
        city(),
    )


def test_a_grant_counts_only_for_its_owner_and_from_its_first_day() -> None:
    play(
        """
        issue_grant g2 voucher beta 10 d5 d9
        place_hold h1 acme tianfu g2=1,g9=1 0    ! not_owner,not_started,unknown
        place_hold h1 beta nowhere g2=1 0        ! unknown,not_started
        @ 5
        place_hold h1 beta tianfu g2=10 0
        """,
        city(),
    )


def test_a_claw_back_returns_to_the_funds_whose_money_it_was() -> None:
    play(
        """
        place_hold h1 acme tianfu g1=100 0
        c1 | capture h1 100 0 0 1 yes
        refund c1 10 outage
        = spent:g1 90
        claw_back g1 90.000001 false-papers         ! exceeds_spent
        claw_back g1 60 false-papers
        = receivable:acme:city      42
        = receivable:acme:district  18
        = funding:city            4979
        = funding:district        4991
        = available:g1   0
        = spent:g1      30
        = expired:g1   270
        claw_back g1 0 again                        ! withdrawn
        place_hold h2 acme tianfu g1=1 0            ! withdrawn,overdraft
        repay acme 60.01 slip                       ! exceeds_receivable
        repay acme 10.005 slip                      ! part_fen
        repay acme 10.01 slip
        = receivable:acme:city      34.99
        = receivable:acme:district  15.00
        repay acme 49.99 slip
        = receivable:acme:city       0
        = receivable:acme:district   0
        = treasury:city           4342
        = treasury:district       4718
        # two thirds of what is left of the capture are now the firm's own: a refund returns them to it
        refund c1 90 all-of-it
        = wallet:acme   560
        = spent:g1        0
        = expired:g1    300
        refund c1 0.01 more                         ! exceeds_capture
        """,
        city(),
    )


def test_a_short_reserve_keeps_the_voucher_part_payable_raises_the_alarm_and_stops_holds() -> None:
    played = play(
        """
        issue_grant g2 voucher acme 3000 d0 d100
        place_hold h1 acme tianfu  g2=850 0
        place_hold h2 acme tianfu  g2=600 0
        place_hold h3 acme chengdu g2=100 0
        capture h1 810 0 0 1 no
        = reserve:voucher 190
        """,
        city(),
    )
    assert played.state.programmes["voucher"].alarm == "low"
    play(
        """
        capture h2 600 0 0 1 yes
        = reserve:voucher 190
        = voucher_payable:tianfu:voucher 600
        # what could be paid does not overtake what waits
        capture h3 5 0 0 1 no
        = voucher_payable:chengdu:voucher 5
        place_hold  h4 acme tianfu g1=1 0   ! reserve_short
        extend_hold h1 g1=1 0               ! reserve_short
        place_hold  h4 acme tianfu - 1
        """,
        played,
    )
    assert played.state.programmes["voucher"].alarm == "short"
    play(
        """
        replenish voucher
        = voucher_payable:tianfu:voucher  0
        = voucher_payable:chengdu:voucher 0
        = reserve:voucher 1000
        = treasury:city      3309.5
        = treasury:district  4275.5
        place_hold h5 acme tianfu g1=1 0
        """,
        played,
    )
    assert played.state.programmes["voucher"].alarm == "ok"


def test_a_fund_without_cash_leaves_its_share_unpaid_and_the_alarm_up() -> None:
    played = play(
        """
        pay_in  city      -4300 returned
        pay_in  city      -0.01 returned    ! overdraft
        issue_grant g2 voucher acme 3000 d0 d100
        place_hold h1 acme tianfu  g2=2000 0
        capture h1 2000 0 0 1 no
        replenish voucher
        # the district pays its 30 % of 2000; nobody pays for the city
        = treasury:city        0
        = treasury:district 4100
        = voucher_payable:tianfu:voucher 400
        = reserve:voucher      0
        """,
        city(),
    )
    assert played.state.programmes["voucher"].alarm == "short"


def test_credit_limits_and_withdrawals() -> None:
    play(
        """
        place_hold h1 beta tianfu - 50.000001    ! overdraft
        place_hold h1 beta tianfu - 50
        = wallet:beta      -50
        = wallet_held:beta  50
        place_hold h2 beta tianfu - 0.000001     ! overdraft
        set_credit beta 49                       ! overdraft
        set_credit beta 60
        withdraw beta 5 slip                     ! overdraft
        place_hold h2 beta tianfu - 10
        withdraw acme 500.01 slip                ! overdraft,overdraft
        withdraw acme 0.001 slip                 ! part_fen
        withdraw acme 500 slip
        = bank:CNY 0
        """,
        city(),
    )


def test_settlement_pays_whole_fen_once_and_carries_the_rest() -> None:
    played = play(
        """
        place_hold h1 acme tianfu g1=100 200
        capture h1 10.000003 0 0 1 no
        @ 31
        capture h1 30 0 0 1 no
        s1 | settle tianfu 2026-01 d0 d31
        = payable:tianfu  20.006669
        = bank:CNY       493.34
        s1 | settle tianfu 2026-01 d0 d31
        settle tianfu 2026-01 d0 d31          ! already_settled
        settle tianfu 2026-0x d30 d40         ! period_overlap,period_open
        settle tianfu 2026-02 d31 d59         ! period_open
        settle nowhere 2026-02 d0 d1          ! unknown
        @ 59
        settle tianfu 2026-02 d31 d59
        = payable:tianfu   0.006669
        = bank:CNY       473.34
        = reserve:voucher 1000
        """,
        city(),
    )
    first, second = played.state.settlements.values()
    assert (first.earned_micro, first.paid_micro, first.carried_micro) == (6_666_669, 6_660_000, 6_669)
    assert (second.brought_micro, second.earned_micro, second.paid_micro) == (6_669, 20_000_000, 20_000_000)
    assert [p.captured_micro for p in first.programmes] == [3_333_334]
    assert [p.captured_micro for p in second.programmes] == [10_000_000]
    assert [sum(d.amount_micro for d in p.drawn) for p in first.programmes] == [13_330_000]


def test_a_settlement_pays_no_more_than_the_bank_has() -> None:
    play(
        """
        place_hold h1 acme tianfu - 400
        place_hold h2 beta tianfu - 50
        capture h1 400 0 0 1 yes
        capture h2 50 0 0 1 yes
        withdraw acme 90 slip
        @ 31
        settle tianfu 2026-01 d0 d31
        = payable:tianfu 40
        = bank:CNY        0
        top_up beta 50 slip
        @ 59
        settle tianfu 2026-02 d31 d59
        = payable:tianfu  0
        = bank:CNY       10
        """,
        city(),
    )


def test_a_claim_is_compared_line_by_line_and_disputes_are_resolved() -> None:
    played = play(
        """
        place_hold h1 acme tianfu g1=30 70
        place_hold h2 acme tianfu - 100
        place_hold h3 acme tianfu - 10
        place_hold h4 acme chengdu - 10
        capture h1 100 0 0 1000 yes
        capture h2 60 0 0 600 no
        capture h2 40 0 0 400 yes
        capture h3 10 0 0 100 yes
        capture h4 10 0 0 100 yes
        @ 31
        r | reconcile tianfu 2026-01 d0 d31 h1=100.99/1000,h2=90/900,h4=10/100,h9=1/1 100
        reconcile tianfu 2026-01 d0 d31 - 100      ! already_reconciled
        = disputed:tianfu  10
        = payable:tianfu  170
        settle tianfu 2026-01 d0 d31
        = payable:tianfu    0
        resolve r/h2 95 read-the-meter-together
        = disputed:tianfu   0
        = payable:tianfu    5
        = wallet:acme     315
        resolve r/h2 95 again                      ! dispute_closed
        resolve r/h9 1 shown-to-be-ours
        = payable:tianfu    6
        = expense:disputes.CNY 1
        resolve r/h4 0 other-centre
        resolve r/h7 0 nothing                     ! unknown
        """,
        city(),
    )
    claim = next(event for event in played.events if event.id == "r")
    assert (claim.agreed, claim.unclaimed) == (1, ("h3",))  # pyright: ignore
    assert [(d.hold, d.withheld_micro) for d in claim.disputes] == [  # pyright: ignore
        ("h2", 10_000_000),
        ("h4", 0),
        ("h9", 0),
    ]


def test_transfers_and_journals_balance_or_do_nothing() -> None:
    play(
        """
        open_account income:fees     CNY
        open_account capital:owner   CNY
        open_account income:dollars  USD
        open_account wallet:ghost    CNY                                          ! closed_to_journals
        transfer wallet:acme wallet:beta 100
        = wallet:acme 400
        = wallet:beta 100
        transfer wallet:acme wallet:beta 400.000001                              ! overdraft
        transfer wallet:acme wallet:acme 1                                       ! unbalanced
        transfer wallet:acme wallet:ghost 1                                      ! unknown
        transfer wallet:acme income:dollars 1                                    ! currency
        transfer payable:tianfu wallet:acme 1                                    ! closed_to_journals
        transfer bank:CNY capital:owner 0.001                                    ! part_fen
        transfer bank:CNY capital:owner 1000
        journal wallet:acme=10,wallet:beta=10,income:fees=-20 fees
        journal wallet:acme=10,wallet:beta=10,income:fees=-21 wrong              ! unbalanced
        journal wallet:acme=10,wallet:beta=1000,income:fees=-1010 too-much       ! overdraft
        journal wallet:acme=10,wallet:beta=10,income:dollars=-20 mixed           ! unbalanced,unbalanced
        journal available:g1=1,budget:voucher=-1 back-door  ! closed_to_journals,closed_to_journals
        = income:fees 20
        """,
        city(),
    )


def test_currencies_do_not_mix() -> None:
    play(
        """
        open_wallet  yankee     USD 100
        open_centre  abroad     USD
        open_fund    marshall   USD
        open_programme both city=1,marshall=1 0 0      ! currency
        issue_grant g2 voucher yankee 1 d0 d9          ! currency
        place_hold h1 acme abroad - 1                  ! currency
        place_hold h1 yankee abroad - 1
        """,
        city(),
    )


def test_a_purchase_uses_what_expires_soonest_then_what_is_smallest() -> None:
    played = play(
        """
        issue_grant g2 voucher acme 50 d0 d50
        issue_grant g3 voucher acme 20 d0 d100
        issue_grant g4 voucher acme 5  d9 d20
        issue_grant g5 voucher acme 5  d0 d20
        place_hold h1 acme tianfu g5=5 0
        """,
        city(),
    )
    assert [one.grant for one in usable_grants(played.state, "acme", 0)] == ["g2", "g3", "g1"]
    assert [one.grant for one in usable_grants(played.state, "acme", 60 * DAY)] == ["g3", "g1"]
    assert programme_figures(played.state, "voucher").held_micro == 5_000_000


def test_a_reimbursement_pays_the_firm_from_each_funds_own_treasury() -> None:
    play(
        """
        reimburse g1 0.015 remittance-3              ! part_fen
        reimburse g1 301 remittance-3                ! overdraft
        reimburse g9 1 remittance-3                  ! unknown
        p1 | reimburse g1 100.01 remittance-3
        = available:g1      199.99
        = spent:g1          100.01
        = treasury:city     4229.99
        = funding:city      4929.99
        = treasury:district 4670
        = wallet:acme       500
        """,
        city(),
    )


def test_what_was_reimbursed_is_clawed_back_never_refunded() -> None:
    play(
        """
        p1 | reimburse g1 100 remittance-3
        refund p1 1 outage                           ! reimbursed
        claw_back g1 40 not-entitled
        = spent:g1                  60
        = expired:g1                240
        = receivable:acme:city      28
        = receivable:acme:district  12
        reimburse g1 1 remittance-4                  ! withdrawn,overdraft
        repay acme 40 slip-3
        = treasury:city             4258
        """,
        city(),
    )


def test_a_reimbursement_beyond_a_funds_treasury_is_refused_whole() -> None:
    play(
        """
        pay_in district -4690 remittance-9
        reimburse g1 100 remittance-3                ! overdraft
        = available:g1 300
        = treasury:city 4300
        """,
        city(),
    )
