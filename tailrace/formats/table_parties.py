"""Parties of a table file: the same cells are one party, written once."""

from __future__ import annotations

import re
from typing import Any

from tailrace.formats.rows import Rows
from tailrace.formats.table_values import compact
from tailrace.records.ids import party_id

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_WORDS = ("name", "legal_name", "country", "address")


def account_scheme(account: str) -> str:
    """Return IBAN where the account is one by its check digits, else ACCOUNT. Source: ISO 13616."""
    if _IBAN.fullmatch(account):
        turned = account[4:] + account[:4]
        if int("".join(str(int(c, 36)) for c in turned)) % 97 == 1:
            return "IBAN"
    return "ACCOUNT"


class Parties:
    """Writes each party and identifier once into `rows`; every call returns the party's id."""

    def __init__(self, rows: Rows, source_id: str) -> None:
        self.rows, self.source_id = rows, source_id
        self._seen: set[tuple[str, ...]] = set()

    def add(self, said: dict[str, Any], position: int) -> str | None:
        """Return the id of the party these cells describe; None where they say nothing."""
        said = {key: value for key, value in said.items() if value is not None}
        if not said:
            return None
        words = {key: said[key] for key in _WORDS if key in said}
        numbers = [(k, compact(v)) for k, v in said.items() if k not in _WORDS]
        found = party_id(numbers, words.get("name"), words.get("country"), words.get("address"))
        where = {"source_id": self.source_id, "position": position}
        if (found,) not in self._seen:
            self._seen.add((found,))
            self.rows.add("party", {"party_id": found, **words, **where})
        for scheme, value in numbers:
            self.identify(found, scheme, value, position)
        return found

    def identify(self, party: str, scheme: str, value: str, position: int) -> None:
        """Add a number of a party already written."""
        key = (party, scheme, value)
        if key not in self._seen:
            self._seen.add(key)
            row = {"party_id": party, "scheme": scheme, "value": value}
            self.rows.add(
                "party_identifier", {**row, "source_id": self.source_id, "position": position}
            )
