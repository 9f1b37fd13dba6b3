"""From a UBL document as the mapping read it to rows of the record model.

What several elements can say is decided here, once: which party is who, which due day counts,
which of two texts is the name. Amounts and sums are in `ubl_sums`, references in `ubl_references`.
Source: OASIS UBL 2.1; EN 16931-1 section 6.
"""

from __future__ import annotations

from typing import Any

from tailrace.base.money import EXPONENTS
from tailrace.formats.mapping import POSITION, Record
from tailrace.formats.parties import Pair, account_pair, bare, scheme_of
from tailrace.formats.rows import Rows
from tailrace.formats.ubl_answers import roles as answer_roles
from tailrace.formats.ubl_reader import TOTALS, Reader, first
from tailrace.formats.ubl_references import NA, references
from tailrace.formats.ubl_remittance import payment
from tailrace.formats.ubl_sums import allowances, check_sums, tax_subtotals, tax_total
from tailrace.formats.xml import Walked
from tailrace.records.ids import line_id

ACCEPTED = {True: "AP", False: "RE"}  # UNTDID 4343, as OrderResponseCode says it
PLACE = ("street", "house", "street2", "zone", "town", "country")


def rows_of(walked: Walked, kind: str) -> Rows:
    """Return the rows of one UBL document and the faults beside them.

    walked.record: the root element as `ubl_paths` maps it. Out: document, line, reference, party,
    party_identifier, tax_subtotal, allowance_charge; payment and allocation of a remittance.
    """
    reader = Reader(walked, kind)
    row = _document(reader)
    rows = reader.rows
    rows.add("document", row)
    if kind == "remittance":
        payment(reader, row)
    else:
        for line in reader.raw.get("lines", ()):
            _line(reader, line, None)
        allowances(reader, reader.raw, None)
        tax_subtotals(reader)
    references(reader)
    if reader.kind in ("invoice", "credit_note"):
        check_sums(reader, row)
    rows.extend("party", reader.parties.rows.values())
    rows.extend("party_identifier", reader.parties.identifiers.values())
    return rows


def _document(reader: Reader) -> dict[str, Any]:
    raw = reader.raw
    means: list[Record] = raw.get("means", [])
    row: dict[str, Any] = {
        "document_id": reader.document_id,
        "kind": reader.kind,
        "type_code": raw.get("type_code"),
        "number": raw.get("number"),
        "uuid": raw.get("uuid"),
        "issued_on": raw.get("issued_on"),
        "currency": reader.currency,
        "tax_currency": raw.get("tax_currency"),
        "tax_point_on": raw.get("tax_point_on"),
        "terms_text": "\n".join(raw["terms"]) if raw.get("terms") else None,
        "buyer_ref": raw.get("buyer_ref"),
        "payment_ref": first(means, "payment_ref"),
        "payee_account": first(means, "payee_account"),
        "status_code": raw.get("status_code"),
        "note": raw.get("note") or raw.get("rejection"),
        "delivered_on": first(raw.get("deliveries", ()), "delivered_on"),
        "period_from": raw.get("period_from"),
        "period_to": raw.get("period_to"),
        "tax_total_minor": tax_total(reader),
        **reader.where(reader.position),
    }
    for column in TOTALS:
        row[f"{column}_minor"] = reader.money(raw, column)
    if reader.kind != "remittance":  # there it is the day the payment is meant for
        row["due_on"] = raw.get("due_on") or first(means, "due_on") or raw.get("terms_due_on")
    if row["payee_account"]:
        row["payee_account"] = account_pair(row["payee_account"])[1]
    if raw.get("accepted") is not None:
        row["status_code"] = ACCEPTED[raw["accepted"]]
    if row["tax_currency"] is not None and row["tax_currency"] not in EXPONENTS:
        mend = "use a three-letter ISO 4217 code, as EUR or JPY"
        reader.trouble.note(f"unknown currency {row['tax_currency']!r}", mend, reader.position)
        row["tax_currency"] = None
    _roles(reader, row)
    return row


