"""Accept one offer: it becomes a contract, its deeds and its instruction, in one append."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.book import Book
from tailrace.base.errors import BadTerms, NotFound, Overdrawn
from tailrace.base.ids import digest_id
from tailrace.base.ports import Engine
from tailrace.ledger import steps as ledger
from tailrace.network import steps as network
from tailrace.offers import steps as offers
from tailrace.offers.accept import accept_one
from tailrace.settlement import steps as settlement
from tailrace.street.loop import derive, drafts, everything, run_id_of
from tailrace.street.moments import stamp
from tailrace.street.rules import Rules


def accept(book: Book, offer: str, *, on: date, rules: Rules, at: datetime) -> dict[str, Any]:
    """Accept the offer whose id (or the start of it) is given; return the contract's row.

    `at` is the moment of the acceptance.

    Appends the acceptance, the contract, the deeds and the instruction, or nothing. Raises
    `NotFound` where no such offer stands, `BadTerms` where the book has grown since its last run,
    `Overdrawn` where the obligation is no longer free, `Moved` if somebody else wrote meanwhile.
    """
    head = book.head
    _current(book, on, rules)
    engine = derive(book, everything(), on=on, rules=rules)
    row = _chosen(engine, offer)
    made = accept_one(row, on=on)
    for kind, table in made.items():
        engine.put(kind, pa.concat_tables([engine.get(kind), table]))
    contract = made["contract"].to_pylist()[0]
    made |= _followed(engine, contract, rules.named(on=on, accept="none"))
    under = digest_id("accept", row["offer_id"])
    pages = [
        page
        for kind, table in made.items()
        for page in drafts(book, table, kind=kind, step=offers.accept, under=under)
    ]
    book.append([stamp(book, at), *pages], after=head)
    engine.close()
    return contract


def _current(book: Book, on: date, rules: Rules) -> None:
    """Refuse to bind anybody on figures older than the records in the book."""
    runs = set(book.table("run")["run_id"].to_pylist())
    if not runs & {run_id_of(book, on, rules, how) for how in ("none", "cheapest")}:
        what = "records were added, or the day is another, since the offers were made"
        raise BadTerms(what, where=book.store.url, mend="tailrace run first, then accept")


def _chosen(engine: Engine, offer: str) -> dict[str, Any]:
    rows = engine.begins("offer", "offer_id", offer).to_pylist()
    if not offer or not rows:
        mend = "tailrace offers DIR lists the offers that stand"
        raise NotFound(f"no offer {offer!r}", where="accept", mend=mend)
    if len(rows) > 1:
        mend = "give more of the id"
        raise BadTerms(f"{offer!r} begins {len(rows)} offers", where="accept", mend=mend)
    return rows[0]


def _followed(
    engine: Engine, contract: dict[str, Any], named: dict[str, Any]
) -> dict[str, pa.Table]:
    """Run what follows from the contract: what is due, its instruction, its deeds."""
    engine.run(network.due, **named)
    instruction = engine.run(settlement.instruct, **named)["instruction"]
    mine = pc.equal(instruction["contract_id"], contract["contract_id"])
    found = {"instruction": instruction.filter(pc.fill_null(mine, False))}
    for step in ledger.STEPS:
        made = engine.run(step, **named)
        if step.binds:
            found["transfer"] = made["transfer"]
            _not_refused(made["refusal"], contract)
    return found


def _not_refused(refusals: pa.Table, contract: dict[str, Any]) -> None:
    for row in refusals.to_pylist():
        if row["cause_id"] == contract["contract_id"]:
            mend = "the obligation is sold, pledged or paid; take another offer"
            raise Overdrawn(row["what"], where=row["account"] or "ledger", mend=mend)
