"""What one firm says another owes: invoices, less credit notes, less payments by bank."""

from __future__ import annotations

from tailrace.base.ids import sql_id
from tailrace.base.steps import step

AMOUNT_MAX = 10**16  # minor units; what claims more is no trade, and sums stay inside int64
# By the creditor's own number as its invoice gives it, not by the firm: firms grow and merge, and what
# was set off or paid of a claim must find it again. Two firms that share a number are told apart.
_NAMED = ("'claim'", "said", "number", "year(issued_on)")
CLAIM_ID = f"""
    case when row_number() over (partition by said, number, year(issued_on) order by document_id) = 1
         then {sql_id(*_NAMED)} else {sql_id(*_NAMED, "document_id")} end"""


@step(reads=("paper", "document", "line", "known_by"), writes="bill", version=2)
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
            from line l join paper p using (document_id)
            where p.kind = 'invoice' and l.parent_ref is null group by 1),
        own as (
            select party_id, arg_min(token, {{'r': rank, 't': token}}) as token
            from known_by where rank < 9 group by 1),
        made as (
        select coalesce(o.token, d.seller_id) as said, d.document_id, p.number, p.buyer_id as debtor_id,
               p.seller_id as creditor_id, p.payee_id,
               upper(replace(d.payee_account, ' ', '')) as payee_account, d.currency,
               coalesce(d.payable_minor, d.tax_inclusive_minor - coalesce(d.prepaid_minor, 0),
                        s.net_minor + coalesce(d.tax_total_minor, 0)
                        + coalesce(d.charge_total_minor, 0) - coalesce(d.allowance_total_minor, 0))
                   as amount_minor,
               p.issued_on, coalesce(d.due_on, p.issued_on) as due_on, d.payment_ref
        from paper p join document d using (document_id) left join summed s using (document_id)
        left join own o on o.party_id = d.seller_id
        where p.kind = 'invoice' and p.buyer_id is not null and p.seller_id is not null
          and d.currency is not null and amount_minor between 0 and {AMOUNT_MAX}
          and coalesce(s.size, 0) <= {AMOUNT_MAX})
        select {CLAIM_ID} as claim_id, * exclude (said) from made"""


@step(reads=("bill", "credit", "paid", "closed"), writes="claim", version=2)
def claim() -> str:
    """Put claims together: invoiced, credited (never above the invoice), paid by bank, closed."""
    return """
        with credited as (
            select claim_id, sum(amount_minor) as amount_minor from credit
            where claim_id is not null group by 1),
        running as (
            select p.claim_id, p.booked_on,
                   sum(p.amount_minor) over (partition by p.claim_id order by p.booked_on) as so_far
            from paid p),
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
               s.first_paid_on, s.settled_on, coalesce(z.amount_minor, 0) as closed_minor
        from bill b left join closed z using (claim_id) left join credited c using (claim_id) left join settled s using (claim_id)"""
