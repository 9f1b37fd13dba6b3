"""What leaves the house: the report, notices, instructions, remittance advices and books, as files.

Everything here is derived from the book and may be laid out again at will. Each file is written
beside its place and moved there, so that a reader never sees half of one.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa

from tailrace.base.errors import BadTerms
from tailrace.base.ports import Engine
from tailrace.base.sepa import sepa
from tailrace.formats import pain001
from tailrace.formats.table_values import escape_formula
from tailrace.ledger.beancount import beancount
from tailrace.ledger.hledger import hledger
from tailrace.network import notice_rows, notice_text
from tailrace.network.book_letters import letter_of_rows
from tailrace.network.notices import invoices_sql
from tailrace.report.changes import Looked
from tailrace.report.notice import SENDER, notice_document, notice_page
from tailrace.report.page import page
from tailrace.settlement.remittance import known, payment_advices, set_off_advices
from tailrace.street.summary import Summary

PARTIES_MAX = 2_000  # beyond this, one file for each party is no help to a person: tables only
SET_OFFS_MAX = 20_000  # beyond this the notices' table tells them
BOOKS_MAX = 500_000  # transfers; beyond this `tailrace books` writes one firm's book at a time


def lay_out(
    engine: Engine,
    summary: Summary,
    out: Path,
    *,
    where: str,
    sender: str = SENDER,
    looked: Looked | None = None,
    sectors: Mapping[str, str] | None = None,
) -> Path:
    """Write the files of a finished run below `out`; return the report's path.

    sender: in whose name notices go out; looked: what was looked at for changes, where somebody
    asked since a day; sectors: of firms by id or name, as the rules tell them.

    Raises `BadTerms` where the folder cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        report = out / "report.html"
        _write(report, page(engine, summary, where=where, looked=looked, sectors=sectors).encode())
        names = names_of(engine)
        _notices(engine, names, sender, out / "notices")
        _instructions(engine, summary, names, out / "instructions")
        _remittances(engine, summary, out / "remittances")
        _books(engine, names, out / "books")
    except OSError as why:
        mend = "free some room, or name a folder you may write to: --out DIR"
        raise BadTerms(f"cannot write: {why}", where=str(out), mend=mend) from None
    return report


def names_of(engine: Engine) -> dict[str, str]:
    """Return each firm's name by its id."""
    rows = engine.sql("select distinct firm_id, name from firm").to_pylist()
    return {row["firm_id"]: row["name"] for row in rows}


def _notices(engine: Engine, names: dict[str, str], sender: str, folder: Path) -> None:
    """A text, a page and a UBL document for each party and clearing, and one table of all."""
    notices = engine.get("notice").to_pylist()
    set_offs = defaultdict(list)
    for row in engine.get("set_off").to_pylist():
        for firm in {row["debtor_id"], row["creditor_id"]}:
            set_offs[row["clearing_id"], firm].append(row)
    called = (
        engine.sql(invoices_sql()) if notices else pa.table({"obligation_id": [], "number": []})
    )
    invoices = dict(zip(*(column.to_pylist() for column in called.columns), strict=True))
    table: list[Mapping[str, Any]] = []
    texts = len(notices) <= PARTIES_MAX
    cycles = _cycles_by_firm(engine) if texts else {}
    debts = _debts_by_firm(engine) if texts else {}
    with _fresh(folder) as place:
        for notice in notices:
            key = notice["clearing_id"], notice["firm_id"]
            table += notice_rows(notice, set_offs[key], names, invoices)
            if texts:
                name = f"{_file(names.get(notice['firm_id'], ''))}-{notice['notice_id'][:8]}"
                rows = set_offs[key], cycles.get(key, []), names, invoices
                text = notice_text(notice, *rows, sender=sender)
                (place / f"{name}.txt").write_text(text, "utf-8")
                letter = letter_of_rows(notice, debts[key], *rows)
                (place / f"{name}.html").write_text(notice_page(letter, sender=sender), "utf-8")
                number = f"TR-{notice['notice_id'][:16].upper()}"
                document = notice_document(letter, sender=sender, number=number)
                (place / f"{name}.xml").write_bytes(document)
        if table:
            (place / "notices.csv").write_text(_csv(table), "utf-8")


