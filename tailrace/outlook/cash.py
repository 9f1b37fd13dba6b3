"""The cash curves: what each firm with a known bank balance is expected to hold, day by day."""

from __future__ import annotations

from datetime import date, timedelta

from tailrace.base.steps import step
from tailrace.outlook.flows import STAGES, balances, flows
from tailrace.outlook.rules import OutlookRules

READS = (
    "statement_entry",
    "document",
    "party_identifier",
    "firm",
    "obligation",
    "set_off",
    "due",
    "delay",
    "contract",
)


@step(reads=READS, writes="cash", version=1)
def cash(on: date, outlook: OutlookRules) -> str:
    """Run each firm's balance forward over the horizon, expected, low and high.

    -> cash, by stage, firm, currency and day. The first row stands on `on` and is the bank balance;
    a firm without a known balance in a currency has no rows in it. Money due out leaves on its due
    day in all three curves; money due in arrives by the debtor's median delay (expected), its late
    end (low) or its early end (high). The price of a contract moves on its purchase day unless the
    bank balance is already of that day or later.
    """
    stages = ", ".join(f"('{stage}')" for stage in STAGES)
    last = on + timedelta(days=outlook.horizon_days)
    return f"""
        with balance as (
            select *, row_number() over (order by firm_id, currency) as n from ({balances(on)})),
        flow as (
            select f.stage, p.n as payer, q.n as payee, f.amount_minor, f.out_on, f.mid_on,
                   f.late_on, f.early_on
            from ({flows(on)}) f
            left join balance p on p.firm_id = f.payer_id and p.currency = f.currency
            left join balance q on q.firm_id = f.payee_id and q.currency = f.currency),
        move as (
            select stage, payer as n, out_on as "on", 0 as in_minor, amount_minor as out_minor,
                   0 as late_minor, 0 as early_minor from flow where payer is not null
            union all
            select stage, payee, mid_on, amount_minor, 0, 0, 0 from flow where payee is not null
            union all
            select stage, payee, late_on, 0, 0, amount_minor, 0 from flow where payee is not null
            union all
            select stage, payee, early_on, 0, 0, 0, amount_minor from flow where payee is not null
            union all
            {_purchases(on)}
            union all
            select stage, n, date '{on}', 0, 0, 0, 0 from balance, (values {stages}) every(stage)),
        daily as (
            select stage, n, "on", cast(sum(in_minor) as bigint) as in_minor,
                   cast(sum(out_minor) as bigint) as out_minor,
                   cast(sum(late_minor) as bigint) as late_minor,
                   cast(sum(early_minor) as bigint) as early_minor
            from move where "on" <= date '{last}' group by 1, 2, 3),
        ran as (
            select stage, n, "on", in_minor, out_minor,
                   sum(in_minor - out_minor) over upto as moved,
                   sum(late_minor - out_minor) over upto as moved_late,
                   sum(early_minor - out_minor) over upto as moved_early
            from daily window upto as (partition by stage, n order by "on"))
        select stage, firm_id, currency, "on", in_minor, out_minor,
               balance_minor + moved as balance_minor, balance_minor + moved_late as low_minor,
               balance_minor + moved_early as high_minor
        from ran join balance using (n)"""


def _purchases(on: date) -> str:
    """Return SQL for the prices still to move: in for the seller, out for the buyer."""
    day = f"greatest(c.purchase_on, date '{on + timedelta(days=1)}')"
    price = "c.price_at_purchase_minor"
    ahead = "b.currency = c.currency and c.purchase_on > b.known_on"
    return f"""
        select 'left', b.n, {day}, {price}, 0, {price}, {price}
        from contract c join balance b on b.firm_id = c.seller_id and {ahead}
        union all
        select 'left', b.n, {day}, 0, {price}, 0, 0
        from contract c join balance b on b.firm_id = c.buyer_id and {ahead}"""


@step(reads=("cash",), writes="surplus", version=1)
def surplus() -> str:
    """Say what each firm can spare at most, even if all its debtors pay late.

    cash -> surplus, by firm and currency: the lowest point of the low curve in stage `left`.
    """
    return """
        select firm_id, currency, min(low_minor) as lowest_minor
        from cash where stage = 'left' group by 1, 2"""
