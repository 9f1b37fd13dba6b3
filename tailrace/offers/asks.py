"""What products are asked to bid for, and what their buyers have taken on already."""

from __future__ import annotations

from datetime import date, timedelta

from tailrace.base.steps import step
from tailrace.offers.rules import OfferRules

DUE_MAX = 2**53  # a projection is exact up to here
ENOUGH = 3  # times the need: further obligations of the firm are not offered on


@step(reads=("need", "due", "claim", "delay", "cash"), writes="ask", version=1)
def ask(on: date, offers: OfferRules) -> str:
    """Pair each need that is left with the obligations that could meet it.

    need, due -> ask, by need and obligation. An obligation can meet a need if it is owed to the
    firm in need, in its currency, is not held, falls due at least `days_min` after the money would
    come, and is expected after the day the need is deepest: what comes before that day is in the
    curve already, so selling it would only cost. The money comes on the need's first day, at
    earliest tomorrow.

    From the day it is expected, a sold obligation is missed: the shortfall of later days stays as
    it is. So it reaches only what the need is deeper than that; where it would reach less than half
    of what it brings, it is not offered on. The nearest due are taken first (they cost least),
    until three times the need or `obligations_max` of them.
    """
    tomorrow = on + timedelta(days=1)
    return f"""
        with wanted as (
            select need_id, firm_id, currency, amount_minor, deepest_on,
                   greatest("on", date '{tomorrow}') as pay_on
            from need where stage = 'left'),
        later as (
            select w.need_id, c."on",
                   min(c.balance_minor) over (partition by w.need_id order by c."on"
                       rows between current row and unbounded following) as lowest_minor
            from wanted w join cash c
              on c.stage = 'left' and c.firm_id = w.firm_id and c.currency = w.currency),
        free as (
            select w.need_id, w.amount_minor, w.deepest_on, w.pay_on, w.firm_id as seller_id,
                   d.obligation_id, d.claim_id, d.debtor_id, d.currency, d.due_minor, d.due_on,
                   d.due_on - w.pay_on as days,
                   greatest(d.due_on + cast(coalesce(l.days_mid, 0) as integer),
                            date '{tomorrow}') as expected_on
            from due d
            join wanted w on w.firm_id = d.creditor_id and w.currency = d.currency
            left join delay l on l.debtor_id = d.debtor_id
            where not d.held and d.holder_id = d.creditor_id and d.debtor_id <> d.creditor_id
              and d.due_minor <= {DUE_MAX} and d.due_on - w.pay_on >= {max(offers.days_min, 1)}),
        able as (
            select f.*, f.amount_minor - greatest(-coalesce(later.lowest_minor, 0), 0) as reach_minor
            from free f
            left join later on later.need_id = f.need_id and later."on" = f.expected_on
            where f.expected_on > f.deepest_on),
        placed as (
            select *, row_number() over nearest as place,
                   sum(due_minor) over nearest - due_minor as before_minor
            from able where 2 * reach_minor >= least(due_minor, amount_minor)
            window nearest as (partition by need_id
                order by due_on, due_minor desc, obligation_id
                rows between unbounded preceding and current row))
        select need_id, obligation_id, p.claim_id, seller_id, p.debtor_id, p.currency,
               due_minor as notional_minor, reach_minor, c.issued_on, pay_on, p.due_on as maturity_on,
               days
        from placed p join claim c on c.claim_id = p.claim_id and c.issued_on <= date '{on}'
        where place <= {offers.obligations_max} and before_minor < {ENOUGH} * p.amount_minor"""


@step(reads=("contract", "due"), writes="exposure", version=1)
def exposure() -> str:
    """Sum what debtors still owe on contracts in force, by buyer.

    contract, due -> exposure. A contract whose obligation is no longer due, because it was paid or
    ended by the debtor's own early payment, counts no more.
    """
    return """
        select c.buyer_id, c.debtor_id, c.currency, sum(c.notional_minor) as notional_minor
        from contract c semi join due using (obligation_id)
        group by 1, 2, 3"""
