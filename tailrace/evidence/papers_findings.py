"""What is odd in documents: told twice, told under two numbers, dangling, beyond use."""

from __future__ import annotations

from datetime import date

from tailrace.base.steps import step
from tailrace.evidence import words
from tailrace.evidence.findings import test_of, together
from tailrace.evidence.rules import EvidenceRules

_KINDS = "('order', 'despatch', 'receipt', 'invoice', 'credit_note')"
# Whose numbers are meant where a document names another: orders and receipts are the buyer's.
_OWNER = "case when r.to_kind in ('order', 'receipt') then p.buyer_id else p.seller_id end"


@step(
    reads=(
        "source",
        "document",
        "reference",
        "allocation",
        "event",
        "payment",
        "firm",
        "paper",
        "twice",
        "line",
        "bill",
        "credit",
        "claim",
        "claim_state",
        "demand",
        "share_order",
        "share_despatch",
    ),
    writes="found_papers",
    version=1,
)
def found_papers(on: date, evidence: EvidenceRules) -> str:
    """Run the tests of documents; see each for what it finds."""
    return together(
        [
            _duplicate_invoice(evidence),
            _same_number(),
            _over_credited(),
            _unmatched_credit(),
            _unusable_invoice(),
            _same_bytes(),
            _dangling_reference(on),
            _dangling_allocation(on),
            _dangling_event(),
        ]
    )


