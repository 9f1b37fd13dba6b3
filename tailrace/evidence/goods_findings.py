"""What is odd between orders, despatches, receipts and invoices."""

from __future__ import annotations

from datetime import date

from tailrace.base.steps import step
from tailrace.evidence import words
from tailrace.evidence.findings import test_of, together
from tailrace.evidence.rules import EvidenceRules

_NAMED = "named as (select distinct firm_id, name from firm)"


@step(
    reads=(
        "claim",
        "claim_state",
        "line_state",
        "verdict",
        "demand",
        "supply",
        "goods",
        "tied",
        "paper",
        "line",
        "document",
        "allowance_charge",
        "reference",
        "share_order",
        "share_despatch",
        "firm",
    ),
    writes="found_goods",
    version=1,
)
def found_goods(on: date, evidence: EvidenceRules) -> str:
    """Run the tests of goods; see each for what it finds."""
    return together(
        [
            _no_goods(on, evidence),
            _over_quantity(evidence),
            _price_conflict(evidence),
            _amount_conflict(evidence),
            _total_conflict(evidence),
            _unit_conflict(),
            _own_receipt(),
            _invoice_before_order(),
        ]
    )


def _no_goods(on: date, evidence: EvidenceRules) -> str:
    """An invoice of which nothing was received, and nothing shows that anything will be.

    After `despatch_days` where the seller tells its despatches and told none of these goods, or
    where the buyer tells its orders and told none; after `receipt_days` in any case. An invoice
    without lines, or one that names a receipt that is there, is not judged.
    """
    query = f"""
        with {_NAMED},
        sends as (select distinct seller_id from paper where kind = 'despatch'),
        orders as (select distinct buyer_id from paper where kind = 'order'),
        sent as (select distinct d.claim_id from share_despatch s join demand d using (line_id)),
        ordered as (select distinct d.claim_id from share_order s join demand d using (line_id)),
        arrived as (select distinct claim_id from line_state where received > 0),
        names_one as (
            select distinct r.document_id from reference r join paper p
              on p.kind = 'receipt' and p.number = r.to_number join paper i
              on i.document_id = r.document_id and i.buyer_id = p.buyer_id
            where r.to_kind = 'receipt'),
        bare as (
            select c.*, v.open_minor, date '{on}' - c.issued_on as age,
                   c.claim_id not in (select claim_id from sent) as unsent,
                   c.claim_id not in (select claim_id from ordered) as unordered,
                   c.creditor_id in (select seller_id from sends) as sends,
                   c.debtor_id in (select buyer_id from orders) as orders
            from claim c join verdict v using (claim_id) join claim_state s using (claim_id)
            where v.open_minor > 0 and s.lines > 0 and s.proven_net_minor = 0
              and c.claim_id not in (select claim_id from arrived)
              and c.document_id not in (select document_id from names_one))
        select b.*, n.name from bare b join named n on n.firm_id = b.debtor_id
        where (unsent and age > {evidence.despatch_days} and (sends or (orders and unordered)))
           or age > {evidence.receipt_days}"""
    return test_of(
        "no_goods",
        query,
        cause="claim_id",
        claim_id="claim_id",
        document_id="document_id",
        amount_minor="open_minor",
        currency="currency",
        what=f"""'invoice ' || number || ' over ' || {words.money("open_minor", "currency")}
            || ' is ' || age || ' days old and ' || name || ' received nothing of it'
            || case when unsent then '; no despatch of it is told' else '' end
            || case when unordered then '; no order stands behind it' else '' end""",
    )


def _over_quantity(evidence: EvidenceRules) -> str:
    """An invoice line of which a part was received and more was invoiced."""
    query = f"""
        select s.*, d.unit, l.line_ref, c.document_id, c.number, c.currency
        from line_state s join demand d using (line_id) join line l using (line_id)
        join claim c on c.claim_id = s.claim_id join verdict v on v.claim_id = s.claim_id
        where s.received > 0 and v.open_minor > 0
          and s.quantity > s.received * (1 + cast({evidence.quantity_tolerance} as decimal(9, 6)))"""
    return test_of(
        "over_quantity",
        query,
        cause="line_id",
        claim_id="claim_id",
        document_id="document_id",
        line_id="line_id",
        amount_minor="net_minor - proven_net_minor",
        currency="currency",
        what=f"""'line ' || line_ref || ' of invoice ' || number || ' asks for '
            || {words.unit("quantity", "unit")} || '; ' || {words.unit("received", "unit")}
            || ' were received for it'""",
    )


