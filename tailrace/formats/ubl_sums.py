"""Taxes, allowances and charges of a UBL document, and whether its totals add up.

Source: EN 16931-1 BG-20 to BG-23, BG-27, BG-28, rules BR-CO-10 and BR-CO-16.
"""

from __future__ import annotations

from typing import Any

from tailrace.base.money import decimal
from tailrace.formats.mapping import POSITION, Record
from tailrace.formats.ubl_reader import Reader


def tax_total(reader: Reader) -> int | None:
    """Return the tax total in the document's currency; the second, in the tax currency, is BT-111.

    Two totals in one currency are a fault: neither is taken (EN 16931 UBL-SR-17 and pitfall 6).
    """
    mine: list[Record] = []
    for total in reader.raw.get("taxes", ()):
        value = total.get("tax_total")
        if value is None or value[1] in (reader.currency, None):
            mine.append(total)
        elif value[1] != reader.raw.get("tax_currency"):
            reader.money(total, "tax_total")  # leaves the fault
    said = [total for total in mine if total.get("tax_total")]
    if len({total["tax_total"][0] for total in said}) == 1:
        said = said[:1]  # the same amount again takes nothing away
    if len(said) > 1 and not _separate(said):
        mend = "give one TaxTotal for each currency"
        what = "the tax total is said twice in one currency; neither is taken"
        reader.trouble.note(what, mend, said[1][POSITION])
        return None
    amounts = [reader.money(total, "tax_total") for total in said]
    return sum(a for a in amounts if a is not None) if any(a is not None for a in amounts) else None


def _separate(totals: list[Record]) -> bool:
    """Whether each total is of a tax of its own, as UBL outside the EU has them."""
    schemes = [
        {sub.get("scheme") for sub in total.get("subtotals", ())} - {None} for total in totals
    ]
    every = [scheme for found in schemes for scheme in found]
    return all(schemes) and len(every) == len(set(every))


def tax_subtotals(reader: Reader) -> None:
    for total in reader.raw.get("taxes", ()):
        value = total.get("tax_total")
        if value is not None and value[1] not in (reader.currency, None):
            continue
        for sub in total.get("subtotals", ()):
            rate = sub.get("percent")
            reader.rows.add("tax_subtotal", {
                "document_id": reader.document_id,
                "category": sub.get("category"),
                "rate": sub.get("rate") if rate is None else rate,
                "taxable_minor": reader.money(sub, "taxable"),
                "tax_minor": reader.money(sub, "tax"),
                "currency": reader.currency,
                "reason": sub.get("reason") or sub.get("reason_code"),
                **reader.where(sub[POSITION]),
            })  # fmt: skip


def allowances(reader: Reader, raw: Record, line: str | None) -> None:
    """Add the allowances and charges of a document or a line; the amount is kept positive."""
    for one in raw.get("allowances", ()):
        position = one[POSITION]
        value, base, charge = reader.money(one, "amount"), reader.money(one, "base"), one["charge"]
        if value is None:
            continue  # in a foreign currency: the fault is noted, the row would say nothing
        if value < 0:
            mend = "write allowances and charges above zero"
            what = "an allowance or charge is below zero; it is read as its opposite"
            reader.trouble.note(what, mend, position)
            value, charge = -value, not charge
        reader.rows.add("allowance_charge", {
            "document_id": reader.document_id,
            "line_id": line,
            "charge": charge,
            "amount_minor": value,
            "currency": reader.currency,
            "base_minor": base,
            "factor": one.get("factor"),
            "reason": one.get("reason") or one.get("reason_code"),
            **reader.where(position),
        })  # fmt: skip


def check_sums(reader: Reader, row: dict[str, Any]) -> None:
    """Note where totals do not add up; both the totals and the lines are kept (pitfall 7)."""
    nets = [line["net_minor"] for line in reader.rows.tables.get("line", ())
            if line["parent_ref"] is None]  # fmt: skip
    said = row["line_total_minor"]
    if said is not None and nets and None not in nets and sum(nets) != said:
        _unequal(reader, "BR-CO-10: the lines sum to", sum(nets), "LineExtensionAmount says", said)
    inclusive, payable = row["tax_inclusive_minor"], row["payable_minor"]
    if inclusive is not None and payable is not None:
        due = inclusive - (row["prepaid_minor"] or 0) + (row["rounding_minor"] or 0)
        if due != payable:
            what = "BR-CO-16: TaxInclusiveAmount less PrepaidAmount plus PayableRoundingAmount is"
            _unequal(reader, what, due, "PayableAmount says", payable)


def _unequal(reader: Reader, first: str, left: int, second: str, right: int) -> None:
    code = reader.currency or ""
    what = f"{first} {decimal(left, code)} {code}, {second} {decimal(right, code)} {code}"
    reader.trouble.note(what, "ask the issuer which is right; both are kept", reader.position)
