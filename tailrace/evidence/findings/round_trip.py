"""Goods that come back: the same item and about the same quantity in a circle of two to six firms."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence import words
from tailrace.evidence.finding import test_of
from tailrace.evidence.rules import EvidenceRules

LENGTH_MAX = 6  # firms in a circle; longer ones are not looked for
_PRUNED = 3  # rounds of leaving out sales that no circle can hold


@step(reads=("demand", "line", "claim", "firm", "affiliate"), writes="found_round_trip", version=2)
def round_trip(evidence: EvidenceRules) -> str:
    """Find round trips among the sales that invoices tell, one finding for each claim in one.

    Each sale follows the one before it in time, the last within `round_trip_days` of the first, and
    its quantity is that of the first within `round_trip_tolerance` and its value within
    `round_trip_value`. Where firms of the circle are affiliates the words say so. An item is the same by its
    standard number, else by number and name.
    """
    return test_of(
        "round_trip",
        _query(evidence),
        grave=True,
        cause="claim_id",
        claim_id="claim_id",
        document_id="document_id",
        line_id="line_id",
        other_id="next_id",
        amount_minor="net_minor",
        currency="currency",
        count="length",
        what=f"""'line ' || line_ref || ' of invoice ' || number || ': '
            || {words.unit("quantity", "unit")} || ' of ' || coalesce(item_name, 'one item')
            || ' go round ' || length || ' firms within ' || days || ' days: ' || names
            || case when affiliates > 0 then '; affiliates among them' else '' end""",
    )


def _query(evidence: EvidenceRules) -> str:
    circles = " union all ".join(_closed(n) for n in range(2, LENGTH_MAX + 1))
    return f"""
        with sale as (
            select d.line_id, d.claim_id, d.seller_id, d.buyer_id, d.unit, d.day, d.quantity,
                   d.net_minor, k.currency,
                   coalesce('t ' || case when length(l.standard_item_ref) >= 6
                                         then l.standard_item_ref end,
                            's ' || l.item_ref || '|' || coalesce(lower(l.item_name), ''),
                            'n ' || lower(l.item_name)) as what
            from demand d join line l using (line_id) join claim k using (claim_id)
            where d.seller_id <> d.buyer_id),
        {_prune()},
        hop1 as (
            select [line_id] as lines, [claim_id] as claims, seller_id as start, buyer_id as here,
                   what, unit, quantity, net_minor, currency, day as began, day from core),
        {", ".join(_hop(n, evidence) for n in range(2, LENGTH_MAX + 1))},
        circle as ({circles}),
        distinct_circle as (
            select lines, list_sort(lines) as id, days from circle
            qualify row_number() over (partition by list_sort(lines) order by lines) = 1),
        member as (
            select id, days, len(lines) as length, unnest(lines) as line_id,
                   unnest(lines[2:] || lines[1:1]) as next_line,
                   unnest(range(len(lines))) as place
            from distinct_circle),
        told as (
            select m.id, string_agg(n.name, ' -> ' order by m.place)
                   || ' -> ' || arg_min(n.name, m.place) as names
            from member m join demand d using (line_id)
            join (select distinct firm_id, name from firm) n on n.firm_id = d.seller_id
            group by 1),
        seated as (
            select m.id, d.seller_id as firm_id from member m join demand d using (line_id)),
        close as (
            select a.id, count(*) as affiliates from seated a join affiliate f using (firm_id)
            join seated b on b.id = a.id and b.firm_id = f.other_id group by 1)
        select d.claim_id, c.document_id, d.line_id, c.number, l.line_ref, l.item_name, d.quantity,
               d.unit, d.net_minor, c.currency, m.length, m.days, t.names,
               coalesce(z.affiliates, 0) as affiliates,
               x.document_id as next_id
        from member m join told t using (id) left join close z using (id) join demand d using (line_id)
        join line l using (line_id) join claim c on c.claim_id = d.claim_id
        join line x on x.line_id = m.next_line
        qualify row_number() over (
            partition by d.claim_id order by m.length, m.id, m.line_id) = 1"""


def _prune() -> str:
    """Return common tables that leave only sales whose buyer sells, and whose seller buys, the item."""
    parts, rows = [], "sale"
    for n in range(1, _PRUNED + 1):
        name = "core" if n == _PRUNED else f"core{n}"
        parts.append(f"""
            {name} as (
                select s.* from {rows} s
                semi join {rows} a on a.seller_id = s.buyer_id and a.what = s.what
                     and a.unit = s.unit
                semi join {rows} b on b.buyer_id = s.seller_id and b.what = s.what
                     and b.unit = s.unit)""")
        rows = name
    return ", ".join(parts)


def _hop(n: int, evidence: EvidenceRules) -> str:
    """Return the common table of paths of n sales, not yet closed before the last."""
    tolerance = f"cast({evidence.round_trip_tolerance} as decimal(9, 6))"
    value = f"cast({evidence.round_trip_value} as decimal(9, 6))"
    return f"""
        hop{n} as (
            select h.lines || [c.line_id] as lines, h.claims || [c.claim_id] as claims, h.start,
                   c.buyer_id as here, h.what, h.unit, h.quantity, h.net_minor, h.currency,
                   h.began, c.day
            from hop{n - 1} h join core c
              on c.seller_id = h.here and c.what = h.what and c.unit = h.unit
             and c.day >= h.day and c.day - h.began <= {evidence.round_trip_days}
             and abs(c.quantity - h.quantity) <= {words.wide("h.quantity")} * {tolerance}
             and (c.currency <> h.currency
                  or abs(c.net_minor - h.net_minor) <= h.net_minor * {value})
            where h.here <> h.start and not list_contains(h.claims, c.claim_id))"""


def _closed(n: int) -> str:
    return f"select lines, day - began as days from hop{n} where here = start"
