"""A payment made more than once under one reference; without a reference, on one day."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence import words
from tailrace.evidence.finding import test_of


@step(reads=("paid_once",), writes="found_repeated_payment", version=1)
def repeated_payment() -> str:
    """A payment made more than once under one reference; without a reference, on one day."""
    query = """
        with alike as (
            select *, case when end_to_end_ref is null then cast(booked_on as varchar) end as only_on
            from paid_once where not reversed),
        many as (
            select made_id, only_on, told_by, min(payment_id) as payment_id, count(*) as times,
                   min(amount_minor) as amount_minor, min(currency) as currency,
                   min(end_to_end_ref) as end_to_end_ref, min(booked_on) as first_on,
                   max(booked_on) as last_on
            from alike group by 1, 2, 3 having count(*) > 1)
        select * from many m where told_by = 'bank' or not exists (
            select 1 from many b where b.told_by = 'bank' and b.end_to_end_ref = m.end_to_end_ref)"""
    return test_of(
        "repeated_payment",
        query,
        cause="payment_id",
        payment_id="payment_id",
        amount_minor="amount_minor * (times - 1)",
        currency="currency",
        count="times",
        what=f"""'payment ' || coalesce(end_to_end_ref, 'without a reference') || ' of '
            || {words.money("amount_minor", "currency")} || ' was made ' || times
            || ' times, from ' || first_on || ' to ' || last_on""",
    )
