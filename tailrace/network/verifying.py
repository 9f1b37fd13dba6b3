"""The check of adopted clearings, from the rows that a book keeps of them and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.errors import BadTerms
from tailrace.network.certificate import proven
from tailrace.network.constraints.before import earlier
from tailrace.network.constraints.kept import Kept, verify_kept
from tailrace.network.rules import rules_of
from tailrace.network.tables import CIRCLE, CLEARING, CYCLE, SHADOW_PRICE

Row = Mapping[str, Any]
_MEND = "restore the book from a copy whose head was noted; adopt no more on it"
_KEY = ["clearing_id", "obligation_id"]


def verify_adopted(
    debt: pa.Table,
    set_off: pa.Table,
    price: pa.Table,
    clearing: pa.Table | None = None,
    shadow_price: pa.Table | None = None,
    circle: pa.Table | None = None,
    cycle: pa.Table | None = None,
) -> dict[str, int]:
    """Return what each adopted clearing set off, by `clearing_id`, proven from the book's own rows.

    The kinds of these names; `clearing` in the order of adoption, since what an earlier one used of
    limits and credit lines counts. Without `clearing` none of them is under rules. Raises `BadTerms`
    where a set-off has no debt, passes it, or leaves a firm out of balance, where a limit is broken,
    where the prices do not prove the sum, and where a total or an id is not that of its rows.
    """
    clearing = CLEARING.empty() if clearing is None else clearing
    worth = SHADOW_PRICE.empty() if shadow_price is None else shadow_price
    circle = CIRCLE.empty() if circle is None else circle
    cycle = CYCLE.empty() if cycle is None else cycle
    rows = _with_set_offs(debt, set_off)
    ruled = clearing.filter(pc.is_valid(clearing["rules"]))
    cleared = _plain(rows, price, ruled["clearing_id"], circle)
    for before, row in _in_order(clearing, set_off, circle):
        kept = Kept(
            debt=_of(rows, row),
            worth=_of(worth, row),
            circle=_of(circle, row),
            cycle=_of(cycle, row),
        )
        cleared[row["clearing_id"]] = verify_kept(row, kept, before)
    _check_totals(clearing, debt, cleared)
    return dict(sorted(cleared.items()))


def _check_totals(clearing: pa.Table, debt: pa.Table, cleared: Mapping[str, int]) -> None:
    """Raise where a clearing's sums are not those of its rows; under rules its own check says more."""
    whole = debt.group_by("clearing_id").aggregate(
        [("amount_minor", "sum"), ("amount_minor", "count")]
    )
    seen = {
        row["clearing_id"]: (row["amount_minor_sum"], row["amount_minor_count"])
        for row in whole.to_pylist()
    }
    for row in clearing.to_pylist():
        name, where = row["clearing_id"], f"clearing {row['clearing_id']}"
        if cleared.get(name) != row["cleared_minor"]:
            raise BadTerms("its total is not its set-offs", where=where, mend=_MEND)
        told = row["debt_minor"], row["obligations"]
        if row["rules"] is None and seen.get(name) != told:
            what = "the debts it saw are not those whose sum it tells"
            raise BadTerms(what, where=where, mend=_MEND)


def _with_set_offs(debt: pa.Table, set_off: pa.Table) -> pa.Table:
    """Return kind `debt` with what is set off of each; the debts of one clearing lie together."""
    amounts = set_off.select([*_KEY, "amount_minor"]).rename_columns([*_KEY, "set_off"])
    rows = debt.join(amounts, keys=_KEY, join_type="left outer")
    if rows.num_rows != debt.num_rows or pc.count(rows["set_off"]).as_py() != set_off.num_rows:
        what = "a set-off has no debt that its clearing saw, or two of one"
        raise BadTerms(what, where="set_off", mend=_MEND)
    told = ("debtor_id", "creditor_id", "currency")
    same = debt.select([*_KEY, *told]).join(
        set_off.select([*_KEY, *told]), keys=_KEY, join_type="inner", right_suffix="_told"
    )
    if not all(pc.all(pc.equal(same[n], same[f"{n}_told"])).as_py() is not False for n in told):
        what = "a set-off names other parties or another currency than its debt"
        raise BadTerms(what, where="set_off", mend=_MEND)
    at = rows.column_names.index("set_off")
    rows = rows.set_column(at, "set_off", pc.fill_null(rows["set_off"], 0))
    at = rows.column_names.index("weight")
    rows = rows.set_column(at, "weight", pc.fill_null(rows["weight"], 1))
    return rows.sort_by([(name, "ascending") for name in _KEY])


def _plain(
    rows: pa.Table, price: pa.Table, ruled: pa.ChunkedArray, circle: pa.Table
) -> dict[str, int]:
    """Return what clearings without rules set off."""
    under = pa.array(ruled.to_pylist(), pa.string())
    rows = rows.filter(pc.invert(pc.is_in(rows["clearing_id"], value_set=under)))
    rows = rows.rename_columns(
        {"debtor_id": "debtor", "creditor_id": "creditor", "amount_minor": "amount"}
    )
    if not pc.all(pc.is_in(circle["clearing_id"], value_set=under)).as_py() and circle.num_rows:
        raise BadTerms("a member is short or long with no line", where="circle", mend=_MEND)
    prices = price.rename_columns({"firm_id": "firm"})
    cleared = {}
    for name in sorted(pc.unique(rows["clearing_id"]).to_pylist()):
        mine = rows.filter(pc.equal(rows["clearing_id"], name))
        theirs = prices.filter(pc.equal(prices["clearing_id"], name))
        cleared[name] = proven(mine, theirs, f"clearing {name}")
    return cleared


def _in_order(clearing: pa.Table, set_off: pa.Table, circle: pa.Table) -> Iterator[tuple[Any, Row]]:
    """Yield each clearing under rules with what the clearings before it used of its limits."""
    for at, row in enumerate(clearing.to_pylist()):
        if row["rules"] is None:
            continue
        first = clearing.slice(0, at)
        ids = pa.array(first["clearing_id"].to_pylist(), pa.string())
        done, lines = (
            t.filter(pc.is_in(t["clearing_id"], value_set=ids)) for t in (set_off, circle)
        )
        yield earlier(done, first, lines, rules_of(row["rules"])), row


def _of(rows: pa.Table, row: Row) -> pa.Table:
    return rows.filter(pc.equal(rows["clearing_id"], row["clearing_id"])).combine_chunks()