def _roles(reader: Reader, row: dict[str, Any]) -> None:
    """Set who is who. The account paid to identifies the payee, else the seller."""
    raw, kind = reader.raw, reader.kind
    if "answers" in raw or "sender" in raw:
        answer_roles(reader, row)
        return
    paid = [account_pair(row["payee_account"])] if row["payee_account"] else []
    payee = raw.get("payee")
    seller = reader.party(raw.get("seller"), [] if payee else paid)
    buyer = reader.party(raw.get("buyer"))
    paid_to = reader.party(payee, paid)
    row["payee_id"] = None if paid_to == seller else paid_to
    despatcher, receiver = reader.party(raw.get("despatcher")), reader.party(raw.get("receiver"))
    row["seller_id"], row["buyer_id"] = seller or despatcher, buyer or receiver
    if despatcher and despatcher != row["seller_id"]:
        row["ship_from_id"] = despatcher
    if receiver and receiver != row["buyer_id"]:
        row["ship_to_id"] = receiver
    for delivery in raw.get("deliveries", ())[:1]:
        row["ship_to_id"] = row.get("ship_to_id") or _ship_to(reader, delivery)
    ours = kind in (
        "order",
        "receipt",
        "remittance",
    )  # written by the buyer; the rest by the seller
    row["issuer_id"] = row["buyer_id"] if ours else row["seller_id"]


def _ship_to(reader: Reader, delivery: Record) -> str | None:
    """Return the party goods go to, by its own name or the number of the place (BT-70, BT-71)."""
    place, party = delivery.get("location"), delivery.get("ship_to")
    if not place and not party:
        return None
    scheme = delivery.get("location_scheme")
    pairs: list[Pair] = []
    if place:
        pairs.append((scheme_of(scheme), bare(place)))
    around = {column: delivery[column] for column in (*PLACE, "lines") if delivery.get(column)}
    party = {POSITION: delivery[POSITION], **around, **(party or {})}
    return reader.party(party, pairs)


def _line(reader: Reader, raw: Record, parent: str | None) -> None:
    """Add a line, its allowances and the lines inside it."""
    position = raw[POSITION]
    identity = line_id(reader.document_id, position)
    raw["line_id"] = identity
    get = raw.get
    orders = get("order_lines", ())
    price_currency = get("price_currency")
    price = get("price")
    if price is not None and price_currency not in (None, reader.currency):
        what = f"the price is in {price_currency}, the document in {reader.currency}"
        reader.trouble.note(what, "say prices in the document's currency", position)
        price = None
    units = {get(u) for u in ("unit", "base_unit", "short_unit", "rejected_unit")}
    units.discard(None)
    if len(units) > 1:
        mend = "state price and quantities of a line in one unit"
        reader.trouble.note(
            f"line {raw['line_ref']} mixes {', '.join(sorted(map(str, units)))}", mend, position
        )
    rate = get("tax_rate")
    backorder = get("backorder_quantity")
    reader.rows.add("line", {
        "line_id": identity,
        "document_id": reader.document_id,
        "line_ref": raw["line_ref"],
        "parent_ref": parent,
        "item_ref": get("seller_item_ref") or get("buyer_item_ref") or get("standard_item_ref"),
        "buyer_item_ref": get("buyer_item_ref"),
        "standard_item_ref": get("standard_item_ref"),
        "item_name": get("item_name") or get("description"),
        "quantity": get("quantity"),
        "unit": get("unit"),
        "price": price,
        "price_base_quantity": get("price_base_quantity"),
        "net_minor": reader.money(raw, "net"),
        "tax_category": get("tax_category") or get("old_tax_category"),
        "tax_rate": get("old_tax_rate") if rate is None else rate,
        "order_ref": _known(first(orders, "number")),
        "order_line_ref": _known(first(orders, "to_line")),
        "delivered_on": get("delivered_on"),
        "period_from": get("period_from"),
        "period_to": get("period_to"),
        "short_quantity": get("short_quantity"),
        "rejected_quantity": get("rejected_quantity"),
        "backorder_quantity": get("outstanding_quantity") if backorder is None else backorder,
        "reject_code": get("reject_code") or get("reject_text"),
        "note": get("note") or get("order_line_note"),
        **reader.where(position),
    })  # fmt: skip
    allowances(reader, raw, identity)
    for inner in raw.get("lines", ()):
        _line(reader, inner, raw["line_ref"])


def _known(text: str | None) -> str | None:
    """Return a number, or nothing where NA fills a place that may not be empty (Peppol)."""
    return None if text == NA else text