def _price_conflict(evidence: EvidenceRules) -> str:
    """An invoice line whose price is not that of its order line. The quantity stays proven."""
    query = f"""
        select d.claim_id, d.line_id, s.with_line_id, c.document_id, c.number, c.currency, l.line_ref,
               o.document_id as order_id, p.number as order_number, o.line_ref as order_line,
               l.price, coalesce(l.price_base_quantity, 1) as base, o.price as order_price,
               coalesce(o.price_base_quantity, 1) as order_base, l.net_minor
        from (select distinct line_id, with_line_id from share_order) s
        join demand d using (line_id) join line l using (line_id)
        join line o on o.line_id = s.with_line_id join paper p on p.document_id = o.document_id
        join document x on x.document_id = o.document_id join claim c on c.claim_id = d.claim_id
        where l.price is not null and o.price is not null
          and coalesce(x.currency, c.currency) = c.currency
          and coalesce(l.price_base_quantity, 1) > 0 and coalesce(o.price_base_quantity, 1) > 0
          and abs(cast(l.price as double) / cast(coalesce(l.price_base_quantity, 1) as double)
                  - cast(o.price as double) / cast(coalesce(o.price_base_quantity, 1) as double))
              > {evidence.price_tolerance} * abs(cast(o.price as double))
                / cast(coalesce(o.price_base_quantity, 1) as double) + 1e-9"""
    return test_of(
        "price_conflict",
        query,
        cause="line_id || ' ' || with_line_id",
        claim_id="claim_id",
        document_id="document_id",
        line_id="line_id",
        other_id="order_id",
        amount_minor="net_minor",
        currency="currency",
        what=f"""'line ' || line_ref || ' of invoice ' || number || ' has the price '
            || {words.number("price")} || ' ' || currency || ' for ' || {words.number("base")}
            || '; order ' || order_number || ' line ' || order_line || ' says '
            || {words.number("order_price")} || ' ' || currency || ' for '
            || {words.number("order_base")}""",
    )


def _amount_conflict(evidence: EvidenceRules) -> str:
    """A line whose amount is not its quantity times its price, with its allowances and charges."""
    factor = f"(10.0 ** {words.places('currency')})"
    query = f"""
        with extra as (
            select line_id, sum(case when charge then amount_minor else -amount_minor end) as extra
            from allowance_charge where line_id is not null group by 1),
        flat as (
            select l.line_id, l.document_id, l.line_ref, l.quantity, l.price, l.net_minor,
                   coalesce(l.price_base_quantity, 1) as base, d.currency, p.kind, p.number,
                   coalesce(e.extra, 0) as extra
            from line l join paper p using (document_id) join document d using (document_id)
            left join extra e using (line_id)
            where p.kind in ('order', 'invoice', 'credit_note') and l.quantity is not null
              and l.price is not null and l.net_minor is not null and d.currency is not null
              and coalesce(l.price_base_quantity, 1) > 0)
        select f.*, c.claim_id
        from flat f left join (select document_id, claim_id from claim) c using (document_id)
        where abs(cast(quantity as double) * cast(price as double) / cast(base as double) * {factor}
                  + extra - net_minor) > {evidence.amount_tolerance_minor} + 0.5"""
    return test_of(
        "amount_conflict",
        query,
        cause="line_id",
        claim_id="claim_id",
        document_id="document_id",
        line_id="line_id",
        amount_minor="net_minor",
        currency="currency",
        what=f"""'line ' || line_ref || ' of ' || replace(kind, '_', ' ') || ' ' || number
            || ' asks for ' || {words.money("net_minor", "currency")} || '; its quantity is '
            || {words.number("quantity")} || ' and its price ' || {words.number("price")} || ' '
            || currency || ' for ' || {words.number("base")}""",
    )


