"""The report as one HTML page: style and script inside it, nothing fetched from anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from html import escape
from importlib.resources import files

from tailrace.base.money import text
from tailrace.base.ports import Engine
from tailrace.report import chains, clearing_sections, figures
from tailrace.report.changes import SHOWN_MAX, Looked, changes_section
from tailrace.report.draw import bars, sankey
from tailrace.report.figures import Grid, Questions
from tailrace.street.summary import CurrencyFigures, Summary

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{title}</title>
<style>{style}</style></head>
<body><header><h1>{title}</h1><p>{lead}</p></header>
<main>{body}</main>
<footer>Amounts are exact; forecasts are marked as expected. No money moves by this page: parties act on
their notices and instructions. Check the book: <code>tailrace verify {where}</code>. Walk any id or
document number back to its lines: <code>tailrace why {where} ID</code>.</footer>
<script>{script}</script></body></html>
"""
_STILL = '<p class="remark">No series broke by as much as matters.</p>'


def page(
    engine: Engine,
    summary: Summary,
    *,
    where: str,
    looked: Looked | None = None,
    sectors: Mapping[str, str] | None = None,
) -> str:
    """Return the page of a finished run; `where` is the folder its commands name.

    `looked` is what was looked at for changes; without it the page has no such section. `sectors`:
    of firms by id or name; without them firms are grouped by size.
    """
    asked = Questions(engine, summary.on)
    lead = (
        f"{sum(d.count for d in summary.documents):,} documents of {summary.firms:,} firms, "
        f"as of {summary.on:%d %B %Y}"
    )
    return _PAGE.format(
        title="Tailrace report",
        style=_asset("page.css") + clearing_sections.STYLE,
        script=_asset("page.js"),
        lead=escape(lead),
        where=escape(where),
        body="".join(_body(asked, summary, looked, sectors or {})),
    )


def _asset(name: str) -> str:
    return files("tailrace.report").joinpath(name).read_text("utf-8")


def _body(
    asked: Questions, summary: Summary, looked: Looked | None, sectors: Mapping[str, str]
) -> Iterator[str]:
    shown = [c for c in summary.currencies if c.debt_minor or c.cleared_minor]
    if len(shown) > 1:
        buttons = "".join(
            f'<button data-currency="{c.currency}" aria-pressed="{str(i == 0).lower()}">{c.currency}</button>'
            for i, c in enumerate(shown)
        )
        yield f'<div class="tabs" role="group" aria-label="Currency">{buttons}</div>'
    for i, c in enumerate(shown):
        hidden = "" if i == 0 else " hidden"
        drawn = "".join(_currency(asked, summary, c, sectors))
        yield f'<div data-part="{c.currency}"{hidden}>{drawn}</div>'
    yield _changes(looked)
    yield _chains(asked)
    yield _next(summary)
    for grid in asked.grids():
        yield _grid(grid)


def _currency(
    asked: Questions, summary: Summary, c: CurrencyFigures, sectors: Mapping[str, str]
) -> Iterator[str]:
    yield _tiles(summary, c)
    nodes, links = figures.flows(c)
    yield _section(
        "Where the debt goes",
        "Debt first clears against itself; only what remains is paid or financed in money.",
        f'<div class="scroll">{sankey(nodes, links, label="Unpaid debt by what becomes of it")}</div>',
    )
    for section in clearing_sections.sections(asked, c.currency, sectors):
        yield _section(*section)
    yield _ageing(asked, c)
    yield _verdicts(c)


def _tiles(summary: Summary, c: CurrencyFigures) -> str:
    tiles = "".join(
        f'<div class="tile"><span>{escape(name)}</span><b>{escape(figure)}</b><span>{escape(remark)}</span></div>'
        for name, figure, remark in figures.tiles(summary, c)
    )
    return f'<div class="tiles">{tiles}</div>'


def _section(title: str, hint: str, body: str) -> str:
    if not body:
        return ""
    return f'<section><h2>{escape(title)}</h2><p class="hint">{escape(hint)}</p>{body}</section>'


