"""The kinds of fraud a pack may plant, and what counts as caught."""

from __future__ import annotations

from msgspec import Struct

RECALL_MIN, FALSE_ALARM_MAX = 0.95, 0.005


class Kind(Struct, frozen=True, kw_only=True):
    """A planted claim is caught by one of the tests, or by a verdict that leaves its excess open."""

    tests: tuple[str, ...]
    grave: bool = True  # only a grave finding counts
    verdict: bool = False  # so does a verdict that proves no more than the honest part

    def text(self) -> str:
        """Return what counts as caught, in words."""
        said = " or ".join(self.tests) + (" (grave)" if self.grave else "")
        return said + (", or the planted part unproven" if self.verdict else "")


KINDS = {
    "sold_twice": Kind(tests=("sold_twice", "duplicate_invoice")),
    "duplicate": Kind(tests=("duplicate_invoice",)),
    "invented": Kind(tests=("no_goods", "phantom_debtor"), verdict=True),
    "sold_again": Kind(tests=("no_goods",), verdict=True),
    "inflated_quantity": Kind(tests=("duplicate_invoice",), verdict=True),
    "inflated_price": Kind(tests=("inflated_price",), verdict=True),
    "wrong_goods": Kind(tests=("no_goods",), verdict=True),
    "strange_payer": Kind(tests=("stranger_paid", "common_payer")),
    "round_trip": Kind(tests=("round_trip",)),
    "diverted": Kind(tests=("stranger_paid", "account_changed")),
    "phantom_debtor": Kind(tests=("phantom_debtor",), grave=False),
    "twin_format": Kind(tests=("twin_format",), grave=False),
    "credit_and_rebill": Kind(tests=("credit_and_rebill",), grave=False),
    "number_anomaly": Kind(tests=("number_anomaly",), grave=False),
    "sudden_change": Kind(tests=("sudden_change",), grave=False),
    "affiliate_receipt": Kind(tests=("affiliate_receipt",), grave=False, verdict=True),
    "bad_identifier": Kind(tests=("bad_identifier",), grave=False),
    "split": Kind(tests=("split_below_limit",), grave=False),
}
