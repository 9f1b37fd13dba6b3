"""What each receipt line contributes to each invoice line: first in, first out, lane by lane.

A lane is what one rule holds to be the same goods: the same despatch and order line, the same order
and item, and so on; always of the same two firms. A rule sees only what the rules before it have
left, so a receipt proves once. Two lines that name different despatches, receipts or order lines
never meet. In a lane both sides stand in a row by day: see `fifo.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from tailrace.base.quantities import micro, quantities
from tailrace.base.steps import array_step, step
from tailrace.evidence.goods.coded import Lines, coded, numbers, strange
from tailrace.evidence.goods.fifo import Flags, Ints, Side, meet

_LINE = "order_line_ref"
_NO_PAPER = ("despatch_ref", "receipt_ref")
_BARE = ("order_ref", "despatch_ref")


class Lane(Struct, frozen=True):
    """One way to hold goods to be the same: which columns agree, and which lines may enter."""

    rule: str
    columns: tuple[str, ...]
    wants: tuple[str, ...] = ()  # what an invoice line must leave unsaid to enter
    gives: tuple[str, ...] = ()  # what the other line must leave unsaid
    near: bool = False  # only within the buyer's `content_days` of each other


_DESPATCH_ITEM = ("despatch_ref", "item", "unit")
_RECEIPT_ITEM = ("receipt_ref", "item", "unit")
_ORDER_LINE = ("order_ref", _LINE, "unit")
_ORDER_ITEM = ("order_ref", "item", "unit")
_CONTENT = ("item", "unit")
# In the order in which they are served.
PROVING = (
    Lane("despatch and order line", ("despatch_ref", *_ORDER_LINE)),
    Lane("despatch and item", _DESPATCH_ITEM, wants=(_LINE,)),
    Lane("despatch and item", _DESPATCH_ITEM, gives=(_LINE,)),
    Lane("receipt and order line", ("receipt_ref", *_ORDER_LINE)),
    Lane("receipt and item", _RECEIPT_ITEM, wants=(_LINE,)),
    Lane("receipt and item", _RECEIPT_ITEM, gives=(_LINE,)),
    Lane("order line", _ORDER_LINE, wants=_NO_PAPER),
    Lane("order line", _ORDER_LINE, wants=("receipt_ref",), gives=("despatch_ref",)),
    Lane("order and item", _ORDER_ITEM, wants=(_LINE, *_NO_PAPER)),
    Lane("order and item", _ORDER_ITEM, wants=("receipt_ref",), gives=(_LINE, "despatch_ref")),
    Lane("parties and item", _CONTENT, wants=(*_BARE, "receipt_ref"), near=True),
    Lane("parties and item", _CONTENT, wants=("receipt_ref",), gives=_BARE, near=True),
    Lane("named line", ("for_line",)),
)
ORDERED = (Lane("order line", _ORDER_LINE),)
DESPATCHED = (
    Lane("despatch and order line", ("despatch_ref", *_ORDER_LINE)),
    Lane("despatch and item", _DESPATCH_ITEM, wants=(_LINE,)),
    Lane("order line", _ORDER_LINE, wants=("despatch_ref",)),
    Lane("parties and item", _CONTENT, wants=_BARE),
)


@step(reads=("goods", "tied", "reckoned"), writes="background", version=1)
def background() -> str:
    """List order and despatch lines between two firms: they stand behind claims, and prove nothing."""
    return """
        select g.line_id, g.document_id, g.role, g.buyer_id, g.seller_id,
               coalesce(t.order_ref, g.order_ref) as order_ref,
               coalesce(t.order_line_ref, g.order_line_ref) as order_line_ref, g.despatch_ref,
               g.receipt_ref, g.item, g.unit, g.quantity, g.day,
               case when not g.is_lot then least(g.net_minor, k.net_minor) end as net_minor, g.turned,
               g.writer_id as told_by_id,
               case when g.writer_id = g.seller_id then 'own side'
                    when g.writer_id = g.buyer_id then 'other side'
                    when g.writer_id is not null then 'third party' end as standing
        from goods g left join tied t using (line_id) left join reckoned k using (line_id)
        where g.role in ('ordered', 'despatched') and g.buyer_id is not null
          and g.seller_id is not null"""


@array_step(
    reads=("demand", "supply", "background", "tolerance"),
    writes=("share", "share_order", "share_despatch", "received", "strange", "dearer", "beyond"),
    version=1,
    by=("buyer_id", "seller_id"),
)
def share(
    demand: pa.Table, supply: pa.Table, background: pa.Table, tolerance: pa.Table
) -> dict[str, pa.Table]:
    """Say what proves each invoice line, and which order and despatch lines stand behind it.

    Receipts that name the despatch the invoice names come first, then those it names itself
    (BT-15), then those for its order line, those for its order and item, those of the same parties
    and item where one side names no paper, and last what is for one line alone: a meter in its
    period, an acceptance of its invoice. Nothing but the day tells one delivery of an item from the
    last, so goods joined by parties and item lie within the buyer's `content_days` of each other.

    A receipt line that names an order line and another item than is invoiced under it is `strange`
    and goes by its item. `dearer` and `beyond` are what the caps look at again, exactly: pairs of an
    invoice line and an order line that may be cheaper, and invoice lines for whose order line more
    arrived than one line of the order asks for.
    """
    ordered, despatched = (
        background.filter(pc.equal(background["role"], role)) for role in ("ordered", "despatched")
    )
    want, give, *behind = coded(demand, [supply, ordered, despatched], tolerance)
    odd = strange(want, give)
    give.codes[_LINE] = np.where(odd, -1, give.codes[_LINE])
    (by_order, by_despatch) = (
        _filled(_again(want), lines, lanes)
        for lines, lanes in zip(behind, (ORDERED, DESPATCHED), strict=True)
    )
    proof = _filled(want, give, PROVING)
    came = micro(demand["quantity"]) - want.side.left
    over = _beyond(want, behind[0], came, micro(ordered["quantity"]))
    return {
        "share": _table(proof, demand, supply),
        "share_order": _table(by_order, demand, ordered),
        "share_despatch": _table(by_despatch, demand, despatched),
        "received": _received(demand, came),
        "strange": supply.filter(pa.array(odd)).select(["line_id"]),
        "dearer": _dearer(want, behind[0], demand, ordered),
        "beyond": demand.take(pa.array(over)).select(["line_id"]),
    }


class Shares(Struct, frozen=True):
    """Which invoice line and other line meet, by their places, how much of it, by which rule."""

    line: Ints
    other: Ints
    quantity: Ints  # millionths
    rule: pa.Array


def _again(lines: Lines) -> Lines:
    """Return the lines with all they want, to be set against another side."""
    return Lines(Side(lines.side.left.copy(), lines.side.day, lines.side.ids), lines.codes)


def _filled(want: Lines, give: Lines, lanes: Sequence[Lane]) -> Shares:
    """Fill the lanes in turn, each with what those before it have left; return the shares."""
    rules = tuple(dict.fromkeys(lane.rule for lane in lanes))
    found = [_EMPTY]
    for lane in lanes:
        w, g = _facing(lane, want, give)
        if not (len(w) and len(g)):
            continue
        number = numbers(lane.columns, want, give, w, g)
        if lane.near:
            near = _near(want, give, w, g, number)
            g, number = g[near], np.concatenate((number[: len(w)], number[len(w) :][near]))
        at_w, at_g, quantity = meet(want.side, give.side, w, g, number)
        if lane.near:
            kept = np.abs(want.side.day[at_w] - give.side.day[at_g]) <= want.codes["days"][at_w]
            at_w, at_g, quantity = at_w[kept], at_g[kept], quantity[kept]
        np.subtract.at(want.side.left, at_w, quantity)
        np.subtract.at(give.side.left, at_g, quantity)
        found.append((at_w, at_g, quantity, np.full(len(at_w), rules.index(lane.rule))))
    return _once(rules, *map(np.concatenate, zip(*found, strict=True)))


_EMPTY = (np.zeros(0, np.int64),) * 4


def _facing(lane: Lane, want: Lines, give: Lines) -> tuple[Ints, Ints]:
    """Return the lines of both sides that may enter: not used up, and said what the lane goes by.

    Of the first column only what is said on both sides: most lines stay out by that.
    """
    sides = []
    for lines, unsaid in ((want, lane.wants), (give, lane.gives)):
        may = lines.side.left > 0
        for column in lane.columns:
            may &= lines.codes[column] >= 0
        for column in unsaid:
            may &= lines.codes[column] < 0
        sides.append(np.flatnonzero(may))
    codes = [
        lines.codes[lane.columns[0]][at] for lines, at in zip((want, give), sides, strict=True)
    ]
    size = max((int(code.max()) + 1 for code in codes if len(code)), default=0)
    there = [np.zeros(size, np.bool_) for _ in codes]
    for seen, code in zip(there, codes, strict=True):
        seen[code] = True
    both = there[0] & there[1]
    w, g = (at[both[code]] for at, code in zip(sides, codes, strict=True))
    return w, g


def _near(want: Lines, give: Lines, w: Ints, g: Ints, number: Ints) -> Flags:
    """Return which giving lines have a wanting line of their lane within the buyer's days."""
    _, lane = np.unique(number, return_inverse=True)
    day = np.concatenate((want.side.day[w], give.side.day[g]))
    forgiven = want.codes["days"][w]
    most = int(forgiven.max())
    at = lane * (int(day.max() - day.min()) + most + 1) + day - day.min()
    order = np.argsort(at[: len(w)])
    wanting, asked = at[: len(w)][order], at[len(w) :]
    after = np.searchsorted(wanting, asked)
    below, above = np.maximum(after - 1, 0), np.minimum(after, len(w) - 1)
    return np.logical_or(
        *(np.abs(wanting[side] - asked) <= forgiven[order][side] for side in (below, above))
    )


