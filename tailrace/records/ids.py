"""Ids of record rows: digests of the source and place, so that reading again gives the same ids."""

from __future__ import annotations

from collections.abc import Iterable

from tailrace.base.ids import digest_id

# Numbers that say who a party is, strongest first. Accounts, e-mail and the other side's customer
# number lead to a party but do not make two parties one: customer "1" of two sellers is two firms.
STRONG = ("0199", "VAT", "0088", "0060", "REG")
NOT_IDENTITY = frozenset({"CUSTOMER", "EMAIL", "ID"})


def document_id(source_id: str, position: int) -> str:
    return digest_id("document", source_id, position)


def line_id(document: str, position: int) -> str:
    return digest_id("line", document, position)


def payment_id(source_id: str, position: int) -> str:
    return digest_id("payment", source_id, position)


def statement_entry_id(source_id: str, position: int) -> str:
    return digest_id("statement_entry", source_id, position)


def reading_id(source_id: str, position: int) -> str:
    return digest_id("reading", source_id, position)


def event_id(source_id: str, event_ref: str) -> str:
    return digest_id("event", source_id, event_ref)


def fault_id(source_id: str | None, position: int | None, what: str) -> str:
    return digest_id("fault", source_id, position, what)


def party_id(
    identifiers: Iterable[tuple[str, str]],
    name: str | None,
    country: str | None,
    address: str | None = None,
) -> str:
    """Return the id of a party: of its strong identifiers, else any, else of name and place.

    Source: EN 16931 BT-29..34 and 46..49; which of them identify is Tailrace's rule (`STRONG`).
    """
    known = sorted({pair for pair in identifiers if pair[0] not in NOT_IDENTITY})
    strong = [pair for pair in known if pair[0] in STRONG]
    chosen = strong or known
    if chosen:
        return digest_id("party", *(part for pair in chosen for part in pair))
    return digest_id("party", "named", name, country, address)
