"""What each receipt line contributes to each invoice line: first in, first out, lane by lane.

A lane is what one rule holds to be the same goods: the same despatch and order line, the same order
and item, and so on. In a lane both sides stand in a row by day: invoice lines from 0 to what was
invoiced, receipt lines from 0 to what was received. Where two lines overlap, the one proves the
other. A rule sees only what the rules before it have left, so a receipt proves once. Two lines that
name different despatches, receipts or order lines never meet.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from tailrace.base.steps import step

_DESPATCH_LINE = ("despatch_ref", "order_ref", "order_line_ref", "unit")
_DESPATCH_ITEM = ("despatch_ref", "item", "unit")
_RECEIPT_LINE = ("receipt_ref", "order_ref", "order_line_ref", "unit")
_RECEIPT_ITEM = ("receipt_ref", "item", "unit")
_ORDER_LINE = ("order_ref", "order_line_ref", "unit")
_ORDER_ITEM = ("order_ref", "item", "unit")
_CONTENT = ("item", "unit")

_ALL = "true"
_NO_RECEIPT = "receipt_ref is null"
_NO_LINE = "order_line_ref is null"
_NO_DESPATCH = "despatch_ref is null"
_NO_PAPER = f"{_NO_DESPATCH} and {_NO_RECEIPT}"
_BARE = f"order_ref is null and {_NO_DESPATCH}"
_SUPPLY = """
    select line_id, buyer_id, seller_id, order_ref, order_line_ref, despatch_ref, receipt_ref, item,
           unit, quantity, day, for_line_id from supply"""
_LINES = """
    select g.line_id, g.buyer_id, g.seller_id, coalesce(t.order_ref, g.order_ref) as order_ref,
           coalesce(t.order_line_ref, g.order_line_ref) as order_line_ref, g.despatch_ref,
           g.receipt_ref, g.item, g.unit, g.quantity, g.day
    from goods g left join tied t using (line_id)
    where g.role = '{role}' and g.quantity > 0 and g.buyer_id is not null
      and g.seller_id is not null"""


class Lane(Struct, frozen=True):
    """One way to hold goods to be the same: which columns agree, and which lines may enter."""

    rule: str
    columns: tuple[str, ...]
    wants: str = _ALL  # condition on invoice lines
    gives: str = _ALL  # condition on the other lines


@step(reads=("demand", "supply"), writes="share_by_despatch", version=1)
def share_by_despatch() -> str:
    """Prove by receipts that name the despatch the invoice names."""
    return _shares(
        _SUPPLY,
        Lane("despatch and order line", _DESPATCH_LINE),
        Lane("despatch and item", _DESPATCH_ITEM, wants=_NO_LINE),
        Lane("despatch and item", _DESPATCH_ITEM, gives=_NO_LINE),
    )


@step(reads=("demand", "supply", "share_by_despatch"), writes="share_by_receipt", version=1)
def share_by_receipt() -> str:
    """Prove by the receipts the invoice names (BT-15)."""
    return _shares(
        _SUPPLY,
        Lane("receipt and order line", _RECEIPT_LINE),
        Lane("receipt and item", _RECEIPT_ITEM, wants=_NO_LINE),
        Lane("receipt and item", _RECEIPT_ITEM, gives=_NO_LINE),
        after=("share_by_despatch",),
    )


@step(
    reads=("demand", "supply", "share_by_despatch", "share_by_receipt"),
    writes="share_by_order",
    version=1,
)
def share_by_order() -> str:
    """Prove by receipts for the same order line."""
    return _shares(
        _SUPPLY,
        Lane("order line", _ORDER_LINE, wants=_NO_PAPER),
        Lane("order line", _ORDER_LINE, wants=_NO_RECEIPT, gives=_NO_DESPATCH),
        after=("share_by_despatch", "share_by_receipt"),
    )


@step(
    reads=("demand", "supply", "share_by_despatch", "share_by_receipt", "share_by_order"),
    writes="share_by_item",
    version=1,
)
def share_by_item() -> str:
    """Prove by receipts for the same order and item, where one side does not name the order line."""
    return _shares(
        _SUPPLY,
        Lane("order and item", _ORDER_ITEM, wants=f"{_NO_LINE} and {_NO_PAPER}"),
        Lane(
            "order and item",
            _ORDER_ITEM,
            wants=_NO_RECEIPT,
            gives=f"{_NO_LINE} and {_NO_DESPATCH}",
        ),
        after=("share_by_despatch", "share_by_receipt", "share_by_order"),
    )


@step(
    reads=(
        "demand",
        "supply",
        "share_by_despatch",
        "share_by_receipt",
        "share_by_order",
        "share_by_item",
        "tolerance",
    ),
    writes="share_by_content",
    version=2,
)
def share_by_content() -> str:
    """Prove by receipts of the same parties, item and unit, where one side names no paper at all.

    Both lie within the buyer's `content_days` of each other: nothing but the day tells this delivery
    from the last one of the same item.
    """
    earlier = ("share_by_despatch", "share_by_receipt", "share_by_order", "share_by_item")
    near = f"""
        select u.* from ({_SUPPLY}) u left join (
            select with_line_id as line_id, sum(quantity) as used
            from ({_rows(earlier)}) group by 1) x using (line_id)
        where u.quantity > coalesce(x.used, 0) and exists (
            select 1 from demand d join tolerance t on t.firm_id = d.buyer_id
            where d.buyer_id = u.buyer_id and d.seller_id = u.seller_id and d.item = u.item
              and d.unit = u.unit and abs(d.day - u.day) <= t.content_days)"""
    shares = _shares(
        near,
        Lane("parties and item", _CONTENT, wants=f"{_BARE} and {_NO_RECEIPT}"),
        Lane("parties and item", _CONTENT, wants=_NO_RECEIPT, gives=_BARE),
        after=earlier,
    )
    return f"""
        select s.* from ({shares}) s join demand d using (line_id)
        join supply u on u.line_id = s.with_line_id join tolerance t on t.firm_id = d.buyer_id
        where abs(u.day - d.day) <= t.content_days"""


@step(
    reads=(
        "demand",
        "supply",
        "share_by_despatch",
        "share_by_receipt",
        "share_by_order",
        "share_by_item",
        "share_by_content",
    ),
    writes="share_by_line",
    version=1,
)
def share_by_line() -> str:
    """Prove by what is for one line alone: a meter in its period, an acceptance of its invoice."""
    return _shares(
        _SUPPLY,
        Lane("named line", ("for_line_id",)),
        after=(
            "share_by_despatch",
            "share_by_receipt",
            "share_by_order",
            "share_by_item",
            "share_by_content",
        ),
    )


@step(reads=("demand", "goods", "tied"), writes="share_order", version=1)
def share_order() -> str:
    """Say which order lines stand behind each invoice line. They prove nothing."""
    return _shares(_LINES.format(role="ordered"), Lane("order line", _ORDER_LINE))


@step(reads=("demand", "goods", "tied"), writes="share_despatch", version=1)
def share_despatch() -> str:
    """Say which despatches stand behind each invoice line. They are the seller's word only."""
    return _shares(
        _LINES.format(role="despatched"),
        Lane("despatch and order line", _DESPATCH_LINE),
        Lane("despatch and item", _DESPATCH_ITEM, wants=_NO_LINE),
        Lane("order line", _ORDER_LINE, wants=_NO_DESPATCH),
        Lane("parties and item", _CONTENT, wants=_BARE),
    )


