"""Paid less than is owed: partly paid, or closed at a cost to the creditor."""

from __future__ import annotations

from datetime import date

from tailrace.base.steps import step
from tailrace.evidence import words
from tailrace.evidence.finding import test_of


@step(
    reads=("claim", "closed", "paid", "advice", "telling", "allocation"),
    writes="found_short_payment",
    version=1,
)
def short_payment(on: date) -> str:
    """A claim paid short: closed by its terms or the rule set, or still owed.

    What is still owed is told when its day has passed, or when the payer says that it holds it
    back. A payer's reason closes nothing: the creditor agrees by a credit note.
    """
    query = f"""
        with short as (
            select c.*, c.amount_minor - c.credited_minor as owed_minor,
                   c.amount_minor - c.credited_minor - c.paid_minor as rest_minor
            from claim c
            where c.paid_minor > 0 and c.paid_minor < c.amount_minor - c.credited_minor),
        listed as (
            select distinct p.claim_id, l.to_number, l.deduction_minor, l.reason
            from paid p semi join short using (claim_id) join advice a using (payment_id)
            join telling t on t.payment_id = a.advice_id
            join allocation l on l.payment_id = t.told_id where l.deduction_minor > 0),
        held as (
            select s.claim_id, sum(l.deduction_minor) as held_minor,
                   string_agg(distinct l.reason, ', ' order by l.reason) as reason
            from short s join listed l on l.claim_id = s.claim_id
             and upper(trim(l.to_number)) = upper(trim(s.number))
            group by 1),
        one as (select claim_id, max(payment_id) as payment_id from paid group by 1)
        select s.*, o.payment_id, z.rule, z.words, h.held_minor, h.reason
        from short s join one o using (claim_id) left join closed z using (claim_id)
        left join held h using (claim_id)
        where z.claim_id is not null or h.claim_id is not null or s.due_on < date '{on}'"""
    return test_of(
        "short_payment",
        query,
        cause="claim_id",
        claim_id="claim_id",
        document_id="document_id",
        payment_id="payment_id",
        amount_minor="rest_minor",
        currency="currency",
        what=f"""'invoice ' || number || ': ' || {words.money("paid_minor", "currency")} || ' of '
            || {words.money("owed_minor", "currency")} || ' paid; '
            || {words.money("rest_minor", "currency")}
            || case rule when 'discount of the terms' then ' closed by discount: ' || words
                         when 'small difference' then ' closed at a cost: ' || words
                         else ' still owed' end
            || coalesce('; the payer holds back ' || {words.money("held_minor", "currency")}
                        || coalesce(' for ' || reason, ' without a reason'), '')""",
    )
