"""What one firm says another owes: invoices, less credit notes, less payments by bank."""

from __future__ import annotations

from datetime import date

from tailrace.base.ids import sql_id
from tailrace.base.steps import step

AMOUNT_MAX = 10**16  # minor units; what claims more is no trade, and sums stay inside int64
CLAIM_ID = sql_id("'claim'", "p.seller_id", "p.number", "year(p.issued_on)")


@step(reads=("paper", "document", "line"), writes="bill", version=1)
def bill() -> str:
    """List the invoices that make a claim: parties, currency and an amount of zero or more.

    The amount is the payable amount; where it is not said, the total with tax less what was paid
    ahead; where that is not said, the line amounts with tax, charges and allowances. Amounts beyond
    AMOUNT_MAX make no claim.
    """
    return f"""
        with summed as (
            select l.document_id, sum(l.net_minor) as net_minor,
                   sum(abs(cast(l.net_minor as hugeint))) as size
            from line l join paper p using (document_id) where p.kind = 'invoice' group by 1)
        select {CLAIM_ID} as claim_id, d.document_id, p.number, p.buyer_id as debtor_id,
               p.seller_id as creditor_id, p.payee_id,
               upper(replace(d.payee_account, ' ', '')) as payee_account, d.currency,
               coalesce(d.payable_minor, d.tax_inclusive_minor - coalesce(d.prepaid_minor, 0),
                        s.net_minor + coalesce(d.tax_total_minor, 0)
                        + coalesce(d.charge_total_minor, 0) - coalesce(d.allowance_total_minor, 0))
                   as amount_minor,
               p.issued_on, coalesce(d.due_on, p.issued_on) as due_on, d.payment_ref
        from paper p join document d using (document_id) left join summed s using (document_id)
        where p.kind = 'invoice' and p.buyer_id is not null and p.seller_id is not null
          and d.currency is not null and amount_minor between 0 and {AMOUNT_MAX}
          and coalesce(s.size, 0) <= {AMOUNT_MAX}"""


@step(reads=("paper", "document", "reference", "bill"), writes="credit", version=1)
def credit() -> str:
    """Take credit notes, and invoices below zero, off the claims they name (BG-3).

    A note that names one claim goes to it whole. One that names several goes to the oldest first,
    each up to its amount, and the rest to the last. What names no claim of its writer has no claim.
    """
    return f"""
        with note as (
            select p.document_id, p.seller_id, p.issued_on, d.currency,
                   abs(coalesce(d.payable_minor, d.tax_inclusive_minor)) as amount_minor
            from paper p join document d using (document_id)
            where (p.kind = 'credit_note' or (p.kind = 'invoice' and d.payable_minor < 0))
              and d.currency is not null
              and abs(coalesce(d.payable_minor, d.tax_inclusive_minor)) <= {AMOUNT_MAX}),
        named as (
            select distinct n.document_id, b.claim_id
            from note n join reference r using (document_id)
            join bill b on b.creditor_id = n.seller_id and b.number = r.to_number
                       and b.currency = n.currency
                       and (r.to_issued_on is null or year(r.to_issued_on) = year(b.issued_on))
            where r.to_kind = 'invoice'),
        placed as (
            select n.document_id, b.claim_id, n.amount_minor as whole, n.currency, n.issued_on,
                   sum(b.amount_minor) over oldest - b.amount_minor as before, b.amount_minor,
                   row_number() over newest = 1 as last
            from named m join note n using (document_id) join bill b using (claim_id)
            window oldest as (partition by n.document_id order by b.issued_on, b.claim_id
                              rows unbounded preceding),
                   newest as (partition by n.document_id order by b.issued_on desc, b.claim_id desc)),
        taken as (
            select document_id, claim_id, currency, issued_on,
                   case when last then greatest(whole - before, 0)
                        else least(greatest(whole - before, 0), amount_minor) end as amount_minor
            from placed)
        select document_id, claim_id, amount_minor, currency, issued_on from taken
        where amount_minor > 0
        union all
        select document_id, null, amount_minor, currency, issued_on
        from note anti join named using (document_id) where amount_minor > 0"""


@step(reads=("bill", "credit", "paid"), writes="claim", version=1)
def claim(on: date) -> str:
    """Put claims together: invoiced, credited (never above the invoice), paid by bank."""
    return f"""
        with credited as (
            select claim_id, sum(amount_minor) as amount_minor from credit
            where claim_id is not null group by 1),
        running as (
            select p.claim_id, p.booked_on,
                   sum(p.amount_minor) over (partition by p.claim_id order by p.booked_on) as so_far
            from paid p where p.booked_on <= date '{on}'),
        settled as (
            select b.claim_id, max(r.so_far) as paid_minor, min(r.booked_on) as first_paid_on,
                   min(r.booked_on) filter (
                       r.so_far >= b.amount_minor - coalesce(c.amount_minor, 0)) as settled_on
            from bill b join running r using (claim_id) left join credited c using (claim_id)
            group by 1)
        select b.claim_id, b.document_id, b.number, b.debtor_id, b.creditor_id, b.payee_id,
               b.payee_account, b.currency, b.amount_minor,
               least(b.amount_minor, coalesce(c.amount_minor, 0)) as credited_minor,
               coalesce(s.paid_minor, 0) as paid_minor, b.issued_on, b.due_on, b.payment_ref,
               s.first_paid_on, s.settled_on
        from bill b left join credited c using (claim_id) left join settled s using (claim_id)"""
