"""An event log from a file, counted: to `counted` and `case_state`, without a book.

A log in columns (CSV, Parquet) goes straight to the counting; XES and OCEL are read into `event`
rows first, as a run reads them, and so is a Parquet file that holds `event` rows already.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.errors import BadTerms, Fault, NotFound
from tailrace.engines.duckdb import open_engine
from tailrace.evidence.logs.count import counted
from tailrace.evidence.logs.narrow import columns_of, narrowed, with_cases
from tailrace.evidence.logs.rules import bare
from tailrace.evidence.steps import LOGS
from tailrace.records.tables import EVENT
from tailrace.street.rooms import SCHEMAS
from tailrace.street.rules import Rules

CURRENCY = "EUR"
_READ = ("event", "document", "party")
_TEXTS = ("case_ref", "activity", "currency", "partner", "category")


class Log:
    """A log as read: rows of `log_event`, or of the record kinds they are made of, and faults."""

    def __init__(self, rows: Mapping[str, pa.Table], faults: list[Fault]) -> None:
        self.rows, self.faults = rows, faults

    @property
    def until(self) -> date:
        """The day of the last event."""
        in_columns = self.rows.get("log_event")
        column = self.rows["event"]["happened_at"] if in_columns is None else in_columns["at"]
        last = pc.max(column).as_py()
        if last is None:
            why = self.faults[0].what if self.faults else "the log has no events"
            mend = self.faults[0].mend if self.faults else "name a log with events"
            raise BadTerms(why, where="log", mend=mend)
        return last.date()


def read_log(
    path: Path, rules: Rules, *, cases: Path | None = None, currency: str = CURRENCY
) -> Log:
    """Return the log in a file; `cases` is a table of what holds for each case, beside a CSV log.

    `currency` is that of amounts beside which the log names none. Raises `NotFound` where there is
    no such file and `BadTerms` where no columns of it are those of a log.
    """
    for file in (path, cases):
        if file is not None and not file.is_file():
            raise NotFound(
                "there is no such file", where=str(file), mend="name a log: XES, OCEL, CSV"
            )
    bare = path.name.lower().removesuffix(".gz")
    if bare.endswith(".parquet"):
        import pyarrow.parquet as pq

        names = pq.read_schema(path).names
        if {"event_id", "event_ref", "object_kind"} <= set(names):
            kept = [name for name in EVENT.names if name in names]
            found = columns_of(kept, rules.logs, str(path))
            wanted = {*found.values(), "known", "object_kind"}
            texts = ["object_kind", *(here for name, here in found.items() if name in _TEXTS)]
            event = pq.read_table(path, columns=sorted(wanted), read_dictionary=texts)
            if _single(event):
                return _narrow(event, found, currency, rules, path)
            return Log({"event": EVENT.cast(pq.read_table(path, columns=kept))}, [])
        found = columns_of(names, rules.logs, str(path))
        texts = [here for name, here in found.items() if name in _TEXTS]
        table = pq.read_table(path, columns=list(found.values()), read_dictionary=texts)
        return _narrow(table, found, currency, rules, path)
    if bare.endswith((".csv", ".tsv")):
        table = _csv(path)
        if cases is not None:
            beside = _csv(cases)
            key = columns_of_case(table, rules, path), columns_of_case(beside, rules, cases)
            table = with_cases(table, key[0], beside, key[1])
        found = columns_of(table.column_names, rules.logs, str(path))
        return _narrow(table, found, currency, rules, path)
    return _document(path, rules)


def _single(event: pa.Table) -> bool:
    """Whether every event touches one order item and nothing else: each item is a case then."""
    kinds = pc.unique(event["object_kind"]).to_pylist()
    alone = pc.count_distinct(event["event_id"]).as_py() == event.num_rows
    return kinds == ["order item"] and alone and bool(pc.all(event["known"]).as_py())


def _narrow(
    table: pa.Table, found: Mapping[str, str], currency: str, rules: Rules, path: Path
) -> Log:
    rows, faults = narrowed(table, found, currency, rules.logs, path.name)
    return Log({"log_event": rows}, faults)


def columns_of_case(table: pa.Table, rules: Rules, path: Path) -> str:
    """Return the column of a table that names the case."""
    known = rules.logs.columns["case_ref"]
    meant = {bare(name) for name in known}
    for name in table.column_names:
        if bare(name) in meant:
            return str(name)
    mend = f"name it one of {', '.join(known)}"
    raise BadTerms("no column names the case", where=str(path), mend=mend)


def _csv(path: Path) -> pa.Table:
    """Return a CSV file with every column as text: what it means is declared, not guessed."""
    import pyarrow.csv as pcsv

    packing = "gzip" if path.name.lower().endswith(".gz") else None
    delimiter = "\t" if ".tsv" in path.name.lower() else ","
    parse = pcsv.ParseOptions(delimiter=delimiter, newlines_in_values=True)
    try:
        with pa.input_stream(path, compression=packing) as file:
            header = file.read(1 << 16).split(b"\n", 1)[0].decode("utf-8-sig")
        names = next(csv.reader([header.rstrip("\r")], delimiter=delimiter), [])
        texts = pcsv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=True,
            null_values=[""],
        )
        with pa.input_stream(path, compression=packing) as file:
            return pcsv.read_csv(file, parse_options=parse, convert_options=texts)
    except (pa.ArrowInvalid, UnicodeDecodeError) as why:
        mend = "give it as UTF-8 with a header and the same cells in every row"
        raise BadTerms(f"cannot be read as CSV: {why}", where=str(path), mend=mend) from None


def _document(path: Path, rules: Rules) -> Log:
    """Return a log that a format of documents reads: XES, OCEL."""
    import gzip

    from tailrace.formats.registry import read_file

    content = path.read_bytes()
    if content.startswith(b"\x1f\x8b"):
        with gzip.open(path) as file:
            content = file.read(rules.records.bytes_max + 1)
    _, rows = read_file(content, path.name.removesuffix(".gz"), rules.records, ())
    tables = {kind: SCHEMAS[kind].rows(rows.tables.get(kind, ())) for kind in _READ}
    return Log(tables, rows.faults)


def count_log(log: Log, on: date, rules: Rules) -> Mapping[str, pa.Table]:
    """Return `counted` and `case_state` of a log as of a day."""
    if "log_event" in log.rows:
        return counted(log.rows["log_event"], on=on, logs=rules.logs)
    engine = open_engine(SCHEMAS)
    for kind in _READ:
        engine.put(kind, log.rows.get(kind, SCHEMAS[kind].empty()))
    named = rules.named(on=on, accept="none")
    for step in LOGS:
        engine.run(step, **named)
    return {kind: engine.get(kind) for kind in LOGS[-1].writes}