def _shares(other: str, *lanes: Lane, after: Sequence[str] = ()) -> str:
    """Return the SQL that fills the lanes in turn, each with what those before it have left."""
    earlier = [_rows((kind,)) for kind in after]
    parts = [*_unfilled(after), f"other as ({other})"]
    for place, lane in enumerate(lanes):
        parts += _lane(f"l{place}", lane, " union all ".join(earlier))
        earlier.append(f"select line_id, with_line_id, quantity, rule from l{place}")
    found = " union all ".join(f"select * from l{place}" for place in range(len(lanes)))
    return f"""
        with {", ".join(parts)}
        select line_id, with_line_id, cast(sum(quantity) as decimal(18, 6)) as quantity, rule
        from ({found}) group by 1, 2, 4"""


def _rows(kinds: Sequence[str]) -> str:
    """Return the SQL of all shares of these kinds."""
    return " union all ".join(
        f"select line_id, with_line_id, quantity, rule from {kind}" for kind in kinds
    )


def _unfilled(after: Sequence[str]) -> list[str]:
    """Return a common table of the invoice lines that earlier steps have not filled.

    Most are filled by then, so the lanes that follow are short.
    """
    if not after:
        return ["wanting as (select *, line_id as for_line_id from demand)"]
    return [
        f"""wanting as (
            select d.*, d.line_id as for_line_id from demand d left join (
                select line_id, sum(quantity) as used from ({_rows(after)}) group by 1)
                using (line_id)
            where d.quantity > coalesce(used, 0))"""
    ]


