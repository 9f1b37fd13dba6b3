"""What stands beside the town's records: its `tailrace.toml` and the mapping of its CSV files."""

from __future__ import annotations

from tailrace.town.calendar import day
from tailrace.town.economy import Economy
from tailrace.town.firms import CURRENCIES

# Two programs export receipts: one as the English-speaking world writes numbers and days, one as
# much of the continent does.
PLAIN, LOCAL = "receipts", "wareneingang"
RECEIPTS_MAP = """\
# How the warehouses' CSV exports are read: column -> field.

[[file]]
pattern = "*-receipts-*.csv"
kind = "receipt"
delimiter = ","
encoding = "utf-8"
decimal = "."
date = "%Y-%m-%d"
[file.columns]
"Receipt" = "number"
"Received" = ["issued_on", "delivered_on", "line.delivered_on"]
"Warehouse VAT" = "buyer.VAT"
"Warehouse" = "buyer.name"
"Supplier VAT" = "seller.VAT"
"Supplier" = "seller.name"
"Despatch" = "despatch.number"
"Order" = "order.number"
"Order line" = "order.line"
"Line" = "line.line_ref"
"Item" = "line.item_ref"
"Description" = "line.item_name"
"Quantity" = "line.quantity"
"Unit" = "line.unit"
"Short" = "line.short_quantity"
"Takes back" = "receipt.number"
"Note" = "note"

[[file]]
pattern = "*-wareneingang-*.csv"
kind = "receipt"
delimiter = ";"
encoding = "iso-8859-1"
decimal = ","
date = "%d.%m.%Y"
[file.columns]
"Beleg" = "number"
"Eingang" = ["issued_on", "delivered_on", "line.delivered_on"]
"USt-IdNr" = "buyer.VAT"
"Lieferant USt-IdNr" = "seller.VAT"
"Lieferschein" = "despatch.number"
"Bestellung" = "order.number"
"Bestellposition" = "order.line"
"Position" = "line.line_ref"
"Artikel" = "line.item_ref"
"Menge" = "line.quantity"
"Einheit" = "line.unit"
"Fehlmenge" = "line.short_quantity"
"Storno zu" = "receipt.number"
"""
# Limits of the two funders as shares of what is invoiced in their currency.
LIMIT, DEBTOR_LIMIT = 10, 100
FUNDERS = (("Lockkeepers Savings Bank", 0.072, 2500), ("Estuary Trade Finance", 0.094, 900))


def tailrace_toml(e: Economy) -> str:
    """Return the rules of a run on this town: its day, and who lends what at which price."""
    lines = [
        f"# A town of {len(e.firms):,} firms, made from seed {e.seed}.",
        "",
        "[run]",
        f'on = "{day(e.on).isoformat()}"',
        "",
        "[offers]",
        'day_count = "A360"',
        "early_payment_rate_pa = 0.04  # what a debtor asks for paying early",
        "member_rate_pa = 0.05         # what another member asks",
    ]
    area = e.firms.area[e.invoices.seller]
    for number, code in enumerate(CURRENCIES):
        invoiced = int(e.invoices.net[area == number].sum())
        for name, rate, fee in FUNDERS if invoiced else ():
            lines += [
                "",
                "[[offers.funder]]",
                f'name = "{name}"',
                f"rate_pa = {rate}",
                f"fee_minor = {fee}",
                f"limit_minor = {_round(invoiced // LIMIT)}",
                f"debtor_limit_minor = {_round(invoiced // DEBTOR_LIMIT)}",
                f'currency = "{code}"',
            ]
    return "\n".join(lines) + "\n"


def _round(amount: int) -> int:
    """Return an amount a bank would write: two digits and zeros."""
    zeros = 10 ** max(len(str(amount)) - 2, 0)
    return max(amount // zeros, 1) * zeros
