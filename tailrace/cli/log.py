"""`tailrace log`: what an event log proves, by count."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import click

from tailrace.cli.common import json_option, on_option

if TYPE_CHECKING:
    import pyarrow as pa

_CASES = (
    ("receipt_invoice_clearing", "receipt, invoice and clearing entered"),
    ("one_of_each", "exactly one of each"),
    ("same_number", "as many standing receipts as invoices"),
    ("settled", "state settled: as many clearings as standing invoices"),
    ("open", "state open: fewer clearings than standing invoices"),
    ("accrued", "state accrued: received, no invoice stands"),
    ("neither", "state neither: no receipt and no invoice stands"),
    ("invoice_without_receipt", "an invoice stands, no receipt does"),
    ("block_set", "payment block set at some time"),
    ("block_removed", "payment block removed at some time"),
    ("blocked", "payment blocked on the day"),
    ("cancelled_or_debit_memo", "a cancellation or a debit memo"),
    ("price_or_quantity_changed", "price or quantity changed"),
    ("invoice_before_order", "vendor's invoice dated before the order"),
    ("payment_repeated", "one payment executed more than once"),
)
_OBLIGATIONS = (
    ("reversed", "obligations", "reversed"),
    ("proven", "standing", "proven"),
    ("receipt_before_invoice", "standing", "  by a receipt before the invoice"),
    ("receipt_after_invoice", "standing", "  by a receipt after it"),
    ("unproven", "standing", "unproven"),
    ("cleared", "standing", "cleared"),
    ("blocked", "standing", "blocked on the day"),
)


@click.command("log")
@click.argument("path", metavar="LOG|DIR|BOOK")
@click.option("--cases", metavar="FILE", help="CSV of what holds for each case, beside a CSV log")
@click.option("--currency", default="EUR", help="of amounts that name none", show_default=True)
@click.option("--to", metavar="FILE", help="write the obligations as Parquet")
@on_option
@json_option
def command(
    path: str, cases: str | None, currency: str, to: str | None, on: date | None, as_json: bool
) -> None:
    """Say what an event log proves by count: the state of its cases, an obligation an invoice."""
    from tailrace.cli.common import print_json
    from tailrace.evidence.logs.shares import case_shares, obligation_shares

    day, made, faults = _counted(path, cases, currency, on)
    states, obligations = made["case_state"], made["counted"]
    if to:
        import pyarrow.parquet as pq

        pq.write_table(obligations, to, compression="zstd")
    told: dict[str, Any] = {
        "on": day,
        "cases": case_shares(states),
        "obligations": obligation_shares(obligations),
        "categories": _by_category(states, obligations),
        "faults": [f"{f.what} ({f.where})" for f in faults],
    }
    if as_json:
        print_json(told)
    else:
        _print(told)
    if faults:
        raise click.exceptions.Exit(1)


def _counted(
    path: str, cases: str | None, currency: str, on: date | None
) -> tuple[date, Any, list[Any]]:
    """Return the day, the tables and the faults of a log file, or of the events of a book."""
    from pathlib import Path

    from tailrace.street.logs import count_log, read_log
    from tailrace.street.rules import of_folder

    where = Path(path)
    if "://" in path or where.is_dir() or where.suffix == ".db":
        from tailrace.cli.common import look, open_at
        from tailrace.street.loop import derive

        with open_at(path) as book:
            day, rules = look(book, path, on)
            engine = derive(book, ("counted", "case_state"), on=day, rules=rules)
            return day, {kind: engine.get(kind) for kind in ("counted", "case_state")}, []
    rules = of_folder(where.parent)
    log = read_log(where, rules, cases=Path(cases) if cases else None, currency=currency)
    day = on or log.until
    return day, count_log(log, day, rules), log.faults


def _by_category(states: pa.Table, obligations: pa.Table) -> dict[str, Any]:
    """Return the figures of each matching category the log names, by name."""
    import pyarrow.compute as pc

    from tailrace.evidence.logs.shares import case_shares, obligation_shares

    found = {}
    for name in sorted(n for n in pc.unique(states["category"]).to_pylist() if n is not None):
        some = states.filter(pc.equal(states["category"], name))
        mine = pc.is_in(obligations["case_ref"], some["case_ref"].combine_chunks())
        figures = {
            "cases": case_shares(some),
            "obligations": obligation_shares(obligations.filter(mine)),
        }
        found[name] = figures
    return found


def _print(told: dict[str, Any]) -> None:
    cases, owed = told["cases"], told["obligations"]
    head = f"{cases['events']:,} events, {cases['cases']:,} cases, {cases['partners']:,} partners"
    click.echo(f"{head}; as of {told['on']}")
    if cases["events_outside"]:
        click.echo(f"{cases['events_outside']:,} events lie outside the log's span: kept, flagged")
    for key, words in _CASES:
        of = cases["invoiced"] if key == "invoice_before_order" else cases["cases"]
        click.echo(f"  {cases[key]:>9,}  {_share(cases[key], of)}  {words}")
    click.echo(f"{owed['obligations']:,} obligations, one for each invoice receipt")
    for key, of, words in _OBLIGATIONS:
        click.echo(f"  {owed[key]:>9,}  {_share(owed[key], owed[of])}  {words}")
    if owed["days_p05_p50_p95"]:
        low, middle, high = owed["days_p05_p50_p95"]
        click.echo(f"  invoice to clearing: median {middle} days, 5-95 % {low}-{high}")
    click.echo(f"{cases['receipts_unbilled']:,} receipts back no invoice yet")
    for name, figures in told["categories"].items():
        mine = figures["obligations"]
        proven = _share(mine["proven"], mine["standing"])
        n = figures["cases"]["cases"]
        click.echo(f"  {name}: {n:,} cases, {mine['standing']:,} obligations, {proven} proven")
    for what in told["faults"][:20]:
        click.echo(f"fault: {what}", err=True)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:>6.1%}" if whole else "     -"
