"""Payments, each once however often it was told."""

from __future__ import annotations

from datetime import date

from tailrace.base.steps import step
from tailrace.evidence.papers.claims import AMOUNT_MAX

# A payment is the same in two statements by its UETR, else by its end-to-end reference, amount and
# currency, else by accounts (parties where no account is said), amount, currency and day.
_BETWEEN = """
    concat_ws(chr(31), p.told_by, least(p.from_ref, p.to_ref), greatest(p.from_ref, p.to_ref),
              p.amount_minor, p.currency)"""
_KEY = f"""
    coalesce('u ' || p.uetr, 'e ' || p.told_by || chr(31) || p.end_to_end_ref || chr(31)
        || p.amount_minor || chr(31) || p.currency, 'a ' || {_BETWEEN})"""


@step(reads=("payment", "document", "firm"), writes="telling", version=1)
def telling(on: date) -> str:
    """Say which rows tell the same payment.

    The same payment made twice stands twice in one statement, or on two days of one side. The k-th
    on the payer's side is the k-th on the payee's; a statement that was delivered again tells
    nothing new. A telling without a reference belongs to one with a reference that the other side
    alone tells, of the same accounts, amount and day. Reversals are counted alike and stand by
    themselves. Amounts beyond AMOUNT_MAX are not payments.
    """
    return f"""
        with spoken as (
            select p.*, coalesce(p.booked_on, p.value_on, d.issued_on) as day,
                   coalesce(p.debtor_account, x.firm_id, '') as from_ref,
                   coalesce(p.creditor_account, y.firm_id, '') as to_ref,
                   p.debtor_account is not null and p.creditor_account is not null as placed
            from payment p left join document d using (document_id)
            left join firm x on x.party_id = p.debtor_id
            left join firm y on y.party_id = p.creditor_id
            where coalesce(p.booked_on, p.value_on, d.issued_on) <= date '{on}'
              and p.amount_minor between 0 and {AMOUNT_MAX}),
        keyed as (
            select p.payment_id, p.document_id, p.position, p.reversal,
                   coalesce(p.direction, '') as side, {_KEY} as key, {_BETWEEN} as between, p.placed,
                   p.uetr is null and p.end_to_end_ref is null as bare, p.day
            from spoken p),
        alone as (
            select k.*, row_number() over same as place from keyed k
            anti join (select key, side from keyed where not bare) other
              on other.key = k.key and other.side <> k.side
            where not k.bare and k.placed
            window same as (partition by between, day, reversal, side order by payment_id)),
        lost as (
            select k.*, row_number() over same as place from keyed k where k.bare and k.placed
            window same as (partition by between, day, reversal, side order by payment_id)),
        adopted as (
            select l.payment_id, a.key from lost l join alone a
              on a.between = l.between and a.day = l.day and a.reversal = l.reversal
             and a.place = l.place and a.side <> l.side),
        told as (
            select k.* replace (coalesce(a.key, k.key) as key, k.bare and a.key is null as bare)
            from keyed k left join adopted a using (payment_id)),
        nth as (
            select *, row_number() over (
                       partition by key, reversal, side, day, document_id
                       order by position, payment_id) as n,
                   case when bare and not reversal then cast(day as varchar) else '' end as only_on
            from told),
        ranked as (
            select *, dense_rank() over (
                       partition by key, only_on, reversal, side order by day, n) as run
            from nth)
        select payment_id as told_id, min(payment_id) over same as payment_id, key,
               run, reversal, min(day) over same as booked_on, side
        from ranked window same as (partition by key, only_on, reversal, run)"""


@step(reads=("payment", "telling", "firm"), writes="paid_once", version=1)
def paid_once() -> str:
    """List payments once each, with firms in place of parties, numbered where they repeat.

    A reversal takes back the last payment before it that is like it and was not taken back yet: the
    two stand like brackets. Each side knows its own party best.
    """
    return """
        with like_reversed as (
            select distinct payment_id, key, reversal, booked_on from telling
            semi join (select key from telling where reversal) using (key)),
        depth as (
            select *, sum(case when reversal then -1 else 1 end) over (
                partition by key order by booked_on, reversal, payment_id
                rows unbounded preceding) as open
            from like_reversed),
        closed as (
            select payment_id, reversal, open, min(open) over (
                partition by key order by booked_on, reversal, payment_id
                rows between 1 following and unbounded following) as later
            from depth),
        back as (select payment_id from closed where not reversal and later < open),
        merged as (
            select t.payment_id, t.key, min(t.booked_on) as booked_on, min(p.told_by) as told_by,
                   min(p.amount_minor) as amount_minor, min(p.currency) as currency,
                   coalesce(min(d.firm_id) filter (t.side = 'debit'), min(d.firm_id)) as debtor_id,
                   coalesce(min(c.firm_id) filter (t.side = 'credit'), min(c.firm_id))
                       as creditor_id,
                   min(upper(replace(p.debtor_account, ' ', ''))) as debtor_account,
                   min(upper(replace(p.creditor_account, ' ', ''))) as creditor_account,
                   min(p.end_to_end_ref) as end_to_end_ref, min(p.structured_ref) as structured_ref,
                   min(p.remittance_text) as remittance_text
            from telling t join payment p on p.payment_id = t.told_id
            left join firm d on d.party_id = p.debtor_id
            left join firm c on c.party_id = p.creditor_id
            where not t.reversal group by t.payment_id, t.key),
        numbered as (
            select *, row_number() over up as run, first_value(payment_id) over up as made_id
            from merged window up as (partition by key order by booked_on, payment_id))
        select n.* exclude (key), n.payment_id in (select payment_id from back) as reversed
        from numbered n"""