def _once(rules: tuple[str, ...], w: Ints, g: Ints, quantity: Ints, rule: Ints) -> Shares:
    """Return shares in order; two of the same lines by the same rule are one."""
    order = np.lexsort((rule, g, w))
    w, g, quantity, rule = w[order], g[order], quantity[order], rule[order]
    new = np.ones(len(w), np.bool_)
    new[1:] = (np.diff(w) != 0) | (np.diff(g) != 0) | (np.diff(rule) != 0)
    starts = np.flatnonzero(new)
    if len(starts) < len(w):
        w, g, rule = w[starts], g[starts], rule[starts]
        quantity = np.add.reduceat(quantity, starts)
    return Shares(w, g, quantity, pa.array(rules).take(pa.array(rule)))


def _table(shares: Shares, demand: pa.Table, other: pa.Table) -> pa.Table:
    """Return shares as rows, with what both lines say of themselves."""
    line, with_line = pa.array(shares.line), pa.array(shares.other)
    mine = demand.select(["line_id", "claim_id", "quantity", "net_minor", "turned"]).take(line)
    names = ["line_id", "document_id", "role", "told_by_id", "standing", "turned"]
    theirs = other.select(names).take(with_line)
    return pa.table(
        {
            "line_id": mine["line_id"],
            "with_line_id": theirs["line_id"],
            "quantity": quantities(shares.quantity),
            "rule": shares.rule,
            "claim_id": mine["claim_id"],
            "whole": mine["quantity"],
            "net_minor": mine["net_minor"],
            "with_document_id": theirs["document_id"],
            "role": theirs["role"],
            "told_by_id": theirs["told_by_id"],
            "standing": theirs["standing"],
            "turned": pc.coalesce(
                pc.binary_join_element_wise(mine["turned"], theirs["turned"], "; "),
                mine["turned"],
                theirs["turned"],
            ),
        }
    )


