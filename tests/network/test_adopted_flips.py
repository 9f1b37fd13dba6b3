"""One value changed in the rows that a book keeps of a clearing under rules is found."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from adopted_world import OLD, RING, TWO_WAYS, Book, ruled
from msgspec.structs import replace
from network_world import ON, SCHEMAS, obligation_of

from tailrace.base.errors import BadTerms
from tailrace.network.rules import (
    CreditLine,
    FirmLimit,
)


def changed(table: pa.Table, name: str, at: int, how: Any) -> pa.Table:
    """Return the table with one value of a column changed."""
    values = table[name].to_pylist()
    values[at] = how(values[at])
    place = table.column_names.index(name)
    return table.set_column(place, table.field(name), pa.array(values, table.field(name).type))


FLIPS = [
    ("set_off", "amount_minor", lambda x: x - 1, "sets off|not its set-offs|not proven"),
    ("set_off", "creditor_id", lambda _: "z", "other parties"),
    ("set_off", "obligation_id", lambda x: x[::-1], "no debt that its clearing saw"),
    ("shadow_price", "worth", lambda x: x + 1, "not proven the greatest"),
    ("shadow_price", "stage", lambda _: 7, "a firm has no price"),
    ("debt", "amount_minor", lambda x: x + 1, "not those whose sum it tells"),
    ("debt", "weight", lambda _: 2, "not proven the greatest"),
    ("debt", "due_on", lambda x: x + timedelta(days=30), "not proven the greatest|beyond"),
    ("debt", "before_minor", lambda _: 1, "its id is not that of its day, rules and debts"),
    ("circle", "amount_minor", lambda x: x + 1, "what members owe the circle"),
    ("clearing", "cleared_minor", lambda x: x + 1, "not its set-offs"),
    ("clearing", "circle_minor", lambda x: x + 1, "the sum its members owe the circle"),
    ("clearing", "currency", lambda _: "NOK", "its currency is not that of its debts"),
    ("clearing", "on", lambda x: x + timedelta(days=1), "its id is not that"),
    ("clearing", "rules", lambda x: x.replace('"cap_minor":9', '"cap_minor":8'), "beyond 0 to 8"),
    ("clearing", "rules", lambda x: x.replace('"cap_minor":9', '"cap_minor":10'), "not proven"),
    ("clearing", "rules", lambda x: x.replace("overdue", "overlong"), "its id is not that"),
    ("clearing", "rules", lambda x: x.replace('"short_minor":2', '"short_minor":3'), "not proven"),
]


@pytest.mark.parametrize(("kind", "name", "how", "says"), FLIPS)
def test_one_value_flipped_in_any_table_is_found(kind, name, how, says):
    book = Book()
    for n, debt in enumerate((*TWO_WAYS, ("mn", "m", "n", 5))):
        book.add(*debt, due_on=ON + timedelta(days=n))
    rules = ruled(
        firm=(FirmLimit(firm="a", cap_minor=9),),
        credit=(CreditLine(firm="m", short_minor=2), CreditLine(firm="n", long_minor=9)),
        priority=(replace(OLD, name="overdue"),),
    )
    book.adopt(rules)
    assert book.proven() > 0
    table = book.kept[kind]
    at = next(n for n, v in enumerate(table[name].to_pylist()) if name != "worth" or v)
    if kind == "debt":  # of the class that comes first in full, or set off in part
        name_ = obligation_of("ea" if name == "weight" else "ca")
        at = table["obligation_id"].to_pylist().index(name_)
    with pytest.raises(BadTerms, match=says):
        book.proven(**{kind: changed(table, name, at, how)})


AFTER = [
    ({"whole_invoices": True}, "debt", "best_minor", lambda x: x - 1, "net position|not proven"),
    ({"whole_invoices": True}, "clearing", "optimum_minor", lambda x: x + 1, "the loss told"),
    ({"cycle_firms_max": 2}, "cycle", "amount_minor", lambda x: x + 1, "cycles told are not"),
    ({"cycle_firms_max": 2}, "cycle", "length", lambda _: 3, "a cycle of more than 2 firms"),
    ({"allocation": "pro rata"}, "set_off", "amount_minor", None, "its share pro rata"),
]


@pytest.mark.parametrize(("said", "kind", "name", "how", "says"), AFTER)
def test_what_a_rule_after_the_optimum_left_is_held_to_it(said, kind, name, how, says):
    book = Book(("a1", "a", "b", 3), ("a2", "a", "b", 5), ("b", "b", "a", 5), ("c", "b", "c", 4))
    book.add("d", "c", "b", 3)
    book.add("e", "c", "a", 2)
    made = book.adopt(ruled(**said))
    assert book.proven() == sum(made.values())
    table = book.kept[kind]
    if how is None:  # a unit from one invoice of the pair to the other
        rows = {row["claim_id"]: n for n, row in enumerate(table.to_pylist())}
        table = changed(table, name, rows["a1"], lambda x: x - 1)
        bent = changed(table, name, rows["a2"], lambda x: x + 1)
    else:
        bent = changed(table, name, 0, how)
    with pytest.raises(BadTerms, match=says):
        book.proven(**{kind: bent})


def test_what_an_earlier_clearing_used_is_part_of_the_proof_of_a_later_one():
    book, rules = Book(*RING), ruled(firm=(FirmLimit(firm="b", cap_minor=450),))
    book.adopt(rules)
    book.adopt(ruled(firm=(FirmLimit(firm="b", cap_minor=470),)))
    assert book.proven() == 1410
    first = book.kept["clearing"]["clearing_id"][0]
    gone = {
        kind: table.filter(pc.not_equal(table["clearing_id"], first))
        for kind, table in book.kept.items()
    }
    with pytest.raises(BadTerms, match="not proven the greatest"):
        book.proven(**gone)


def test_no_clearing_without_rules_leaves_anybody_short():
    book = Book(*RING)
    book.adopt(ruled())
    [row] = book.kept["clearing"].to_pylist()
    bent = SCHEMAS["circle"].rows(
        [{"clearing_id": row["clearing_id"], "firm_id": "a", "currency": "EUR", "amount_minor": 1}]
    )
    with pytest.raises(BadTerms, match="short or long with no line"):
        book.proven(circle=bent)
