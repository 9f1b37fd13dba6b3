"""The vocabulary of event logs: which activity is which step. Data: see `rules.toml [logs]`."""

from __future__ import annotations

from msgspec import Struct

OTHER = "other"
STEPS = (
    "order",  # the order item was created
    "receipt",
    "cancel_receipt",  # also goods sent back
    "invoice",  # the buyer's own entry of the invoice
    "cancel_invoice",
    "clear",  # the invoice was paid or set off
    "clear_again",  # one payment executed once more
    "vendor_invoice",  # the day on the vendor's own paper
    "debit_memo",
    "adjust",  # a later charge or credit without goods
    "cancel_adjust",
    "block",  # payment was blocked
    "unblock",
    "change",  # price or quantity of the order was changed
    OTHER,
)
AFTER, BEFORE, NO_RECEIPT, NO_INVOICE = "after", "before", "no receipt", "no invoice"
FLOWS = (AFTER, BEFORE, NO_RECEIPT, NO_INVOICE)


class LogRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the words of a log mean. Names are compared by letters and digits alone."""

    steps: dict[str, str]  # activity -> one of STEPS; what is not named is `other`
    flows: dict[str, str]  # matching category -> one of FLOWS; unknown ones are taken as `before`
    documents: dict[str, str]  # kind of object -> the step that counts once for each such object
    joins: tuple[str, ...]  # kinds of object that make one case of the events they share
    columns: dict[str, tuple[str, ...]]  # column of `log_event` -> names it has in log tables
    span_share: float  # a month with fewer of the events lies outside the log's span

    def __post_init__(self) -> None:
        for name, said, known in (
            ("steps", self.steps.values(), STEPS),
            ("flows", self.flows.values(), FLOWS),
            ("documents", self.documents.values(), STEPS),
        ):
            if unknown := sorted(set(said) - set(known)):
                raise ValueError(f"logs.{name} names {unknown[0]!r}; it knows {', '.join(known)}")
        if not 0 <= self.span_share < 1:
            raise ValueError("logs.span_share is a share: from 0 to below 1")


def bare(name: str) -> str:
    """Return the letters and digits of a name, in lower case: what names are compared by."""
    return "".join(c for c in name.casefold() if c.isalnum())
