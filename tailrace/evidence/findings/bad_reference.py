"""A creditor reference whose check digits are wrong: it means no claim."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence import words
from tailrace.evidence.finding import test_of, together


@step(
    reads=("referred", "paid_once", "bill"),
    writes="found_bad_reference",
    version=1,
)
def bad_reference() -> str:
    """Find creditor references with wrong check digits, on payments and on invoices."""
    return together([_paid(), _asked()])


def _paid() -> str:
    """A payment that carries one."""
    query = """
        select p.payment_id, p.amount_minor, p.currency, p.booked_on, r.told, r.scheme
        from referred r join paid_once p on p.payment_id = r.subject
        where r.kind = 'payment' and not r.sound and not p.reversed"""
    return test_of(
        "bad_reference",
        query,
        cause="payment_id",
        payment_id="payment_id",
        amount_minor="amount_minor",
        currency="currency",
        what=f"""'payment of ' || {words.money("amount_minor", "currency")} || ' on ' || booked_on
            || ' carries reference ' || told || ': its check digits (' || scheme
            || ') are wrong, so it means no invoice'""",
    )


def _asked() -> str:
    """An invoice that asks for one: no payment can be told by it."""
    query = """
        select b.claim_id, b.document_id, b.number, b.amount_minor, b.currency, r.told, r.scheme
        from referred r join bill b on b.claim_id = r.subject
        where r.kind = 'claim' and not r.sound"""
    return test_of(
        "bad_reference",
        query,
        cause="claim_id",
        claim_id="claim_id",
        document_id="document_id",
        amount_minor="amount_minor",
        currency="currency",
        what="""'invoice ' || number || ' asks for reference ' || told || ': its check digits ('
            || scheme || ') are wrong, so no payment is found by it'""",
    )
