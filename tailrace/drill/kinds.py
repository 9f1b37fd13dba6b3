"""The kinds a pack may plant, and what counts as caught. Every named test has a kind of its own."""

from __future__ import annotations

from msgspec import Struct

RECALL_MIN, FALSE_ALARM_MAX = 0.95, 0.005
FINGERPRINT = "fingerprint"  # the comparison of two lenders' blinded digests, beside the findings


class Kind(Struct, frozen=True, kw_only=True):
    """A planted claim is caught by one of the tests, or by a verdict that leaves its excess open."""

    what: str  # what is planted
    tests: tuple[str, ...]
    needs: str  # what the tests need before they speak
    grave: bool = True  # only a grave finding counts
    verdict: bool = False  # so does a verdict that proves no more than the honest part
    fact: bool = False  # the test states what papers say, and honest trade's papers say it too

    def text(self) -> str:
        """Return what counts as caught, in words."""
        said = " or ".join(self.tests) + (" (grave)" if self.grave else "")
        return said + (", or the planted part unproven" if self.verdict else "")


def _told(what: str, test: str, needs: str, *, fact: bool = False, verdict: bool = False) -> Kind:
    return Kind(what=what, tests=(test,), needs=needs, grave=False, fact=fact, verdict=verdict)


_FRAUDS = {
    "sold_twice": Kind(
        what="the same claim told again, to be paid to another payee",
        tests=("sold_twice",),
        needs="two tellings that name two payees; under a new number also the same amount within "
        "`duplicate_days`, and no goods of the second",
    ),
    "sold_elsewhere": Kind(
        what="a claim of this book, held by a second lender too",
        tests=(FINGERPRINT,),
        needs="both firms known to both lenders by one number; and number, amount or lines that agree",
    ),
    "duplicate": Kind(
        what="the same delivery billed again under a new number",
        tests=("duplicate_invoice",),
        needs="the same parties, amount and lines within `duplicate_days`, and no goods, order or "
        "despatch of its own",
    ),
    "reused_number": Kind(
        what="a number used again for another sale",
        tests=("duplicate_invoice",),
        needs="one issuer, one number, one year, other content",
    ),
    "invented": Kind(
        what="goods nobody ordered, sent or received",
        tests=("no_goods",),
        verdict=True,
        needs="an invoice older than `despatch_days` of a seller that tells its despatches, or older "
        "than `receipt_days`; the verdict needs nothing",
    ),
    "sold_again": Kind(
        what="a cargo that went to another buyer",
        tests=("no_goods",),
        verdict=True,
        needs="what `invented` needs: a despatch to somebody else is none of this buyer's",
    ),
    "inflated_quantity": Kind(
        what="more billed than was ordered and came",
        tests=("over_quantity",),
        grave=False,
        verdict=True,
        fact=True,
        needs="a receipt of some of it, by order line, despatch or item",
    ),
    "inflated_price": Kind(
        what="a multiple of the order's price billed",
        tests=("inflated_price",),
        verdict=True,
        needs="an order line with a price in the same currency and unit, below the invoice's by "
        "the factor `inflated_price`",
    ),
    "other_goods": Kind(
        what="another item received under the order line than billed",
        tests=("item_conflict",),
        grave=False,
        verdict=True,
        needs="a receipt line that names the order line and an item number or name",
    ),
    "short_goods": Kind(
        what="a small share of what is billed received",
        tests=("over_quantity",),
        grave=False,
        verdict=True,
        fact=True,
        needs="a receipt of some of it, by order line, despatch or item",
    ),
    "strange_payer": Kind(
        what="a payment from an account that is not the debtor's",
        tests=("stranger_paid",),
        needs="a bank statement that shows which account is the debtor's, or whose the payer's is",
    ),
    "common_payer": Kind(
        what="one foreign account that pays for several debtors",
        tests=("common_payer",),
        needs="`common_payer_min` debtors whose claims the account pays",
    ),
    "round_trip": Kind(
        what="goods sold round a ring, back to their seller",
        tests=("round_trip",),
        needs="two to six firms, one item, about one quantity, each sale after the one before, all "
        "within `round_trip_days`",
    ),
    "diverted": Kind(
        what="an invoice that asks for payment to somebody else's account",
        tests=("stranger_paid",),
        needs="a bank statement that shows which account is the seller's",
    ),
}  # fmt: skip
_TOLD = {
    "account_changed": _told(
        "an invoice to an account the seller's invoices never named", "account_changed",
        "`account_history` invoices of the seller on earlier days",
    ),
    "phantom_debtor": _told(
        "invoices to a debtor of whom there is no other record", "phantom_debtor",
        "`phantom_claims` invoices, the oldest past `receipt_days`, of a seller whose other debtors "
        "mostly leave records",
    ),
    "split": _told(
        "a purchase billed in parts, each below the approval limit", "split_below_limit",
        "two parts within `split_share` below the limit, on one day or of one order",
    ),
    "twin_format": _told(
        "an invoice handed in again in another format", "twin_format", "two files of two formats",
    ),
    "same_bytes": _told(
        "a file handed in again under another name", "same_bytes", "two names, the same bytes",
    ),
    "credit_and_rebill": _told(
        "an invoice credited in full and asked again", "credit_and_rebill",
        "a credit note that names the first, the same amount within `duplicate_days` of it",
    ),
    "invoice_before_order": _told(
        "an invoice dated before its order", "invoice_before_order", "an order the invoice names",
    ),
    "affiliate_receipt": _told(
        "a receipt by a firm of the seller's address and name", "affiliate_receipt",
        "a sign of affiliation that few firms share", verdict=True,
    ),
    "own_receipt": _told(
        "a receipt the seller wrote for its buyer", "own_receipt", "a receipt that names its writer",
        verdict=True,
    ),
    "bad_identifier": _told(
        "a seller's GLN with a wrong check digit", "bad_identifier", "a number with a check digit",
    ),
    "contested_number": _told(
        "one GLN carried by two firms with VAT numbers of their own", "contested_number",
        "a stronger number that keeps the two apart",
    ),
    "shared_account": _told(
        "one account claimed by two sellers", "shared_account",
        "no bank statement that says whose it is",
    ),
    "number_anomaly": _told(
        "an invoice dated well before the numbers below it", "number_anomaly",
        "three lower numbers of one series, dated `number_days` later",
    ),
    "foreign_number": _told(
        "an invoice numbered as none other of its issuer", "number_anomaly",
        "fifty invoices of the issuer",
    ),
    "twin_number": _told(
        "one running number behind two prefixes", "number_anomaly",
        "the same parties and amount within `number_days`, a number of 100 or more",
    ),
    "date_anomaly": _told(
        "the only Sunday invoice of its issuer", "date_anomaly", "fifty invoices of the issuer",
    ),
    "sudden_change": _told(
        "a last month of many times the usual volume", "sudden_change",
        "`sudden_history` windows of thirty days before",
    ),
    "new_debtors": _told(
        "a last month above the usual, most of it from debtors never seen", "sudden_change",
        "`sudden_history` windows before, and half the jump that volume alone needs",
    ),
    "new_terms": _told(
        "terms of payment suddenly twice as long", "sudden_change",
        "`sudden_history` windows before, and two invoices in the last",
    ),
    "bad_reference": _told(
        "an invoice that asks for a creditor reference with wrong check digits", "bad_reference",
        "a structured reference (ISO 11649 or national)",
    ),
    "repeated_payment": _told(
        "a payment made twice under one reference", "repeated_payment",
        "two entries of one account with one end-to-end reference",
    ),
    "overpaid": _told("a claim paid beyond what is owed", "overpaid", "a payment that means it"),
    "short_payment": _told(
        "a due claim paid in part", "short_payment", "a payment that means it, and its day past",
        fact=True,
    ),
    "unmatched_payment": _told(
        "a payment that means no invoice", "unmatched_payment", "both sides named by the bank",
    ),
    "unmatched_credit": _told(
        "a credit note that names an invoice nobody has", "unmatched_credit",
        "a credit note that can be read",
    ),
    "over_credited": _told(
        "credit for more than the invoice", "over_credited", "a credit note that names it",
    ),
    "rejected_by_buyer": _told(
        "an invoice its buyer rejected", "rejected_by_buyer", "an answer that names it",
    ),
    "unusable_invoice": _told(
        "an invoice that does not say who buys", "unusable_invoice", "an invoice that can be read",
    ),
    "number_reused": _told(
        "a despatch number used again for other goods", "number_reused",
        "one issuer, one number, one year, other content",
    ),
    "dangling_reference": _told(
        "an invoice that names a despatch nobody has", "dangling_reference",
        "a reference with a number",
    ),
    "price_conflict": _told(
        "a price a tenth above the order's", "price_conflict", "an order line with a price", fact=True,
    ),
    "unit_conflict": _told(
        "goods received in another unit, no factor declared", "unit_conflict",
        "a receipt tied to the invoice by order line, despatch or item", verdict=True,
    ),
}  # fmt: skip
KINDS = {**_FRAUDS, **_TOLD}
