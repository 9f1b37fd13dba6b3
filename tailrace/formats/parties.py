"""Parties of one file: a row for each party met, its identifiers once each, and its id."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from tailrace.records.ids import party_id

Pair = tuple[str, str]
# What another firm calls a party (its customer number, a plain ID) or a person's address is no
# identity: two sellers may both have a customer 1. Such a number is kept but makes no id.
NOT_IDENTITY = frozenset({"CUSTOMER", "EMAIL", "ID"})
NAMED_SCHEMES = {"GLN": "0088", "DUNS": "0060", "LEI": "0199"}
_IBAN_LENGTHS = range(15, 35)


@lru_cache(maxsize=1 << 16)
def _id(known: tuple[Pair, ...], name: str | None, country: str | None, place: str | None) -> str:
    return party_id(known, name, country, place)


def scheme_of(spelled: str | None) -> str:
    """Return an identifier's scheme: its ICD code where it has one, as written, or plain ID."""
    return NAMED_SCHEMES.get(spelled, spelled) if spelled else "ID"


def bare(value: str) -> str:
    """Return a number without blanks, as identifiers are kept.

    >>> bare("175 269 2355")
    '1752692355'
    """
    return "".join(value.split())


def account_pair(account: str) -> Pair:
    """Return an account as an identifier: IBAN where it is one by shape, else ACCOUNT.

    Source: ISO 13616: two letters, two digits, then up to 30 letters and digits.
    """
    number = bare(account)
    shaped = (
        len(number) in _IBAN_LENGTHS
        and number.isascii()
        and number.isalnum()
        and number[:2].isalpha()
        and number[2:4].isdigit()
    )
    return ("IBAN", number.upper()) if shaped else ("ACCOUNT", number)


def joined(parts: list[str | None]) -> str | None:
    """Return the parts of an address that are said, in one line."""
    said = [part for part in parts if part]
    return ", ".join(said) or None


class Parties:
    """The `party` and `party_identifier` rows of one document."""

    def __init__(self, source_id: str) -> None:
        self.source_id = source_id
        self.rows: dict[str, dict[str, Any]] = {}
        self.identifiers: dict[tuple[str, str, str], dict[str, Any]] = {}

    def add(
        self,
        pairs: list[Pair],
        *,
        name: str | None,
        legal_name: str | None = None,
        country: str | None = None,
        address: str | None = None,
        position: int,
    ) -> str | None:
        """Return the id of a party, or nothing where neither number nor name says who it is."""
        known = tuple(sorted({pair for pair in pairs if pair[0] not in NOT_IDENTITY}))
        if not pairs and not name and not legal_name:
            return None
        found = _id(known, name or legal_name, country, address)
        if found not in self.rows:
            self.rows[found] = {
                "party_id": found,
                "name": name,
                "legal_name": legal_name,
                "country": country,
                "address": address,
                "source_id": self.source_id,
                "position": position,
            }
        self.identify(found, pairs, position)
        return found

    def identify(self, party: str, pairs: list[Pair], position: int) -> None:
        """Add identifiers to a party already met."""
        for scheme, value in pairs:
            key = (party, scheme, value)
            if value and key not in self.identifiers:
                self.identifiers[key] = {
                    "party_id": party,
                    "scheme": scheme,
                    "value": value,
                    "source_id": self.source_id,
                    "position": position,
                }
