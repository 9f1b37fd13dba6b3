"""One UBL document on its way to rows: its ids, its currency, its parties, the rows made so far.

Source: OASIS UBL 2.1 common library; EN 16931-1 BT-5, BG-4, BG-7, BG-10.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tailrace.base.errors import BadTerms
from tailrace.base.money import EXPONENTS
from tailrace.formats.kinds import amount
from tailrace.formats.mapping import POSITION, Record
from tailrace.formats.parties import Pair, Parties, bare, joined, scheme_of
from tailrace.formats.rows import Rows
from tailrace.formats.ubl_answers import kind_of
from tailrace.formats.xml import Walked
from tailrace.records.ids import document_id

CREDIT_TYPES = frozenset({"381", "396", "261", "262", "296", "308", "81", "83", "532"})
TOTALS = (
    "line_total", "allowance_total", "charge_total", "tax_exclusive", "tax_inclusive", "prepaid",
    "rounding", "payable",
)  # fmt: skip


class Reader:
    """One document on its way to rows: its ids, its currency, and the rows made so far."""

    def __init__(self, walked: Walked, kind: str) -> None:
        self.raw, self.trouble = walked.record, walked.trouble
        self.source_id = walked.trouble.source
        self.position: int = self.raw[POSITION]
        self.document_id = document_id(self.source_id, self.position)
        if kind == "invoice" and self.raw.get("type_code") in CREDIT_TYPES:
            kind = "credit_note"
        self.kind = kind_of(self.raw) if kind == "response" else kind
        self.currency = self._currency()
        self.parties = Parties(self.source_id)
        self.rows = Rows()

    def where(self, position: int) -> dict[str, Any]:
        return {"source_id": self.source_id, "position": position}

    def _currency(self) -> str | None:
        """Return the document's currency: as declared, else that of its first amount."""
        raw = self.raw
        said = raw.get("currency")
        if said is not None:
            if said in EXPONENTS:
                return str(said)
            mend = "use a three-letter ISO 4217 code, as EUR or JPY"
            self.trouble.note(f"unknown currency {said!r}", mend, self.position)
            return None
        places = [raw, *raw.get("lines", ()), *raw.get("taxes", ())]
        for record in places:
            for column in (*reversed(TOTALS), "net", "debit", "credit", "tax_total"):
                found = record.get(column)
                if found and found[1]:
                    return str(found[1])
        return None

    def money(self, record: Record, column: str) -> int | None:
        """Return an amount of a record in minor units of the document's currency.

        An amount in another currency, or without any, has no column here: null, and a fault.
        """
        value = record.get(column)
        if value is None:
            return None
        minor_units, code, _ = value
        if code == self.currency and code is not None:
            return int(minor_units)
        position = record[POSITION]
        if code is not None:
            what = f"{column} is in {code}, the document in {self.currency or 'no known currency'}"
            mend = "say all amounts of a document in its DocumentCurrencyCode"
            self.trouble.note(what, mend, position)
            return None
        try:  # without currencyID the document's own is the default: UBL DocumentCurrencyCode
            if self.currency is None:
                raise BadTerms(f"{column} has no currency", where="", mend="say its currencyID")
            return amount(minor_units.strip(), self.currency)[0]
        except BadTerms as why:
            self.trouble.note(f"{column}: {why.what}", why.mend, position)
            return None

    def party(self, raw: Record | None, extra: list[Pair] | None = None) -> str | None:
        """Return the id of a party as a document describes it."""
        if not raw:
            return None
        pairs, legal_name = _identifiers(raw)
        return self.parties.add(
            pairs + (extra or []),
            name=raw.get("name"),
            legal_name=legal_name,
            country=raw.get("country"),
            address=address_of(raw),
            position=raw[POSITION],
        )


def address_of(raw: Record) -> str | None:
    """Return a postal address in one line."""
    street = " ".join(part for part in (raw.get("street"), raw.get("house")) if part)
    place = " ".join(part for part in (raw.get("zone"), raw.get("town")) if part)
    lines = [line for line in raw.get("lines", ()) if line]
    return joined([raw.get("building"), street, raw.get("street2"), *lines, place])


def _identifiers(raw: Record) -> tuple[list[Pair], str | None]:
    """Return the numbers a party is known by, and its registered name."""
    pairs: list[Pair] = []
    legal_name = None
    for legal in raw.get("legal", ()):
        legal_name = legal_name or legal.get("legal_name")
        value = legal.get("value")
        if value:
            scheme = scheme_of(legal.get("scheme"))
            pairs.append((scheme if scheme in ("0199", "0088", "0060") else "REG", bare(value)))
    for tax in raw.get("taxes", ()):
        legal_name = legal_name or tax.get("legal_name")
        value = tax.get("value")
        if value:
            spoken = f"{tax.get('scheme', '')} {tax.get('type', '')}".upper()
            pairs.append(("VAT" if "VAT" in spoken.split() else "TAX", bare(value)))
    for number in raw.get("numbers", ()):
        if number.get("value"):
            pairs.append((scheme_of(number.get("scheme")), bare(number["value"])))
    if raw.get("endpoint"):
        eas = raw.get("endpoint_scheme")
        pairs.append((f"ENDPOINT:{eas}" if eas else "ENDPOINT", bare(raw["endpoint"])))
    if raw.get("customer"):
        pairs.append(("CUSTOMER", bare(raw["customer"])))
    if raw.get("email"):
        pairs.append(("EMAIL", bare(raw["email"])))
    return pairs, legal_name


def first(records: Iterable[Record], column: str) -> Any:
    """Return the first value of a column that any of the records says."""
    for record in records:
        if record.get(column) is not None:
            return record[column]
    return None