def _ageing(asked: Questions, c: CurrencyFigures) -> str:
    rows = []
    for name, after, cleared in asked.ageing(c.currency):
        due, off = text(after, c.currency), text(cleared, c.currency)
        parts = (("water", cleared, f"set off {off}"), ("debt", after, f"{due} due, {off} set off"))
        rows.append((name, parts))
    key = (
        '<div class="key"><span><i style="background:var(--water)"></i>set off without money</span>'
        '<span><i style="background:var(--debt)"></i>still due in money</span></div>'
    )
    drawn = bars(rows, label="Proven debt by days past due")
    return _section(
        "Ageing", "Proven debt by days past due.", f'<div class="scroll">{drawn}</div>{key}'
    )


def _verdicts(c: CurrencyFigures) -> str:
    tones = {"proven": "good", "partly": "warn", "unproven": "bad"}
    rows = []
    for v in c.verdicts:
        kind = "claimed" if v.name == "unproven" else "proven"
        told = f"{text(v.amount_minor, c.currency)} {kind}, {v.count:,} claims"
        rows.append((v.name, ((tones[v.name], v.amount_minor, told),)))
    drawn = bars(rows, label="Unpaid claims by verdict")
    hint = (
        "Unpaid claims. Proven: goods or services arrived by the word of the debtor or a third party, "
        "line by line, within what was ordered and agreed."
    )
    return _section("Verdicts", hint, f'<div class="scroll">{drawn}</div>')


def _chains(asked: Questions) -> str:
    made, told = asked.chains()
    hint = (
        "The chains behind some claims: most left to prove, held by grave findings, proven. Any "
        "other: tailrace why, with the invoice's number."
    )
    return _section("How claims are proven", hint, chains.section(made, told))


def _changes(looked: Looked | None) -> str:
    if looked is None:
        return ""
    rows, drawn = changes_section(looked.made, looked.made["firm"])
    notes = "".join(f"<li>{escape(row['what'])}</li>" for row in rows[:SHOWN_MAX])
    body = f'<div class="scroll">{drawn}</div><ul class="notes">{notes}</ul>' if rows else _STILL
    return _section("What changed", looked.hint(len(rows)), body)


def _next(summary: Summary) -> str:
    items = "".join(f"<li>{escape(step)}</li>" for step in summary.next)
    return _section("What to do next", "", f'<ol class="next">{items}</ol>' if items else "")


def _grid(grid: Grid) -> str:
    if not grid.rows:
        return ""
    number = [
        all(isinstance(r[i][1], int | float) for r in grid.rows) for i in range(len(grid.columns))
    ]
    heads = "".join(
        f'<th scope="col"{" class=number" if n else ""}>{escape(c)}</th>'
        for c, n in zip(grid.columns, number, strict=True)
    )
    body = "".join(f"<tr>{_cells(row, grid.columns, number)}</tr>" for row in grid.rows)
    total = len(grid.rows) + grid.more
    more = f" The first {len(grid.rows):,} are shown." if grid.more else ""
    return (
        f"<section><details><summary><h2>{escape(grid.title)} ({total:,})</h2></summary>"
        f'<p class="hint">{escape(grid.hint)}.{more}</p><div class="scroll"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></div></details></section>"
    )


def _cells(
    row: tuple[tuple[str, object], ...], columns: tuple[str, ...], number: list[bool]
) -> str:
    drawn = []
    for (shown, key), column, right in zip(row, columns, number, strict=True):
        if right:
            drawn.append(f'<td class="number" data-key="{key}">{escape(shown)}</td>')
        else:
            style = (
                "code"
                if column in ("id", "number", "end to end ref")
                else "wide"
                if len(shown) > 60
                else ""
            )
            drawn.append(f"<td{f' class={style}' if style else ''}>{escape(shown)}</td>")
    return "".join(drawn)


def on_words(day: date) -> str:
    """Return a day in words: 31 March 2026."""
    return f"{day:%d %B %Y}".lstrip("0")
