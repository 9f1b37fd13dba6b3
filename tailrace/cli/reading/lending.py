"""Who lends, for `tailrace liquidity`: a file of lenders, and members' own money in a book."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from tailrace.cli.reading.debts import Read

ANY_LENDER = "any lender"


def lenders_of_file(path: str) -> Read:
    """Return the table of lenders: names as text, limits and prices as whole numbers.

    Raises `BadTerms` for a limit or a price that is none: what it would bound is not known.
    """
    import pyarrow.compute as pc

    from tailrace.base.errors import BadTerms
    from tailrace.base.money import AMOUNT_MAX
    from tailrace.cli.reading.debts import read_file

    found = read_file(path, ("lender", "source", "currency"))
    for name in ("limit_minor", "price"):
        if name not in found.said:
            continue
        lost = pc.and_(pc.is_valid(found.said[name]), pc.is_null(found.table[name]))
        lost = pc.or_(lost, pc.fill_null(pc.greater(found.table[name], AMOUNT_MAX), False))
        row = pc.index(lost, True).as_py()
        if row >= 0:
            what = f"the {name.removesuffix('_minor')} is {found.said[name][row].as_py()!r}"
            mend = "write a whole number: limits in minor units, prices per 10,000; empty for none"
            raise BadTerms(what, where=found.where(row), mend=mend)
    return found


def own_money(path: str) -> pa.Table:
    """Return lender rows of what members have in the bank by a book; raise for a file of debts."""
    from tailrace.base.errors import BadTerms
    from tailrace.cli.common import look, open_at
    from tailrace.street.loop import derive

    if Path(path).is_file() and Path(path).suffix.lower() in (".csv", ".parquet"):
        mend = "name a book, or give own money as rows of --lenders"
        raise BadTerms("a file of debts has no bank balances", where="--own", mend=mend)
    with open_at(path) as book:
        day, rules = look(book, path, None)
        return _own_rows(derive(book, ("cash",), on=day, rules=rules).get("cash"), day)


def _own_rows(cash: pa.Table, day: date) -> pa.Table:
    """Return lender rows of what each firm has in the bank on the day, read off its cash curve."""
    import pyarrow as pa
    import pyarrow.compute as pc

    here = pc.and_(pc.equal(cash["stage"], "left"), pc.equal(cash["on"], pa.scalar(day)))
    rows = cash.filter(pc.and_(here, pc.greater(cash["balance_minor"], 0)))
    nothing = pa.nulls(rows.num_rows)
    return pa.table(
        {
            "lender": nothing.cast(pa.string()),
            "source": pa.array(["own"] * rows.num_rows, pa.string()),
            "currency": rows["currency"],
            "firm": rows["firm_id"],
            "limit_minor": rows["balance_minor"],
            "price": nothing.cast(pa.int64()),
        }
    )


def with_own(balances: pa.Table, named: pa.Table | None) -> pa.Table:
    """Return the balances beside the lenders; where none are named, any lender outside will do."""
    import pyarrow as pa

    if named is None:
        codes = sorted(set(balances["currency"].to_pylist()))
        row = {"lender": ANY_LENDER, "source": "outside"}
        named = pa.Table.from_pylist([{**row, "currency": code} for code in codes])
    return pa.concat_tables([named, balances], promote_options="permissive")
