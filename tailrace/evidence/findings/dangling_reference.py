"""Documents that are named and absent."""

from __future__ import annotations

from datetime import date

from tailrace.base.steps import step
from tailrace.evidence.finding import test_of, together

_KINDS = "('order', 'despatch', 'receipt', 'invoice', 'credit_note')"

# Whose numbers are meant where a document names another: orders and receipts are the buyer's.
_OWNER = "case when r.to_kind in ('order', 'receipt') then p.buyer_id else p.seller_id end"


@step(
    reads=(
        "paper",
        "twice",
        "document",
        "firm",
        "reference",
        "source",
        "allocation",
        "event",
    ),
    writes="found_dangling_reference",
    version=1,
)
def dangling_reference(on: date) -> str:
    """Find what references, payments and events name and nobody has."""
    return together([_dangling_reference(on), _dangling_allocation(on), _dangling_event()])


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