def _duplicate_invoice(evidence: EvidenceRules) -> str:
    """An invoice told again under another number.

    The same parties, currency, amount and lines (item, quantity, unit, amount) within
    `duplicate_days`, and nothing of its own behind the later one: nothing received, and neither
    ordered nor despatched in full. Of two of one day that without goods is the later. Repeat orders
    have goods, orders or despatches of their own.
    """
    query = f"""
        with pair as (
            select a.claim_id as first_id, b.claim_id as later_id
            from claim a join claim b
              on a.creditor_id = b.creditor_id and a.debtor_id = b.debtor_id
             and a.currency = b.currency and a.amount_minor = b.amount_minor
             and b.issued_on - a.issued_on between 0 and {evidence.duplicate_days}
             and a.claim_id <> b.claim_id
            where a.amount_minor > 0),
        known as (select first_id as claim_id from pair union select later_id from pair),
        content as (
            select claim_id, string_agg(concat_ws('|', l.item_ref, lower(l.item_name), l.quantity,
                       l.unit, l.net_minor), '/' order by l.item_ref, lower(l.item_name),
                       l.quantity, l.unit, l.net_minor) as lines
            from known join bill using (claim_id) join line l using (document_id) group by 1),
        backed as (
            select claim_id from (
                select d.line_id, d.claim_id, d.quantity, coalesce(o.quantity, 0) as ordered,
                       coalesce(s.quantity, 0) as sent
                from demand d semi join known using (claim_id)
                left join (select line_id, sum(quantity) as quantity from share_order group by 1) o
                  using (line_id)
                left join (select line_id, sum(quantity) as quantity from share_despatch group by 1) s
                  using (line_id))
            group by 1 having bool_and(ordered >= quantity) or bool_and(sent >= quantity)),
        found as (
            select p.later_id, arg_min(p.first_id, {{'d': a.issued_on, 'i': p.first_id}}) as first_id
            from pair p join content x on x.claim_id = p.first_id
            join content y on y.claim_id = p.later_id and x.lines = y.lines
            join claim a on a.claim_id = p.first_id
            join claim b on b.claim_id = p.later_id
            join claim_state s on s.claim_id = p.later_id
            join claim_state r on r.claim_id = p.first_id
            where s.proven_net_minor = 0
              and (a.issued_on < b.issued_on or r.proven_net_minor > 0 or p.first_id < p.later_id)
              and p.later_id not in (select claim_id from backed)
            group by 1)
        select b.*, a.number as first_number, a.document_id as first_document,
               a.issued_on as first_on
        from found f join claim b on b.claim_id = f.later_id join claim a on a.claim_id = f.first_id
        """
    return test_of(
        "duplicate_invoice",
        query,
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


def _same_number() -> str:
    """A number its issuer used twice in a year for different content: the first one counts."""
    query = """
        select t.document_id, t.kept_id, t.kind, c.claim_id, d.number, d.payable_minor, d.currency
        from twice t join document d using (document_id)
        left join claim c on c.document_id = t.kept_id
        where not t.alike and t.kind <> 'order'"""
    invoice = test_of(
        "duplicate_invoice",
        f"select * from ({query}) where kind = 'invoice'",
        cause="document_id",
        claim_id="claim_id",
        document_id="document_id",
        other_id="kept_id",
        amount_minor="abs(payable_minor)",
        currency="currency",
        what="""'invoice ' || number || ' was told twice in one year with different content; '
            || 'the earlier one counts until its issuer says which is right'""",
    )
    other = test_of(
        "number_reused",
        f"select * from ({query}) where kind <> 'invoice'",
        cause="document_id",
        document_id="document_id",
        other_id="kept_id",
        what="""replace(kind, '_', ' ') || ' ' || number || ' was told twice in one year with '
            || 'different content; the earlier one counts'""",
    )
    return together([invoice, other])


def _over_credited() -> str:
    """Credit notes for more than the invoice they name."""
    query = """
        select c.claim_id, c.document_id, c.number, c.currency, c.amount_minor,
               sum(k.amount_minor) as credited, max(k.document_id) as note_id, count(*) as notes
        from credit k join claim c using (claim_id)
        group by all having sum(k.amount_minor) > c.amount_minor"""
    return test_of(
        "over_credited",
        query,
        cause="claim_id",
        claim_id="claim_id",
        document_id="document_id",
        other_id="note_id",
        amount_minor="credited - amount_minor",
        currency="currency",
        count="notes",
        what=f"""'credit notes take ' || {words.money("credited", "currency")} || ' off invoice '
            || number || ' over ' || {words.money("amount_minor", "currency")}""",
    )


def _unmatched_credit() -> str:
    """A credit note that names no invoice of its issuer: it takes nothing off any claim."""
    query = """
        select k.document_id, d.number, k.amount_minor, k.currency
        from credit k join document d using (document_id) where k.claim_id is null"""
    return test_of(
        "unmatched_credit",
        query,
        cause="document_id",
        document_id="document_id",
        amount_minor="amount_minor",
        currency="currency",
        what=f"""'credit note ' || number || ' over ' || {words.money("amount_minor", "currency")}
            || ' names no invoice that is here; a preceding invoice reference (BG-3) would place it'
            """,
    )


def _unusable_invoice() -> str:
    """An invoice that does not say who owes whom how much: it makes no claim."""
    query = """
        select p.document_id, p.number, p.buyer_id, p.seller_id, d.currency
        from paper p join document d using (document_id) anti join bill using (document_id)
        where p.kind = 'invoice' and coalesce(d.payable_minor, 0) >= 0"""
    return test_of(
        "unusable_invoice",
        query,
        cause="document_id",
        document_id="document_id",
        what="""'invoice ' || number || ' makes no claim: it does not say '
            || concat_ws(', ', case when seller_id is null then 'who sells' end,
                         case when buyer_id is null then 'who buys' end,
                         case when currency is null then 'in which currency' end,
                         case when seller_id is not null and buyer_id is not null
                              and currency is not null then 'an amount that can be meant' end)""",
    )


def _same_bytes() -> str:
    """A file that came in under several names: its rows count once."""
    query = """
        select source_id, min(name) as name, count(distinct name) as names
        from source group by 1 having count(distinct name) > 1"""
    return test_of(
        "same_bytes",
        query,
        cause="source_id",
        count="names",
        what="""name || ' came in under ' || names || ' names with the same bytes; it counts once'""",
    )


def _dangling_reference(on: date) -> str:
    """Documents that are named and absent, one finding for each kind and source.

    A number is its owner's: the buyer's of an order or receipt, else the seller's. Where one of the
    two documents does not say whose it is, the number alone must do.
    """
    query = f"""
        with here as (
            select p.kind, p.number, p.writer_id as owner_id from paper p
            union all select d.kind, d.number, p.writer_id from twice t
            join document d using (document_id) join paper p on p.document_id = t.kept_id),
        owned as (select distinct kind, number, owner_id from here where owner_id is not null),
        speaker as (
            select document_id, seller_id, buyer_id from paper
            union all
            select d.document_id, s.firm_id, b.firm_id from document d
            left join firm s on s.party_id = d.seller_id
            left join firm b on b.party_id = d.buyer_id
            where d.kind not in {_KINDS} and d.issued_on <= date '{on}'),
        named as (
            select r.document_id, r.source_id, r.to_kind, r.to_number, {_OWNER} as owner_id
            from reference r join speaker p using (document_id) where r.to_kind in {_KINDS}),
        missed as (
            select n.* from named n anti join owned o
              on o.kind = n.to_kind and o.number = n.to_number and o.owner_id = n.owner_id),
        maybe as (
            select h.kind, h.number, h.owner_id is null as loose
            from here h semi join missed m on m.to_kind = h.kind and m.to_number = h.number
            group by all),
        absent as (
            select distinct document_id, source_id, to_kind, to_number, owner_id
            from missed where (to_kind, to_number) not in (
                select (kind, number) from maybe where loose)
              and (owner_id is not null or (to_kind, to_number) not in (
                select (kind, number) from maybe)))
        select a.source_id, a.to_kind, count(*) as refs, min(a.document_id) as document_id,
               count(distinct coalesce(a.owner_id, '') || chr(31) || a.to_number) as many,
               min(a.to_number) as example, any_value(x.name) as name
        from absent a left join (select source_id, min(name) as name from source group by 1) x
          using (source_id)
        group by 1, 2"""
    return test_of(
        "dangling_reference",
        query,
        cause="source_id || ' ' || to_kind",
        document_id="document_id",
        count="many",
        what="""refs || ' references in ' || coalesce(name, 'a file') || ' name ' || many || ' '
            || replace(to_kind, '_', ' ') || case when many = 1 then '' else 's' end
            || ' not in the book, as ' || example""",
    )


def _dangling_allocation(on: date) -> str:
    """Invoices that payments list and that are absent, one finding for each source."""
    query = f"""
        select a.source_id, min(a.payment_id) as payment_id, count(*) as refs,
               count(distinct a.to_number) as many, min(a.to_number) as example,
               any_value(x.name) as name
        from allocation a left join (
            select source_id, min(name) as name from source group by 1) x using (source_id)
        where a.to_kind in ('invoice', 'credit_note')
          and (a.to_kind, a.to_number) not in (
            select (kind, number) from document where issued_on <= date '{on}')
        group by 1"""
    return test_of(
        "dangling_reference",
        query,
        cause="source_id || ' allocation'",
        payment_id="payment_id",
        count="many",
        what="""refs || ' payments in ' || coalesce(name, 'a file') || ' list ' || many
            || ' invoices not in the book, as ' || example""",
    )


def _dangling_event() -> str:
    """Objects that events touch and that are absent, one finding for each source."""
    query = """
        select e.source_id, count(*) as refs, count(distinct e.object_ref) as many,
               min(e.object_ref) as example, any_value(x.name) as name
        from event e left join (
            select source_id, min(name) as name from source group by 1) x using (source_id)
        where not e.known and e.object_ref is not null group by 1"""
    return test_of(
        "dangling_reference",
        query,
        cause="source_id || ' event'",
        count="many",
        what="""refs || ' events in ' || coalesce(name, 'a file') || ' touch ' || many
            || ' objects that are not in it, as ' || example""",
    )
