"""What reading a file gives: rows by table, and faults beside them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct, field

from tailrace.base.errors import Fault


class Rows(Struct):
    """Rows of the record model by table name, and what was wrong with the rest of the file.

    Each row is a mapping of the table's columns; a column left out is null. A document that was
    refused has no rows here, only its faults: nothing of it is half booked.
    """

    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    @classmethod
    def of_fault(cls, fault: Fault) -> Rows:
        """Return no rows and one fault."""
        return cls({}, [fault])

    def add(self, table: str, row: dict[str, Any]) -> None:
        self.tables.setdefault(table, []).append(row)

    def extend(self, table: str, rows: Iterable[dict[str, Any]]) -> None:
        self.tables.setdefault(table, []).extend(rows)

    @property
    def documents(self) -> int:
        """How many documents were accepted."""
        return len(self.tables.get("document", ()))
