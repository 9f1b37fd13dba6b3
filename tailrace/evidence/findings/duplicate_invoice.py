"""The same invoice told again: under another number, or under its own with other content."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence import words
from tailrace.evidence.finding import test_of, together
from tailrace.evidence.rules import EvidenceRules


@step(
    reads=(
        "claim",
        "bill",
        "line",
        "demand",
        "share_order",
        "share_despatch",
        "claim_state",
        "twice",
        "document",
    ),
    writes="found_duplicate_invoice",
    version=2,
)
def duplicate_invoice(evidence: EvidenceRules) -> str:
    """Find invoices told again under another number, and numbers used twice for other content."""
    return together([_duplicate_invoice(evidence), _same_number()])


def _duplicate_invoice(evidence: EvidenceRules) -> str:
    """An invoice told again under another number.

    The same parties, currency, amount and lines (quantity, unit, amount in any order; items by
    number or by name, all but one of several) within `duplicate_days`, and nothing of its own behind the later one: nothing received, and neither
    ordered nor despatched in full. Of two of one day that without goods is the later. Repeat orders
    have goods, orders or despatches of their own.
    """
    query = f"""
        with {_PAIR.format(days=evidence.duplicate_days)},
        {_BACKED},
        {_FOUND}
        select b.*, a.number as first_number, a.document_id as first_document,
               a.issued_on as first_on
        from found f join claim b on b.claim_id = f.later_id join claim a on a.claim_id = f.first_id
        """
    return test_of(
        "duplicate_invoice",
        query,
        grave=True,
        cause="claim_id",
        claim_id="claim_id",
        document_id="document_id",
        other_id="first_document",
        amount_minor="amount_minor",
        currency="currency",
        what=f"""'invoice ' || number || ' of ' || issued_on || ' says what invoice ' || first_number
            || ' of ' || first_on || ' says: the same parties, lines and '
            || {words.money("amount_minor", "currency")} || '; no goods of its own arrived for it'""",
    )


# Claims of the same parties, currency and amount within the days, and what their lines say.
_PAIR = """
        pair as (
            select a.claim_id as first_id, b.claim_id as later_id
            from claim a join claim b
              on a.creditor_id = b.creditor_id and a.debtor_id = b.debtor_id
             and a.currency = b.currency and a.amount_minor = b.amount_minor
             and b.issued_on - a.issued_on between 0 and {days}
             and a.claim_id <> b.claim_id
            where a.amount_minor > 0),
        known as (select first_id as claim_id from pair union select later_id from pair),
        content as (
            select claim_id,
                   list_sort(list(concat_ws('|', l.quantity, l.unit, l.net_minor))) as sums,
                   list_sort(list(coalesce(l.item_ref, '') || '|' || l.quantity)) as refs,
                   list_sort(list(coalesce(lower(l.item_name), '') || '|' || l.quantity)) as names
            from known join bill using (claim_id) join line l using (document_id) group by 1)"""
# Claims whose every line was ordered, or despatched, in full for itself.
_BACKED = """
        backed as (
            select claim_id from (
                select d.line_id, d.claim_id, d.quantity, coalesce(o.quantity, 0) as ordered,
                       coalesce(s.quantity, 0) as sent
                from demand d semi join known using (claim_id)
                left join (select line_id, sum(quantity) as quantity from share_order group by 1) o
                  using (line_id)
                left join (select line_id, sum(quantity) as quantity from share_despatch group by 1) s
                  using (line_id))
            group by 1 having bool_and(ordered >= quantity) or bool_and(sent >= quantity))"""
# Of a pair with the same lines, the later one that has nothing of its own behind it.
_FOUND = """
        found as (
            select p.later_id, arg_min(p.first_id, {'d': a.issued_on, 'i': p.first_id}) as first_id
            from pair p join content x on x.claim_id = p.first_id
            join content y on y.claim_id = p.later_id and x.sums = y.sums
             and (x.refs = y.refs or x.names = y.names
                  or len(list_intersect(x.refs, y.refs)) >= greatest(len(x.refs) - 1, 1)
                  or len(list_intersect(x.names, y.names)) >= greatest(len(x.names) - 1, 1))
            join claim a on a.claim_id = p.first_id
            join claim b on b.claim_id = p.later_id
            join claim_state s on s.claim_id = p.later_id
            join claim_state r on r.claim_id = p.first_id
            where s.proven_net_minor = 0 and b.credited_minor < b.amount_minor
              and (a.issued_on < b.issued_on or r.proven_net_minor > 0 or p.first_id < p.later_id)
              and p.later_id not in (select claim_id from backed)
            group by 1)"""


def _same_number() -> str:
    """A number its issuer used twice in a year for different content: the first one counts."""
    query = """
        select t.document_id, t.kept_id, c.claim_id, d.number, d.payable_minor, d.currency
        from twice t join document d using (document_id)
        left join claim c on c.document_id = t.kept_id
        where not t.alike and t.kind = 'invoice'"""
    return test_of(
        "duplicate_invoice",
        query,
        grave=True,
        cause="document_id",
        claim_id="claim_id",
        document_id="document_id",
        other_id="kept_id",
        amount_minor="abs(payable_minor)",
        currency="currency",
        what="""'invoice ' || number || ' was told twice in one year with different content; '
            || 'the earlier one counts until its issuer says which is right'""",
    )