def _lane(name: str, lane: Lane, earlier: str) -> list[str]:
    """Return the common tables of one lane; the last, called `name`, holds the shares."""
    # The columns first: lanes that differ early sort faster than those that begin with the firms.
    key = f"concat_ws(chr(31), {', '.join(lane.columns)}, buyer_id, seller_id)"
    said = " and ".join(
        "item <> ''" if c == "item" else f"{c} is not null" for c in lane.columns if c != "unit"
    )
    # Null-free by `said`: concat_ws would pass over a null and let unlike lanes meet.
    return [
        f"""{name}_w0 as (
            select line_id, {key} as lane, quantity, day
            from wanting where {said} and {lane.wants})""",
        f"""{name}_g0 as (
            select line_id, {key} as lane, quantity, day from other where {said} and {lane.gives})""",
        *_left(f"{name}_w", f"{name}_w0", f"{name}_g0", "line_id", earlier),
        *_left(f"{name}_g", f"{name}_g0", f"{name}_w0", "with_line_id", earlier),
        f"""{name} as (
            select w.line_id, g.line_id as with_line_id,
                   least(w.upto, g.upto) - greatest(w.upto - w.quantity, g.upto - g.quantity)
                       as quantity, '{lane.rule}' as rule
            from {name}_w w join {name}_g g
              on w.lane = g.lane and w.upto - w.quantity < g.upto and g.upto - g.quantity < w.upto)""",
    ]


def _left(name: str, rows: str, facing: str, column: str, earlier: str) -> list[str]:
    """Return common tables of what is left of each line, and where it ends in its lane.

    Most lanes hold one line on a side: those need no running sum.
    """
    used, left = "", "quantity"
    if earlier:
        used = f"""left join (
            select {column} as line_id, sum(quantity) as used from ({earlier})
            where {column} in (select line_id from {rows} semi join {facing} using (lane))
            group by 1) using (line_id)"""
        left = "quantity - coalesce(used, 0)"
    return [
        f"""{name}_left as (
            select line_id, lane, day, {left} as quantity
            from (select * from {rows} semi join {facing} using (lane)) {used}
            where {left} > 0)""",
        f"""{name}_many as (select lane from {name}_left group by 1 having count(*) > 1)""",
        f"""{name} as (
            select line_id, lane, quantity, quantity as upto
            from {name}_left anti join {name}_many using (lane)
            union all
            select line_id, lane, quantity, sum(quantity) over (
                partition by lane order by day, line_id rows unbounded preceding) as upto
            from {name}_left semi join {name}_many using (lane))""",
    ]
