"""More paid than is owed, claim by claim or by one payment for several."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence import words
from tailrace.evidence.finding import test_of, together


@step(
    reads=(
        "claim",
        "paid",
        "paid_once",
        "meant",
    ),
    writes="found_overpaid",
    version=1,
)
def overpaid() -> str:
    """Find claims and payments that paid too much."""
    return together([_overpaid_claim(), _overpaid_payment()])


def _overpaid_claim() -> str:
    """A claim paid beyond what is owed after credit notes."""
    query = """
        select c.*, c.amount_minor - c.credited_minor as owed_minor, p.payment_id
        from claim c join (select claim_id, max(payment_id) as payment_id from paid group by 1) p
          using (claim_id)
        where c.paid_minor > c.amount_minor - c.credited_minor"""
    return test_of(
        "overpaid",
        query,
        cause="claim_id",
        claim_id="claim_id",
        document_id="document_id",
        payment_id="payment_id",
        amount_minor="paid_minor - owed_minor",
        currency="currency",
        what=f"""'invoice ' || number || ' was paid ' || {words.money("paid_minor", "currency")}
            || '; ' || {words.money("owed_minor", "currency")} || ' was owed'""",
    )


def _overpaid_payment() -> str:
    """A payment for several claims that is more than they owe together."""
    query = """
        select p.payment_id, p.amount_minor, p.currency, p.end_to_end_ref,
               p.amount_minor - coalesce(sum(x.amount_minor), 0) as left_minor,
               count(distinct m.claim_id) as claims
        from paid_once p join meant m using (payment_id)
        left join paid x on x.payment_id = m.payment_id and x.claim_id = m.claim_id
        group by p.payment_id, p.amount_minor, p.currency, p.end_to_end_ref
        having p.amount_minor > coalesce(sum(x.amount_minor), 0)"""
    return test_of(
        "overpaid",
        query,
        cause="payment_id",
        payment_id="payment_id",
        amount_minor="left_minor",
        currency="currency",
        count="claims",
        what=f"""'payment ' || coalesce(end_to_end_ref, 'without a reference') || ' of '
            || {words.money("amount_minor", "currency")} || ' is '
            || {words.money("left_minor", "currency")} || ' more than the ' || claims
            || ' claims it means'""",
    )
