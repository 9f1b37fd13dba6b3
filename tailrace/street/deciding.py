"""Decide who is who: merge, split, affiliate, undo; each a page appended to the book.

A decision is never altered. `undo` takes one back, another undo takes that one back. Firms are
worked out from the decisions that stand on the day, so taking one back restores what was before.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from tailrace.base.book import Book
from tailrace.base.errors import BadTerms, NotFound
from tailrace.base.ids import digest_id
from tailrace.base.ports import Engine
from tailrace.evidence.steps import CANDIDATES, WHO
from tailrace.evidence.who.deciding import stands, undos
from tailrace.street.loop import derive
from tailrace.street.moments import stamp
from tailrace.street.rooms import SCHEMAS
from tailrace.street.rules import Rules

WHATS = ("merge", "split", "affiliate", "undo")
RULE, VERSION = "street.decide_who", 1
_LENGTH_MIN = 6  # digits of an id that may stand for it
Row = dict[str, Any]


def decide_who(
    book: Book,
    what: str,
    whom: tuple[str, ...],
    *,
    reason: str,
    on: date,
    rules: Rules,
    at: datetime,
    by: str | None = None,
    dry_run: bool = False,
) -> Row:
    """Append a decision and return it with the firms it makes; with `dry_run` append nothing.

    `whom` are two firms or parties by id, number or name, or for an undo the decision's id; a split
    takes the second out of the firm of the first. `at` is the moment of the decision. Raises
    `NotFound` where nobody is so called, `BadTerms` where it would change nothing or says no
    reason, `Moved` if somebody else wrote meanwhile.
    """
    head = book.head
    _wanted(what, whom, reason)
    with firms_of(book, on, rules) as engine:
        made = engine.get("decision")
        row = _decision(engine, made, what, whom, reason=reason, on=on, by=by)
        table = SCHEMAS["decision"].rows([row])
        before = _parties(engine)
        engine.put("decision", pa.concat_tables([made, table]))
        for step in WHO:
            engine.run(step, **rules.named(on=on, accept="none"))
        if what != "undo":
            _changes(engine, row, before)
        told = row | {"firms": list(_touched(engine, made, row)), "appended": not dry_run}
    if not dry_run:
        key = f"decision/{row['decision_id']}"
        page = book.draft(table, kind="decision", rule=RULE, version=VERSION, key=key)
        book.append([stamp(book, at), page], after=head)
    return told


@contextmanager
def firms_of(book: Book, on: date, rules: Rules, *more: str) -> Iterator[Engine]:
    """Give an engine that holds who is who, the records it rests on, and kinds asked for beside."""
    kinds = {kind for step in WHO for kind in (*step.reads, *step.writes)}
    asked = [step for step in CANDIDATES if step.writes[0] in more]
    engine = derive(book, sorted({*kinds, *more} - {"likely"}), on=on, rules=rules)
    try:
        for step in asked:
            engine.run(step, **rules.named(on=on, accept="none"))
        yield engine
    finally:
        engine.close()


def find_party(engine: Engine, called: str) -> str:
    """Return the one party meant: by the start of its id, a number it carries, or its firm's name.

    Of several parties that carry a number or a name of their own the first is meant; by the name of a
    firm alone, the firm's first. Raises
    `NotFound` where there is none and `BadTerms` where several firms are meant.
    """
    if len(called) >= _LENGTH_MIN:
        rows = engine.begins("firm", "party_id", called).to_pylist()
        if len(rows) == 1:
            return str(rows[0]["party_id"])
    bare = "".join(sign for sign in called.upper() if sign.isalnum())
    meant: dict[str, tuple[bool, str]] = {}
    for row in _called(engine):
        if called in (row["own"], row["name"]) or bare in (row["value"], row["number"]):
            nearest = (called != row["own"] and called == row["name"], row["party_id"])
            meant[row["firm_id"]] = min(nearest, meant.get(row["firm_id"], nearest))
    if not meant:
        mend = "give the start of a party's id, a number such as its VAT number, or a firm's name"
        raise NotFound(f"nobody is called {called!r}", where="who", mend=mend)
    if len(meant) > 1:
        mend = "say which by the start of an id: " + ", ".join(sorted(m[:12] for m in meant))
        raise BadTerms(f"{len(meant)} firms are called {called!r}", where="who", mend=mend)
    return meant.popitem()[1][1]


def _called(engine: Engine) -> list[Row]:
    """Return who carries which name and number, the number with and without its scheme."""
    bare = "regexp_replace({}, '[^A-Z0-9]', '', 'g')"
    return engine.sql(f"""
        select f.firm_id, f.party_id, f.name, p.name as own, {bare.format("k.token")} as number,
               {bare.format("substr(k.token, strpos(k.token, ' ') + 1)")} as value
        from firm f left join known_by k using (party_id)
        left join party p using (party_id)""").to_pylist()


def _wanted(what: str, whom: tuple[str, ...], reason: str) -> None:
    """Refuse what is no decision."""
    if what not in WHATS:
        raise BadTerms(f"{what!r} decides nothing", where="who", mend=f"one of {', '.join(WHATS)}")
    count = 1 if what == "undo" else 2
    if len(whom) != count:
        mend = "undo DECISION" if what == "undo" else f"{what} ONE OTHER"
        raise BadTerms(f"{what} names {count}, not {len(whom)}", where="who", mend=mend)
    if not reason.strip():
        mend = "say why, for whoever reads the book later"
        raise BadTerms("a decision without a reason", where="who", mend=mend)


def _decision(
    engine: Engine,
    made: pa.Table,
    what: str,
    whom: tuple[str, ...],
    *,
    reason: str,
    on: date,
    by: str | None,
) -> Row:
    """Return the decision's row. Its id tells how many were made before: the same may come again."""
    row: Row = {"what": what, "reason": reason.strip(), "decided_on": on, "decided_by": by}
    if what == "undo":
        row["undoes_id"] = _undone(made, whom[0])
    else:
        row["party_id"], row["other_id"] = (find_party(engine, name) for name in whom)
    causes = (row.get(name) for name in ("party_id", "other_id", "undoes_id"))
    return {"decision_id": digest_id("decision", what, *causes, on, made.num_rows)} | row


