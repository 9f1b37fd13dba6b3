"""What the tests of XML formats share: a small invoice, what rows tell, and made documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tailrace.base.ids import digest_id
from tailrace.formats.rows import Rows
from tailrace.records.ids import party_id

UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
# Where a row was found, and ids made of that, are no business values.
_PLACES = {"source_id", "position", "line_id", "document_id", "payment_id", "statement_entry_id"}


def invoice(
    payable: str = "801.78", *, more: str = "", prolog: str = '<?xml version="1.0"?>\n'
) -> bytes:
    """Return a small invoice with one line; `payable` goes into PayableAmount as it is."""
    return f"""{prolog}<Invoice xmlns="{UBL}Invoice-2"
  xmlns:cac="{UBL}CommonAggregateComponents-2"
  xmlns:cbc="{UBL}CommonBasicComponents-2"
  xmlns:ext="{UBL}CommonExtensionComponents-2">
  <cbc:ID>R-1</cbc:ID>
  <cbc:IssueDate>2026-03-12</cbc:IssueDate>
  <cbc:DocumentCurrencyCode>NOK</cbc:DocumentCurrencyCode>
  <cac:AccountingSupplierParty>
    <cac:Party><cac:PartyName><cbc:Name>Ærlig Kjede</cbc:Name></cac:PartyName></cac:Party>
  </cac:AccountingSupplierParty>
  <cac:LegalMonetaryTotal>
    <cbc:LineExtensionAmount currencyID="NOK">801.78</cbc:LineExtensionAmount>
    <cbc:PayableAmount currencyID="NOK">{payable}</cbc:PayableAmount>
  </cac:LegalMonetaryTotal>
  {more}
  <cac:InvoiceLine>
    <cbc:ID>1</cbc:ID>
    <cbc:InvoicedQuantity unitCode="EA">1</cbc:InvoicedQuantity>
    <cbc:LineExtensionAmount currencyID="NOK">801.78</cbc:LineExtensionAmount>
    <cac:Item><cbc:Name>Kjede</cbc:Name></cac:Item>
  </cac:InvoiceLine>
</Invoice>
""".encode()


def told(rows: Rows) -> dict[str, Counter[tuple[tuple[str, str], ...]]]:
    """Return the business values of rows, whatever their order; a line is named by its number."""
    lines = {row["line_id"]: row["line_ref"] for row in rows.tables.get("line", ())}
    found = {}
    for kind, some in rows.tables.items():
        if some:
            found[kind] = Counter(_told(row, lines) for row in some)
    return found


def _told(row: Mapping[str, Any], lines: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    said = {k: _spelled(v) for k, v in row.items() if v is not None and k not in _PLACES}
    if row.get("line_id") and "line_ref" not in row:
        said["line"] = lines[row["line_id"]]
    return tuple(sorted(said.items()))


def _spelled(value: Any) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


words = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Zs", "Zl", "Zp", "Cf")),
    min_size=1,
    max_size=12,
).filter(lambda text: text != "NA")
days = st.dates(date(2000, 1, 1), date(2100, 1, 1))
counts = st.decimals(Decimal("-99999"), Decimal("99999"), places=6)
minor = st.integers(-(10**14), 10**14)
currencies = st.sampled_from(["EUR", "JPY", "KWD", "NOK"])


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


@st.composite
def parties(draw: Any, schemes: Sequence[str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A party with a name and at most one number of each scheme, and its identifiers."""
    name, country = draw(words), draw(maybe(st.sampled_from(["DE", "NO", "CZ"])))
    address = draw(maybe(words))
    chosen = draw(st.lists(st.sampled_from(list(schemes)), unique=True, max_size=3))
    pairs = [(scheme, draw(words)) for scheme in chosen]
    known = [pair for pair in pairs if pair[0] not in ("CUSTOMER", "EMAIL", "ID")]
    identity = party_id(known, name, country, address)
    row = {"party_id": identity, "name": name, "country": country, "address": address}
    numbers = [{"party_id": identity, "scheme": s, "value": v} for s, v in pairs]
    return row, numbers


def numbered(prefix: str, number: int) -> str:
    return digest_id(prefix, number)
