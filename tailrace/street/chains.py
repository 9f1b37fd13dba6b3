"""The matching behind a claim as a small table: its lines down, what bears on them across."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from msgspec import Struct

from tailrace.base.money import text
from tailrace.base.ports import Engine
from tailrace.base.quantity import plain
from tailrace.evidence import chain

PROVES = ("received", "metered", "worked", "accepted", "prepaid")
BEHIND = ("ordered", "despatched")
AFTER = ("credited", "paid")
NAMES_MAX = 3  # documents named in a cell; the others are counted
HEAD = ("line", "item", "invoiced", "ordered", "despatched", "proven by", "net proven")


class Bearing(Struct, frozen=True, kw_only=True):
    """One row that bears on an invoice line, or on the whole claim where it has no line."""

    role: str
    document: str | None
    told_by: str | None
    standing: str | None
    day: Any
    quantity: Any
    amount_minor: int
    rule: str | None


class ChainLine(Struct, frozen=True, kw_only=True):
    """An invoice line with everything that bears on it."""

    line_ref: str
    item: str
    quantity: Any
    unit: str | None
    net_minor: int
    bears: list[Bearing]

    @property
    def proven_minor(self) -> int:
        """What of the line is proven, net, as the matches say."""
        return sum(b.amount_minor for b in self.bears if b.role in PROVES)


class Chain(Struct, frozen=True, kw_only=True):
    """A claim's chain: its lines, and what bears on the claim as a whole."""

    claim_id: str
    currency: str
    number: str
    told_by: str | None
    day: Any
    lines: list[ChainLine]
    whole: list[Bearing]


def chains(rows: Iterable[dict[str, Any]]) -> list[Chain]:
    """Return the chains that `chain` rows tell, in the order of their places."""
    ordered = sorted(rows, key=lambda r: (r["place"], r["claim_id"], _line_key(r), r["chain_id"]))
    return [
        _chain(claim, list(mine)) for claim, mine in groupby(ordered, key=lambda r: r["claim_id"])
    ]


def chain_of(engine: Engine, claim_id: str) -> list[Chain]:
    """Return the chain of one claim of an engine that holds every kind of evidence."""
    quoted = claim_id.replace("'", "''")
    return chains(engine.sql(chain.rows(f"select '{quoted}' as claim_id, 1 as place")).to_pylist())


def table(made: Chain) -> Iterator[tuple[str, ...]]:
    """Yield the chain as rows of text under HEAD, then one for what bears on the whole claim."""
    for line in made.lines:
        proofs = [b for b in line.bears if b.role in PROVES]
        yield (
            line.line_ref,
            line.item,
            _amount(line.quantity, line.unit),
            _cell([b for b in line.bears if b.role == "ordered"]),
            _cell([b for b in line.bears if b.role == "despatched"]),
            _cell(proofs, named=True),
            f"{text(line.proven_minor, made.currency)} of {text(line.net_minor, made.currency)}",
        )


def remarks(made: Chain) -> Iterator[str]:
    """Yield a sentence for each credit note and payment, and one for the rules that joined lines."""
    rules = sorted({b.rule for line in made.lines for b in line.bears if b.rule})
    if rules:
        yield f"joined by {', '.join(rules)}"
    after = [b for line in made.lines for b in line.bears if b.role in AFTER]
    for bearing in sorted((*made.whole, *after), key=lambda b: (str(b.day), b.role)):
        when = f" on {bearing.day}" if bearing.day else ""
        by = f" ({bearing.rule})" if bearing.rule else ""
        named = f" by {bearing.document}" if bearing.document else ""
        yield f"{text(bearing.amount_minor, made.currency)} {bearing.role}{named}{when}{by}"


def aligned(made: Chain, width: int = 34) -> Iterator[str]:
    """Yield the table of a chain as aligned text, its cells cut to a width."""
    cells = [HEAD, *table(made)]
    cut = [[c if len(c) <= width else c[: width - 3] + "..." for c in row] for row in cells]
    widths = [max(len(row[i]) for row in cut) for i in range(len(HEAD))]
    for row in cut:
        yield "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()
    yield from remarks(made)


def _chain(claim: str, rows: list[dict[str, Any]]) -> Chain:
    billed = [r for r in rows if r["role"] == "invoiced"]
    bears: dict[str | None, list[Bearing]] = {}
    for r in rows:
        if r["role"] != "invoiced":
            row = Bearing(**{name: r[name] for name in Bearing.__struct_fields__})
            bears.setdefault(r["line_id"], []).append(row)
    first = (billed or rows)[0]
    return Chain(
        claim_id=claim,
        currency=first["currency"],
        number=first["document"] or "" if billed else "",
        told_by=first["told_by"] if billed else None,
        day=first["day"] if billed else None,
        lines=[
            ChainLine(
                line_ref=r["line_ref"] or "",
                item=r["item"] or "",
                quantity=r["quantity"],
                unit=r["unit"],
                net_minor=r["amount_minor"],
                bears=bears.get(r["line_id"], []),
            )
            for r in billed
        ],
        whole=bears.get(None, []),
    )


def _line_key(row: dict[str, Any]) -> tuple[int, str]:
    """Order line numbers as people do: 2 before 10."""
    ref = row["line_ref"] or ""
    return len(ref), ref


def _cell(bears: Sequence[Bearing], *, named: bool = False) -> str:
    """Return documents with their quantities, summed by document: 90 W1 (Mill), 10 W2 (Mill)."""
    summed: dict[tuple[str, str], Any] = {}
    for b in bears:
        key = b.document or "", f" ({b.told_by})" if named and b.told_by else ""
        summed[key] = summed.get(key, 0) + (b.quantity or 0)
    shown = [
        f"{plain(quantity)} {document}{by}".strip()
        for (document, by), quantity in list(summed.items())[:NAMES_MAX]
    ]
    more = len(summed) - len(shown)
    return ", ".join([*shown, *([f"{more} more"] if more else [])])


def _amount(quantity: Any, unit: str | None) -> str:
    return "" if quantity is None else f"{plain(quantity)} {unit or ''}".strip()