def _total_conflict(evidence: EvidenceRules) -> str:
    """An invoice whose lines do not add up to the line total it states (BT-106)."""
    query = f"""
        select c.claim_id, c.document_id, c.number, c.currency, d.line_total_minor, s.net_minor
        from claim c join claim_state s using (claim_id) join document d using (document_id)
        where s.lines > 0
          and abs(d.line_total_minor - s.net_minor) > {evidence.amount_tolerance_minor}"""
    return test_of(
        "total_conflict",
        query,
        cause="claim_id",
        claim_id="claim_id",
        document_id="document_id",
        amount_minor="abs(line_total_minor - net_minor)",
        currency="currency",
        what=f"""'the lines of invoice ' || number || ' add up to '
            || {words.money("net_minor", "currency")} || '; it states '
            || {words.money("line_total_minor", "currency")}""",
    )


def _unit_conflict() -> str:
    """An invoice line with something open, and a receipt of the same goods in another unit."""
    query = """
        with open_line as (
            select d.*, s.net_minor - s.proven_net_minor as open_net_minor
            from line_state s join demand d using (line_id) where s.received < s.quantity),
        pair as (
            select o.line_id, r.line_id as other_line_id from open_line o join supply r
              on r.buyer_id = o.buyer_id and r.seller_id = o.seller_id
             and r.order_ref = o.order_ref and r.order_line_ref = o.order_line_ref
            where r.unit <> o.unit
            union
            select o.line_id, r.line_id from open_line o join supply r
              on r.buyer_id = o.buyer_id and r.seller_id = o.seller_id and r.item = o.item
             and (r.order_ref = o.order_ref or r.despatch_ref = o.despatch_ref)
            where r.unit <> o.unit and o.item <> ''),
        one as (select line_id, min(other_line_id) as other_line_id from pair group by 1)
        select o.claim_id, o.line_id, c.document_id, c.number, c.currency, l.line_ref, o.unit,
               r.unit as other_unit, r.document_id as receipt_id, r.receipt_ref, o.open_net_minor
        from one join open_line o using (line_id) join line l using (line_id)
        join claim c on c.claim_id = o.claim_id join supply r on r.line_id = one.other_line_id"""
    return test_of(
        "unit_conflict",
        query,
        cause="line_id",
        claim_id="claim_id",
        document_id="document_id",
        line_id="line_id",
        other_id="receipt_id",
        amount_minor="open_net_minor",
        currency="currency",
        what="""'line ' || line_ref || ' of invoice ' || number || ' counts in '
            || case when unit = '' then 'a unit not said' else unit end || '; receipt '
            || receipt_ref || ' counts in '
            || case when other_unit = '' then 'a unit not said' else other_unit end
            || ': units are not converted, so it proves nothing here'""",
    )


def _own_receipt() -> str:
    """A receipt that the buyer did not write: it proves nothing."""
    query = f"""
        with {_NAMED}
        select p.document_id, p.number, n.name
        from paper p left join named n on n.firm_id = p.writer_id
        where p.kind = 'receipt' and p.writer_id is distinct from p.buyer_id"""
    return test_of(
        "own_receipt",
        query,
        cause="document_id",
        document_id="document_id",
        what="""'receipt ' || number || ' was written by ' || coalesce(name, 'somebody not named')
            || ', not by the buyer: it proves nothing'""",
    )


def _invoice_before_order() -> str:
    """An invoice dated before the order it rests on."""
    query = """
        select c.claim_id, c.document_id, c.number, c.issued_on, c.amount_minor, c.currency,
               min(p.document_id) as order_id, min(p.number) as order_number,
               min(p.issued_on) as ordered_on
        from (select distinct line_id, with_line_id from share_order) s
        join demand d using (line_id) join claim c using (claim_id)
        join goods g on g.line_id = s.with_line_id join paper p on p.document_id = g.document_id
        group by all having min(p.issued_on) > c.issued_on"""
    return test_of(
        "invoice_before_order",
        query,
        cause="claim_id",
        claim_id="claim_id",
        document_id="document_id",
        other_id="order_id",
        amount_minor="amount_minor",
        currency="currency",
        what="""'invoice ' || number || ' is of ' || issued_on || ', before order ' || order_number
            || ' of ' || ordered_on""",
    )
