"""Needs: where a cash curve falls below zero, how deep, how surely, and why, in words."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from tailrace.base.ids import sql_id
from tailrace.base.steps import step
from tailrace.outlook.flows import STAGES
from tailrace.outlook.rules import OutlookRules
from tailrace.outlook.words import causes, sql_text


@step(reads=("cash", "obligation", "set_off", "due", "delay", "firm"), writes="need", version=1)
def need(on: date, outlook: OutlookRules) -> str:
    """Find each curve that is expected below zero within the horizon.

    cash -> need, at most one row for each stage, firm and currency: the first day below zero, the
    last, and the deepest shortfall between them. Shortfalls under `need_minor_min` are none.

    How sure: M is the lowest point of the expected curve, H that of the high curve (every debtor
    pays early), and p the interval's upper share, 0.9. Zero lies between the two as quantiles do:
    sure = 0.5 + (p - 0.5) * -M / (H - M); p where even the high curve falls below zero; 1 where
    the low and high curve bottom at the same point, so that nothing uncertain could help.
    """
    last = on + timedelta(days=outlook.horizon_days)
    p = f"{1 - outlook.interval[0]:.6f}"
    made = sql_id("'need'", "stage", "known.firm_id", "currency", '"on"', "amount_minor")
    return f"""
        with short as (
            select stage, firm_id, currency, min(low_minor) as low, min(balance_minor) as mid,
                   min(high_minor) as high,
                   min(balance_minor) filter ("on" = date '{on}') as opening
            from cash group by 1, 2, 3
            having min(balance_minor) <= {-max(outlook.need_minor_min, 1)}),
        curve as (
            select stage, firm_id, currency, "on", balance_minor, mid,
                   coalesce(lead("on") over (partition by stage, firm_id, currency order by "on")
                            - 1, date '{last}') as through_on
            from cash join short using (stage, firm_id, currency)),
        dip as (
            select stage, firm_id, currency, min("on") as "on", max(through_on) as until_on,
                   min("on") filter (balance_minor = mid) as deepest_on
            from curve where balance_minor < 0 group by 1, 2, 3),
        known as (
            select stage, firm_id, currency, "on", until_on, deepest_on, opening,
                   -mid as amount_minor,
                   case when low = high then 1.0 when high < 0 then {p}
                        else 0.5 + ({p} - 0.5) * cast(-mid as double) / cast(high - mid as double)
                   end as sure
            from short join dip using (stage, firm_id, currency)),
        {causes(on)}
        select {made} as need_id, known.firm_id, currency, "on", until_on, deepest_on, amount_minor,
               sure, stage,
               concat_ws('; ', {sql_text("opening", "currency")} || ' at the bank',
                         outflow.words, inflow.words) as why
        from known
        left join outflow using (stage, firm_id, currency)
        left join inflow using (stage, firm_id, currency)"""


class Avoided(Struct, frozen=True, kw_only=True):
    """The finance one currency needed at each stage, and who met what was met. Minor units."""

    currency: str
    before_minor: int  # as proven
    cleared_minor: int  # after set-offs
    left_minor: int  # after contracts too
    debtor_minor: int  # money given by debtors who paid early
    member_minor: int  # by other members
    outside_minor: int  # by outside funders

    @property
    def avoided_minor(self) -> int:
        """The finance that clearing alone made unnecessary."""
        return self.before_minor - self.cleared_minor


def avoided(need: pa.Table, contract: pa.Table) -> list[Avoided]:
    """Return the finance avoided and met for each currency, in order of its code.

    need and contract are tables of those kinds; amounts met are the prices of the contracts.
    """
    stages = _sums(need, need["stage"], "amount_minor")
    sources = _sums(contract, _source(contract), "price_at_purchase_minor")
    return [
        Avoided(
            currency=code,
            **{f"{stage}_minor": stages.get((code, stage), 0) for stage in STAGES},
            **{f"{s}_minor": sources.get((code, s), 0) for s in ("debtor", "member", "outside")},
        )
        for code in sorted({code for code, _ in [*stages, *sources]})
    ]


def _source(contract: pa.Table) -> pa.ChunkedArray:
    """Return whose money each contract is: the debtor's, a member's, or from outside."""
    own = pc.equal(contract["buyer_id"], contract["debtor_id"])
    funder = pc.starts_with(contract["buyer_id"], "funder:")
    return pc.if_else(own, "debtor", pc.if_else(funder, "outside", "member"))


def _sums(table: pa.Table, by: pa.ChunkedArray, amount: str) -> dict[tuple[str, str], int]:
    rows = pa.table({"currency": table["currency"], "by": by, "amount": table[amount]})
    sums = rows.group_by(["currency", "by"]).aggregate([("amount", "sum")])
    return {(r["currency"], r["by"]): r["amount_sum"] for r in sums.to_pylist()}
