"""The Fault of a table file nobody declared: it prints a mapping to start from.

Columns whose names are common are proposed a field; the others stand as comments. It is a proposal
for a person to check, never used by itself.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence

from tailrace.base.errors import Fault
from tailrace.formats.table_mapping import SUFFIX

_COMMA = re.compile(r"[0-9]+(?:\.[0-9]{3})*,[0-9]{1,2}")
_GERMAN_DAY = re.compile(r"[0-9]{2}\.[0-9]{2}\.[0-9]{4}")
# Words people head their columns with, and the field they most likely mean.
PROPOSED: tuple[tuple[str, str], ...] = (
    (
        r"(invoice|document|receipt|order|doc)?[ _-]*(number|no|nr|id)\.?|invoice|beleg(nr)?",
        "number",
    ),
    (r"(invoice|issue|document|order|receipt)?[ _-]*(date|day|datum)|issued(_on)?", "issued_on"),
    (r"(due|payment)[ _-]*(date|day|on)|fällig(keit)?", "due_on"),
    (r"currency|ccy|währung", "currency"),
    (r"(total|gross|payable)?[ _-]*(amount|total)|betrag|payable", "payable"),
    (r"supplier|vendor|seller|creditor|lieferant", "seller.name"),
    (r"customer|buyer|client|kunde", "buyer.name"),
    (r"(supplier|vendor|seller)[ _-]*vat.*", "seller.VAT"),
    (r"(customer|buyer)[ _-]*vat.*", "buyer.VAT"),
    (r"iban", "payee_account"),
    (r"(po|purchase[ _-]*order|order)[ _-]*(ref|reference|number|no)", "order.number"),
    (r"(line|pos|position|item)[ _-]*(no|nr|number)?", "line.line_ref"),
    (r"article|material|sku|product|item[ _-]*(id|ref)", "line.item_ref"),
    (r"description|text|bezeichnung", "line.item_name"),
    (r"qty|quantity|menge", "line.quantity"),
    (r"unit|uom|einheit", "line.unit"),
    (r"(unit[ _-]*)?price|preis", "line.price"),
    (r"(line[ _-]*)?net([ _-]*amount)?", "line.net"),
)


def unmapped(sample: Sequence[str], name: str) -> Fault:
    """Return the Fault of a CSV file without a mapping, from its first lines."""
    header = sample[0] if sample else ""
    counts = {mark: header.count(mark) for mark in ",;\t|"}
    delimiter = max(counts, key=lambda mark: counts[mark])
    try:
        rows = list(csv.reader(sample, delimiter=delimiter))
    except csv.Error:
        rows = [[header]]
    return without_mapping(rows, name, {"delimiter": delimiter} if delimiter != "," else {})


def without_mapping(rows: Sequence[Sequence[str]], name: str, spelled: dict[str, str]) -> Fault:
    """Return the Fault of a table without a mapping; its first row names the columns."""
    mend = f"put this beside it as {_stem(name)}{SUFFIX} and correct it:\n"
    return Fault(
        what="no mapping is declared for this table",
        where=name,
        mend=mend + skeleton(rows, name, spelled),
    )


def skeleton(rows: Sequence[Sequence[str]], name: str, spelled: dict[str, str]) -> str:
    """Return a mapping for a table of these rows, ready to be corrected."""
    header = [cell.strip() for cell in rows[0]] if rows else []
    cells = [cell for row in rows[1:] for cell in row]
    if any(_COMMA.fullmatch(cell.strip()) for cell in cells):
        spelled = {**spelled, "decimal": ",", "thousands": "."}
    if any(_GERMAN_DAY.fullmatch(cell.strip()) for cell in cells):
        spelled = {**spelled, "date": "%d.%m.%Y"}
    lines = ["[[file]]", f"pattern = {quoted(name.rsplit('/', 1)[-1].removesuffix('.gz'))}"]
    lines.append('kind = "invoice"  # or order, despatch, receipt, credit_note, payment')
    lines += [f"{key} = {quoted(value)}" for key, value in spelled.items()]
    taken: set[str] = set()
    columns = [_column(column, taken) for column in dict.fromkeys(header) if column]
    lines += ["[file.constants]"]
    if "currency" not in taken:
        lines.append('currency = "EUR"')
    for field in ("number", "issued_on"):
        if field not in taken:
            columns.append(f'# "..." = "{field}"  # must be said')
    return "\n".join([*lines, "[file.columns]", *columns])


def _column(column: str, taken: set[str]) -> str:
    """Return a column's line: with the field it most likely is, else as a comment."""
    for pattern, field in PROPOSED:
        if field not in taken and re.fullmatch(pattern, column.strip(), re.IGNORECASE):
            taken.add(field)
            return f"{quoted(column)} = {quoted(field)}"
    return f'# {quoted(column)} = "note"'


def quoted(text: str) -> str:
    """Return a TOML basic string (a JSON string is one, but for DEL)."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _stem(name: str) -> str:
    return name.rsplit("/", 1)[-1].removesuffix(".gz").rsplit(".", 1)[0]