def _undone(made: pa.Table, begins: str) -> str:
    """Return the decision to take back; refuse one that is taken back already."""
    rows = made.to_pylist()
    ids = [row["decision_id"] for row in rows]
    found = [key for key in ids if begins and key.startswith(begins)]
    mend = "tailrace who BOOK --decisions lists them"
    if len(found) != 1:
        what = f"{len(found)} decisions begin with {begins!r}"
        raise (BadTerms if found else NotFound)(what, where="who undo", mend=mend)
    if not stands(found[0], undos(rows)):
        raise BadTerms("it is taken back already", where="who undo", mend=mend)
    return str(found[0])


def _parties(engine: Engine) -> dict[str, str]:
    rows = engine.sql("select party_id, firm_id from firm").to_pylist()
    return {row["party_id"]: row["firm_id"] for row in rows}


def _changes(engine: Engine, row: Row, before: dict[str, str]) -> None:
    """Refuse a decision that would change nothing, or that an earlier one does not let through."""
    one, other = row["party_id"], row["other_id"]
    after = _parties(engine)
    were, are = before[one] == before[other], after[one] == after[other]
    wrong = {
        "merge": "they are one firm already" if were else "" if are else "a split parts them",
        "split": "they are two firms already" if not were else "they are one party" if are else "",
        "affiliate": "they are one firm" if were else "",
    }[row["what"]]
    if wrong:
        mend = "tailrace who BOOK --decisions lists what was decided; undo what is in the way"
        raise BadTerms(wrong, where=f"who {row['what']}", mend=mend)


def _touched(engine: Engine, made: pa.Table, row: Row) -> Iterator[Row]:
    """Yield the firms of the parties a decision names, as they are with it."""
    root = row
    by_id = {r["decision_id"]: r for r in made.to_pylist()}
    while root.get("undoes_id"):
        root = by_id[root["undoes_id"]]
    names = {root.get("party_id"), root.get("other_id")} - {None}
    rows = engine.get("firm").to_pylist()
    firms = sorted({r["firm_id"] for r in rows if r["party_id"] in names})
    for firm in firms:
        parties = sorted(r["party_id"] for r in rows if r["firm_id"] == firm)
        name = next(r["name"] for r in rows if r["firm_id"] == firm)
        yield {"firm_id": firm, "name": name, "parties": parties}
