"""The chart of accounts: every account a firm keeps, its class, its print name, its floor.

An account is written `<firm_id>/<name>`; the name is one of these. A floor is the least balance
(debits less credits) a deed may leave; where none is given, anything goes: a ledger does not refuse
facts (goods came, the bank paid), it refuses decisions that give away what is not there.
"""

from __future__ import annotations

from msgspec import Struct


class Account(Struct, frozen=True, kw_only=True):
    """One kind of account: what it is called, where it stands in a balance sheet, what it refuses."""

    name: str
    group: (
        str  # Assets, Liabilities, Income, Expenses or Equity, as beancount and hledger know them
    )
    label: str  # its name in printed books
    floor: int | None = None
    doc: str


CHART: tuple[Account, ...] = (
    Account(name="bank", group="Assets", label="Bank", doc="money at the bank"),
    Account(name="receivable", group="Assets", label="Receivable", doc="claims on customers"),
    Account(
        name="clearing",
        group="Assets",
        label="Clearing",
        doc="set-offs passing through; then at zero, but for what a credit line owes the circle",
    ),
    Account(name="proceeds", group="Assets", label="Proceeds", doc="price to come for claims sold"),
    Account(name="bought", group="Assets", label="Bought", doc="claims bought, at face amount"),
    Account(name="payable", group="Liabilities", label="Payable", doc="owed to suppliers"),
    Account(
        name="price_owed",
        group="Liabilities",
        label="PriceOwed",
        doc="price to pay for claims bought or paid early",
    ),
    Account(name="sales", group="Income", label="Sales", doc="invoices written, with tax"),
    Account(
        name="discount_earned", group="Income", label="Discount", doc="face amount less price paid"
    ),
    Account(
        name="purchases", group="Expenses", label="Purchases", doc="invoices received, with tax"
    ),
    Account(
        name="discount", group="Expenses", label="Discount", doc="face amount less price received"
    ),
    Account(name="stock", group="Assets", label="Stock", doc="goods received"),
    Account(name="delivered", group="Equity", label="Delivered", doc="goods the buyer received"),
    Account(
        name="free",
        group="Assets",
        label="ObligationsFree",
        floor=0,
        doc="proven obligations owed to a firm, not yet set off, sold or paid",
    ),
    Account(
        name="held", group="Assets", label="ObligationsHeld", floor=0, doc="obligations bought"
    ),
    Account(
        name="owed",
        group="Liabilities",
        label="ObligationsOwed",
        doc="proven obligations of a firm",
    ),
)

BY_NAME: dict[str, Account] = {account.name: account for account in CHART}
FLOORS: dict[str, int] = {a.name: a.floor for a in CHART if a.floor is not None}


def parts(account: str) -> tuple[str, str]:
    """Return the firm and the account's name: a funder's name may hold a slash, ours do not."""
    firm, _, name = account.rpartition("/")
    return firm, name
