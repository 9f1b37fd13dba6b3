"""Papers laid by hand: rows of the record tables, each document in a file of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa
from msgspec import Struct, structs

from tailrace.base.ids import digest_id
from tailrace.records.ids import document_id, line_id, payment_id
from tailrace.records.tables import RECORDS, SOURCE

UBL, CSV, CAMT = "ubl", "csv", "camt053"
SUFFIX = {UBL: "xml", CSV: "csv", CAMT: "xml"}
OF_BUYER = ("order", "receipt", "acceptance", "timesheet", "response")
COUNTED = ("timesheet", "acceptance")  # no UBL document counts hours, so these are tables
READINGS = "reading/readings.csv"
Row = dict[str, Any]


class Firm(Struct, frozen=True, kw_only=True):
    """A firm as papers name it."""

    vat: str
    party: str
    owner: str
    account: str
    iban: str
    name: str = ""


class Good(Struct, frozen=True, kw_only=True):
    """Goods or work of one line: whole units at a price in minor units for `per` of them."""

    item: str
    name: str
    quantity: int
    price: int
    unit: str = "EA"
    per: int = 1

    def times(self, quantity: Decimal, price: Decimal = Decimal(1)) -> Good:
        """Return the goods with quantity and price multiplied, in whole units and at least one."""
        count = max(int(self.quantity * quantity), 1)
        return structs.replace(self, quantity=count, price=int(self.price * price))

    def worth(self, net: int) -> Good:
        """Return as many of the goods as come nearest to an amount from below, at least one."""
        return structs.replace(self, quantity=max(net * self.per // self.price, 1))

    @property
    def net(self) -> int:
        """The line amount in minor units."""
        return self.quantity * self.price // self.per


class Papers:
    """Rows laid in the record tables, beside honest ones that stand there already."""

    def __init__(self, source: str, honest: Mapping[str, pa.Table]) -> None:
        self.source = source
        self.honest = honest
        self.laid: dict[str, list[Row]] = {s.kind: [] for s in (*RECORDS, SOURCE)}
        self._files: dict[str, str] = {}  # the source of each document laid

    def paper(
        self,
        kind: str,
        number: str,
        day: date,
        seller: Firm,
        buyer: Firm,
        *,
        form: str | None = None,
        **said: Any,
    ) -> str:
        """Lay a document in a file of its own; return its id. `form` is the file's format.

        Where none is said it is UBL, or a table where UBL could not say who wrote it or what it counts.
        """
        document = document_id(self.source, len(self.laid["document"]))
        row: Row = {
            "kind": kind,
            "number": number,
            "issued_on": day,
            "issuer_id": buyer.party if kind in OF_BUYER else seller.party,
            "seller_id": seller.party,
            "buyer_id": buyer.party,
        }
        row |= said
        foreign = kind == "receipt" and row["issuer_id"] != row["buyer_id"]
        self._file(document, kind, number, form or (CSV if foreign or kind in COUNTED else UBL))
        self._row("document", document, document_id=document, **row)
        return document

    def line(
        self, document: str, good: Good, *, order: str | None, at: int = 1, **said: Any
    ) -> str:
        """Lay a line of a document, and its reference to the order line it belongs to."""
        line = line_id(document, len(self.laid["line"]))
        named = {"order_ref": order, "order_line_ref": str(at)} if order else {}
        row: Row = {
            "line_ref": str(at),
            "item_ref": good.item,
            "item_name": good.name,
            "quantity": Decimal(good.quantity),
            "unit": good.unit,
            **named,
            **said,
        }
        self._row("line", document, line_id=line, document_id=document, **row)
        if order:
            self.refer(document, "order", order, line=line, to_line=str(at))
        return line

    def refer(self, document: str, kind: str, number: str, **said: Any) -> None:
        """Lay a reference of a document, or of one of its lines, to another document."""
        line = said.pop("line", None)
        row = {"document_id": document, "line_id": line, "to_kind": kind, "to_number": number}
        self._row("reference", document, **row, **said)

    def pay(
        self, payer: Firm, payee: Firm, amount: int, text: str, day: date, *, ref: str | None = None
    ) -> str:
        """Lay a payment as the payee's bank tells it; return its end-to-end reference."""
        place = len(self.laid["payment"])
        ref = ref or f"DRILL-E{place:05}"
        days = {"booked_on": day, "value_on": day}
        statement = self._statement(f"DRILL-S{place:05}", day)
        self._entry(statement, payee.iban, payee, entry="entry", amount_minor=amount, **days)
        self._row(
            "payment",
            statement,
            payment_id=payment_id(self.source, place),
            document_id=statement,
            told_by="bank",
            direction="credit",
            reversal=False,
            amount_minor=amount,
            currency="EUR",
            debtor_id=payer.account,
            creditor_id=payee.owner,
            debtor_account=payer.iban,
            creditor_account=payee.iban,
            end_to_end_ref=ref,
            remittance_text=text,
            **days,
        )
        return ref

    def bank(self, firm: Firm, account: str, day: date) -> None:
        """Let a bank tell an account of a firm: a statement that opens it with nothing."""
        statement = self._statement(f"DRILL-O{len(self.laid['statement_entry']):05}", day)
        self._entry(statement, account, firm, entry="opening", amount_minor=0, booked_on=day)

    def read(self, meter: str, reader: Firm, day: date, value: int) -> None:
        """Lay what a meter's running total showed at the beginning of a day."""
        place = len(self.laid["reading"])
        self._files.setdefault(READINGS, self.source)
        self._row(
            "reading",
            READINGS,
            reading_id=digest_id("reading", self.source, place),
            meter_ref=meter,
            to_at=datetime.combine(day, time(), UTC),
            value=Decimal(value),
            unit="KWH",
            quality="measured",
            cumulative=True,
            reader_id=reader.party,
        )

    def again(self, document: str) -> str:
        """Hand the file of a document in once more under another name; return the first name."""
        source = self._files[document]
        told = next(row for row in self.laid["source"] if row["source_id"] == source)
        self.laid["source"].append(
            {**told, "name": f"{told['name']}.copy.{SUFFIX[told['format']]}"}
        )
        return str(told["name"])

    def tables(self) -> dict[str, pa.Table]:
        """Return the record tables: the honest rows, then what was laid."""
        made = {}
        for schema in (*RECORDS, SOURCE):
            rows = schema.rows(self.laid[schema.kind])
            old = self.honest.get(schema.kind)
            made[schema.kind] = pa.concat_tables([schema.cast(old), rows]) if old else rows
        return made

    def _statement(self, number: str, day: date) -> str:
        document = document_id(self.source, len(self.laid["document"]))
        row = {"kind": "statement", "number": number, "issued_on": day, "currency": "EUR"}
        self._file(document, "statement", number, CAMT)
        self._row("document", document, document_id=document, **row)
        return document

    def _entry(self, statement: str, account: str, owner: Firm, **row: Any) -> None:
        self._row(
            "statement_entry",
            statement,
            statement_entry_id=digest_id("entry", self.source, len(self.laid["statement_entry"])),
            document_id=statement,
            account=account,
            owner_id=owner.owner,
            currency="EUR",
            reversal=False,
            **row,
        )

    def _file(self, document: str, kind: str, number: str, form: str) -> None:
        """Note the file of a document: its source, its name below `records/` and its format."""
        source = digest_id("drill file", document)
        self._files[document] = source
        name = f"{kind}/D{len(self.laid['source']):05}-{plain(number)}.{SUFFIX[form]}"
        row = {"format": form, "size": 0, "documents": 1, "faults": 0}
        self.laid["source"].append({"source_id": source, "name": name, **row})

    def _row(self, kind: str, file: str | None, /, **row: Any) -> None:
        source = self._files[file] if file else self.source
        self.laid[kind].append({"source_id": source, "position": len(self.laid[kind]), **row})


def plain(number: str) -> str:
    """Return a document's number as a file may be called."""
    return re.sub(r"[^0-9A-Za-z.]+", "-", number)
