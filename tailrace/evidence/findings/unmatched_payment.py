"""A payment by bank between two named parties that means no claim in the book."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence import words
from tailrace.evidence.finding import test_of


@step(
    reads=(
        "paid_once",
        "meant",
        "firm",
    ),
    writes="found_unmatched_payment",
    version=1,
)
def unmatched_payment() -> str:
    """A payment by bank between two named parties that means no claim in the book.

    One that names no other side (wages, card takings) is other business of the account.
    """
    query = """
        select p.*, n.name from paid_once p anti join meant using (payment_id)
        left join (select distinct firm_id, name from firm) n
          on n.firm_id = coalesce(p.creditor_id, p.debtor_id)
        where p.told_by = 'bank' and not p.reversed and p.debtor_id is not null
          and p.creditor_id is not null"""
    return test_of(
        "unmatched_payment",
        query,
        cause="payment_id",
        payment_id="payment_id",
        amount_minor="amount_minor",
        currency="currency",
        what=f"""'payment of ' || {words.money("amount_minor", "currency")} || ' on ' || booked_on
            || coalesce(' (' || name || ')', '') || ' means no invoice that is here'""",
    )