def _received(demand: pa.Table, came: Ints) -> pa.Table:
    names = ["line_id", "claim_id", "quantity", "net_minor"]
    return demand.select(names).append_column("received", quantities(came))


def _dearer(want: Lines, behind: Lines, demand: pa.Table, ordered: pa.Table) -> pa.Table:
    """Return the invoice lines and order lines of one number, where the invoice may be dearer.

    An order line whose amount or quantity does not tell its price is looked at again. What is agreed
    holds beyond the quantity ordered too.
    """
    w, g, number = _of_order_line(want, behind)
    order = np.argsort(number[len(w) :], kind="stable")
    g, lane = g[order], number[len(w) :][order]
    first, end = (np.searchsorted(lane, number[: len(w)], side) for side in ("left", "right"))
    times = end - first
    other = g[np.arange(times.sum()) + np.repeat(first - np.cumsum(times) + times, times)]
    line = np.repeat(w, times)
    asked = demand["net_minor"].to_numpy()[line]
    net = ordered["net_minor"].fill_null(0).to_numpy()[other]
    quantity = np.maximum(micro(ordered["quantity"]), 1)[other]
    agreed = net * (micro(demand["quantity"])[line] / quantity)
    at = np.flatnonzero((net <= 0) | (asked - agreed > 0.5 - _ROUNDING * asked))
    return pa.table(
        {
            "line_id": demand["line_id"].take(pa.array(line[at])),
            "with_line_id": ordered["line_id"].take(pa.array(other[at])),
        }
    )


def _of_order_line(want: Lines, behind: Lines, *more: str) -> tuple[Ints, Ints, Ints]:
    """Return the lines that name an order line, of both sides, and one number for each of theirs."""
    w, g = (
        np.flatnonzero((lines.codes["order_ref"] >= 0) & (lines.codes[_LINE] >= 0))
        for lines in (want, behind)
    )
    return w, g, numbers(("order_ref", _LINE, *more), want, behind, w, g)


def _beyond(want: Lines, ordered: Lines, came: Ints, quantity: Ints) -> Ints:
    """Return the invoice lines that goods came for, more than a line of their order asks for.

    came: what came for each invoice line; quantity: of each order line; both in millionths.
    """
    w, g, number = _of_order_line(want, ordered, "unit")
    came_for = came[w]
    if not (came_for.any() and len(g)):
        return w[:0]
    _, number = np.unique(number, return_inverse=True)
    total = np.zeros(int(number.max()) + 1)
    np.add.at(total, number[: len(w)], came_for)
    least = np.full(len(total), np.inf)
    np.minimum.at(least, number[len(w) :], quantity[g])
    return w[(came_for > 0) & (total > least * (1 - _ROUNDING))[number[: len(w)]]]


_ROUNDING = 1e-9  # of sums in floating point, which only choose what is looked at exactly