def _debts_by_firm(engine: Engine) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Return the debts each clearing saw, by it and both parties."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in engine.get("debt").to_pylist():
        for firm in {row["debtor_id"], row["creditor_id"]}:
            found[row["clearing_id"], firm].append(row)
    return found


def _cycles_by_firm(engine: Engine) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Return whole cycles by clearing and the firms that stand in them."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    rows = engine.get("cycle").to_pylist()
    for _, same in groupby(rows, key=lambda r: r["cycle_id"]):
        ring = list(same)
        for row in ring:
            found[row["clearing_id"], row["debtor_id"]] += ring
    return found


def _instructions(engine: Engine, summary: Summary, names: dict[str, str], folder: Path) -> None:
    """One pain.001 for each payer and currency, and one table of all."""
    rows = engine.get("instruction").to_pylist()
    with _fresh(folder) as place:
        if rows:
            told = [
                {
                    **row,
                    "payer": names.get(row["payer_id"], row["payer_id"]),
                    "payee": names.get(row["payee_id"], row["payee_id"]),
                }
                for row in rows
            ]
            (place / "instructions.csv").write_text(_csv(told), "utf-8")
        for name, content in pain001.files(rows, names, on=summary.on):
            (place / f"{name}.xml").write_bytes(content)


def _remittances(engine: Engine, summary: Summary, folder: Path) -> None:
    """UBL RemittanceAdvices: of what is instructed, and of what this day's clearing set off."""
    about = known(engine.get("firm"), engine.get("party_identifier"), engine.get("claim"))
    set_offs = engine.sql(f"""
        select s.* from set_off s join clearing c using (clearing_id)
        where c."on" = date '{summary.on}'""").to_pylist()
    with _fresh(folder) as place:
        for number, content in payment_advices(
            engine.get("instruction").to_pylist(), about, on=summary.on
        ):
            (place / f"{number}.xml").write_bytes(content)
        if len(set_offs) <= SET_OFFS_MAX:
            for number, content in set_off_advices(set_offs, about, on=summary.on):
                (place / f"{number}.xml").write_bytes(content)


def _books(engine: Engine, names: dict[str, str], folder: Path) -> None:
    """All firms' money in one beancount and one hledger file."""
    transfers = engine.get("transfer")
    with _fresh(folder) as place:
        if transfers.num_rows <= BOOKS_MAX:
            write_books(transfers, names, place)


def write_books(
    transfers: pa.Table, names: dict[str, str], place: Path, *, firm: str | None = None
) -> list[Path]:
    """Write the books of one firm or of all as beancount and hledger; return the paths."""
    paths = [place / "books.beancount", place / "books.journal"]
    for path, writer in zip(paths, (beancount, hledger), strict=True):
        with path.open("w", encoding="utf-8") as file:
            file.writelines(writer(transfers, names, firm=firm))
    return paths


class _fresh:  # noqa: N801 - used as a verb
    """A folder filled beside its place and then put there whole."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.beside = folder, folder.with_name(f".{folder.name}.new")

    def __enter__(self) -> Path:
        shutil.rmtree(self.beside, ignore_errors=True)
        self.beside.mkdir(parents=True)
        return self.beside

    def __exit__(self, kind: Any, *_: object) -> None:
        if kind is None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.beside.rename(self.folder)
        else:
            shutil.rmtree(self.beside, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(content)
    beside.replace(path)


def _file(name: str) -> str:
    """Return a firm's name as part of a file's name."""
    return "".join(c if c.isalnum() else "-" for c in sepa(name).lower()).strip("-")[:40] or "firm"


def _csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return rows as CSV for people: text that a spreadsheet would take for a formula is escaped."""
    sink = io.StringIO()
    rows = list(rows)
    writer = csv.DictWriter(sink, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(_safe(rows))
    return sink.getvalue()


def _safe(rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield {k: escape_formula(v) if isinstance(v, str) else v for k, v in row.items()}
