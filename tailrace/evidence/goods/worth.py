"""Divisions of money: what a part of a line and a part of a claim are worth, exactly."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tailrace.base.money import EXPONENTS, Money
from tailrace.base.quantities import micro
from tailrace.base.steps import array_step, step
from tailrace.base.tables import rows_of
from tailrace.evidence.goods.working import WORTH

Ints = NDArray[np.int64]
ROUNDING = "ROUND_HALF_UP"  # of a line amount that is not said: EN 16931 rounds amounts so
_SCALE = 10**6


@step(reads=("line", "document", "paper"), writes="unpriced", version=1)
def unpriced() -> str:
    """List the invoice lines that give quantity and price and no amount."""
    return """
        select l.line_id, l.quantity, l.price, l.price_base_quantity, d.currency
        from line l join paper p using (document_id) join document d using (document_id)
        where p.kind = 'invoice' and l.net_minor is null and l.price is not null
          and l.quantity is not null and d.currency is not null"""


@array_step(reads=("unpriced",), writes="worth", version=1)
def worth(unpriced: pa.Table) -> pa.Table:
    """Work out line amounts that are not said: quantity times price, rounded half up."""
    made = []
    for row in rows_of(unpriced):
        base = row["price_base_quantity"] or Decimal(1)
        amount = abs(row["quantity"] * row["price"])
        if row["currency"] in EXPONENTS and base > 0 and amount / base < _SCALE**2:
            money = Money.of(amount / base, row["currency"], rounding=ROUNDING)
            sign = -1 if row["quantity"] < 0 else 1
            made.append({"line_id": row["line_id"], "net_minor": sign * money.amount_minor})
    return WORTH.rows(made)


@array_step(reads=("part",), writes="part_amount", version=2)
def part_amount(part: pa.Table) -> pa.Table:
    """Share a line's amount among the parts of its quantity: floors of running sums.

    What the first parts of a line are worth together is the floor of their share, so that no part
    is ever worth more because it was cut into smaller ones.
    """
    net, whole = part["net_minor"].to_numpy(), micro(part["whole"])
    before, quantity = micro(part["before"]), micro(part["quantity"])
    most = np.minimum(micro(part["counts"]), whole)
    upto = np.minimum(before + quantity, most)
    amount = floor_share(net, upto, whole) - floor_share(net, np.minimum(before, most), whole)
    kept = {name: part[name] for name in ("line_id", "role", "with_line_id", "rule")}
    return pa.table({**kept, "amount_minor": amount})


@array_step(reads=("claim_state", "advanced", "held"), writes="gross", version=2)
def gross(claim_state: pa.Table, advanced: pa.Table, held: pa.Table) -> pa.Table:
    """Return what is proven of each payable amount: all if every line is, else its share.

    What was received pays first for what was paid ahead: of an invoice that deducts a prepayment,
    the share is taken of the amount before it, the prepayments that are claims of their own are
    proven by it in turn, and the invoice by the rest. An amount whose own figures contradict each
    other is proven up to the smaller one.
    """
    net, proven = (claim_state[n].to_numpy() for n in ("net_minor", "proven_net_minor"))
    amount, ids = claim_state["amount_minor"].to_numpy(), claim_state["claim_id"]
    whole = claim_state["whole"].to_numpy(zero_copy_only=False)
    advanced, held = (_among(table, ids) for table in (advanced, held))
    at, ahead = _places(advanced["claim_id"], ids), _places(advanced["ahead_id"], ids)
    prepaid = np.zeros(len(amount), dtype=np.int64)
    prepaid[at] = advanced["prepaid_minor"].to_numpy()
    full = amount + prepaid
    share = floor_share(full, np.clip(proven, 0, np.maximum(net, 0)), np.maximum(net, 1))
    value = np.where(whole, full, share)
    made = np.maximum(value - prepaid, 0)
    covered = np.clip(
        value[at] - advanced["before_minor"].to_numpy(), 0, advanced["amount_minor"].to_numpy()
    )
    np.add.at(made, ahead[ahead >= 0], covered[ahead >= 0])
    made = np.minimum(made, amount)
    capped = _places(held["claim_id"], ids)
    made[capped] = np.minimum(made[capped], held["held_minor"].to_numpy())
    return pa.table({"claim_id": ids, "gross_minor": made})


def _among(table: pa.Table, ids: pa.ChunkedArray) -> pa.Table:
    """Return the rows of claims that are among the ids: other pairs' are not asked here."""
    return table.filter(pc.is_in(table["claim_id"], value_set=ids))


def _places(wanted: pa.ChunkedArray, ids: pa.ChunkedArray) -> Ints:
    """Return where each id stands among the ids; -1 where it is none of them."""
    return pc.index_in(wanted, value_set=ids).fill_null(-1).to_numpy().astype(np.int64)


def floor_share(amount: Ints, part: Ints, whole: Ints) -> Ints:
    """Return amount x part // whole for 0 <= part <= whole, exactly."""
    safe = np.abs(amount).astype(np.float64) * part.astype(np.float64) < 2.0**62
    made = np.where(safe, amount * np.where(safe, part, 0), 0) // whole
    for row in np.flatnonzero(~safe).tolist():  # whole numbers of Python do not overflow
        made[row] = int(amount[row]) * int(part[row]) // int(whole[row])
    return made
