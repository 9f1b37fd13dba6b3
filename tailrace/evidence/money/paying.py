"""What each payment pays of each claim it means."""

from __future__ import annotations

from itertools import groupby

import pyarrow as pa

from tailrace.base.steps import array_step, step
from tailrace.base.tables import rows_of
from tailrace.evidence.money.working import SPREAD


@step(reads=("meant", "paid_once", "bill"), writes="plain", version=1)
def plain() -> str:
    """Say what payments pay where nothing is left to decide.

    One claim takes its payment whole. Amounts that are listed are taken as listed, up to the payment.
    """
    return """
        with flat as (
            select m.payment_id, m.claim_id, m.amount_minor as listed_minor, m.rule,
                   p.amount_minor as whole, p.booked_on, b.issued_on,
                   count(*) over (partition by m.payment_id) as claims,
                   count(m.amount_minor) over (partition by m.payment_id) as lists
            from meant m join paid_once p using (payment_id) join bill b using (claim_id))
        select payment_id, claim_id, whole as amount_minor, booked_on, rule
        from flat where claims = 1
        union all
        select payment_id, claim_id,
               least(listed_minor, greatest(whole - (sum(listed_minor) over (
                   partition by payment_id order by issued_on, claim_id
                   rows unbounded preceding) - listed_minor), 0)),
               booked_on, rule
        from flat where claims > 1 and lists = claims"""


@step(reads=("meant", "plain", "paid_once", "bill", "credit", "gross"), writes="shared", version=1)
def shared() -> str:
    """List the payments that mean several claims without saying how much of each.

    Beside each claim stands what plain payments and credit notes left of it: of what was received,
    and of all that is owed.
    """
    return """
        with open as (
            select payment_id, claim_id, rule from meant
            where payment_id not in (select payment_id from plain)),
        spent as (select claim_id, sum(amount_minor) as amount_minor from plain group by 1),
        credited as (select claim_id, sum(amount_minor) as amount_minor from credit group by 1)
        select o.payment_id, o.claim_id, o.rule, p.amount_minor, p.booked_on, b.issued_on,
               greatest(b.amount_minor - coalesce(c.amount_minor, 0)
                        - coalesce(s.amount_minor, 0), 0) as owed_minor,
               least(owed_minor, greatest(g.gross_minor - coalesce(s.amount_minor, 0), 0))
                   as proven_minor
        from open o join paid_once p using (payment_id) join bill b using (claim_id)
        join gross g using (claim_id) left join credited c using (claim_id)
        left join spent s using (claim_id)"""


@array_step(reads=("shared",), writes="spread", version=1)
def spread(shared: pa.Table) -> pa.Table:
    """Share those payments among their claims, the payments in order of their days.

    What was received is paid before what was not, the oldest claim first. One payment leaves the
    next what it did not pay, so this goes row by row; only payments for several claims that list no
    amounts come here.
    """
    rows = sorted(
        rows_of(shared),
        key=lambda r: (r["booked_on"], r["payment_id"], r["issued_on"], r["claim_id"]),
    )
    owed = {row["claim_id"]: row["owed_minor"] for row in rows}
    proven = {row["claim_id"]: row["proven_minor"] for row in rows}
    made = []
    for _, group in groupby(rows, key=lambda r: r["payment_id"]):
        parts = list(group)
        left = parts[0]["amount_minor"]
        for row in parts:
            row["part"] = min(left, proven[row["claim_id"]])
            left -= row["part"]
        for row in parts:
            claim = row["claim_id"]
            more = min(left, owed[claim] - proven[claim])
            left -= more
            proven[claim] -= row["part"]
            owed[claim] -= row["part"] + more
            made.append({**row, "amount_minor": row["part"] + more})
    names = set(SPREAD.names)
    return SPREAD.rows({k: row[k] for k in names} for row in made if row["amount_minor"])


@step(reads=("plain", "spread"), writes="paid", version=1)
def paid() -> str:
    """Put together what each payment pays of each claim."""
    return """
        select payment_id, claim_id, amount_minor, booked_on, rule from plain where amount_minor > 0
        union all select payment_id, claim_id, amount_minor, booked_on, rule from spread"""
