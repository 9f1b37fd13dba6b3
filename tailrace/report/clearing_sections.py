"""The report's sections on a clearing: the pictures of `clearing.py` and the curve, of a book's rows.

Before is what is proven and not paid; after is what is still due. What was set off between the two
may be of several clearings. The curve says what money put in now would settle of what is due.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from msgspec.structs import replace

from tailrace.base.money import text
from tailrace.base.ports import Engine
from tailrace.network.liquidity import bands_of, trades_of
from tailrace.report import liquidity
from tailrace.report.clearing import STYLE as PICTURES
from tailrace.report.clearing import Picture, pictures
from tailrace.report.cycles import CYCLE_FIRMS, Ring
from tailrace.report.figures import Questions
from tailrace.report.placed import share
from tailrace.report.seen import Seen, seen_from

RINGS_MAX = 8  # drawn and listed
FIRMS_TOLD = 9  # firms named of one cycle
STYLE = PICTURES + liquidity.RULES
_STAGES = (
    '<div class="tabs" role="group" aria-label="Stage">'
    '<button data-stage="before" aria-pressed="true">before clearing</button>'
    '<button data-stage="after" aria-pressed="false">after clearing</button></div>'
)


def sections(
    asked: Questions, code: str, sectors: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    """Yield title, hint and body of each section on one currency; none where nothing is owed."""
    seen = seen_in(asked, code, sectors)
    for picture in pictures(seen):
        yield picture.title, picture.hint, _body(picture)
        if picture.name == "network":
            yield _cycles(asked, code)
        if picture.name == "ways":
            yield from _curve(asked.engine, code, seen.off)


def _body(picture: Picture) -> str:
    buttons = _STAGES if picture.name == "network" else ""
    return f'{buttons}<div class="scroll">{picture.alone()}</div>'


def seen_in(asked: Questions, code: str, sectors: Mapping[str, str]) -> Seen:
    """Return what the pictures of one currency rest on, of a finished run."""
    [count] = asked.engine.sql(
        f"select count(distinct cycle_id) as n from cycle where currency = '{code}' and length > 1"
    ).to_pylist()
    found = _rings(asked.engine, code, CYCLE_FIRMS)
    rings = [ring for _, ring in found if None not in ring.firms]  # the circle is no firm to draw
    return seen_from(asked.edges(code), rings, count["n"], code, asked.names, sectors)


def _rings(engine: Engine, code: str, firms_max: int) -> list[tuple[int, Ring]]:
    """Return the cycles of up to so many firms that set off the most, with the sum over each."""
    rows = engine.sql(f"""
        with top as (
            select cycle_id, sum(amount_minor) as whole from cycle
            where currency = '{code}' and length between 2 and {firms_max}
            group by 1 order by whole desc, cycle_id limit {RINGS_MAX})
        select cycle_id, step, debtor_id, amount_minor, cast(whole as bigint) as whole
        from cycle join top using (cycle_id) order by whole desc, cycle_id, step""").to_pylist()
    found: dict[str, tuple[int, Ring]] = {}
    for row in rows:
        first = row["whole"], Ring([], row["amount_minor"])
        found.setdefault(row["cycle_id"], first)[1].firms.append(row["debtor_id"])
    return list(found.values())


def _cycles(asked: Questions, code: str) -> tuple[str, str, str]:
    """Return the list of the cycles that set off the most, however many firms are in them."""
    items = ""
    for whole, ring in _rings(asked.engine, code, 10**6):
        firms = [asked.name(firm) if firm else "the circle" for firm in ring.firms]
        told = [*firms[:FIRMS_TOLD], *(("...",) if len(firms) > FIRMS_TOLD else ()), firms[0]]
        way = "<i>&rarr;</i>".join(escape(firm) for firm in told)
        items += f"<li><b>{escape(text(whole, code))}</b> {way}</li>"
    hint = "Each firm owes the next; the same amount comes off every debt of the ring."
    body = f'<ul class="cycles">{items}</ul>' if items else ""
    return "Largest set-off cycles", hint, body


def _curve(engine: Engine, code: str, off: int) -> Iterator[tuple[str, str, str]]:
    """Yield the curve: what was set off, and from there what each unit of money would settle."""
    due = engine.sql(f"""
        select obligation_id, debtor_id as debtor, creditor_id as creditor, currency,
               due_minor as amount_minor, due_on
        from due where currency = '{code}' and not held""")
    trades, _ = trades_of(due)
    if code not in trades:
        return
    trade = trades[code]
    bands = bands_of(trade)
    if not bands:
        return
    moved = [replace(band, settled_minor=band.settled_minor + off) for band in bands]
    alone = off + int(trade.curve.settled[0])
    title = f"{share(alone, off + trade.whole)} is set off; what each further unit of money settles"
    drawn = liquidity.curve(moved, alone, off + trade.whole, code, None, title=title)
    hint = (
        "Of what is set off, and what is due and not yet instructed, sold or held by a round. Money put "
        "in where it settles most pays debt after debt until a net creditor keeps it; × is how many "
        "debts one unit settles. Where to put a budget: tailrace liquidity."
    )
    yield "What money would settle beyond the clearing", hint, f'<div class="scroll">{drawn}</div>'
