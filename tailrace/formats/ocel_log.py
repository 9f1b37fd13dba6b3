"""A procure-to-pay log in hand: its objects by id, its events in order of the file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, field

from tailrace.base.errors import Fault
from tailrace.formats.ocel_tables import bare

Relation = tuple[str, str | None]  # the other object's id, and its part in this one


class Object(Struct):
    """An object of the log; `kind` is None where its type means nothing to us."""

    id: str
    type: str
    kind: str | None
    attributes: dict[str, Any]
    relations: list[Relation]
    position: int

    def said(self, aliases: tuple[str, ...]) -> Any:
        """Return the first attribute that bears one of these names, or None."""
        found = {bare(name): value for name, value in self.attributes.items()}
        return next((found[bare(a)] for a in aliases if found.get(bare(a)) is not None), None)

    def rest(self, *used: Mapping[str, tuple[str, ...]]) -> str | None:
        """Return the attributes no column holds, as text: nothing the log says is lost."""
        known = {bare(a) for table in used for aliases in table.values() for a in aliases}
        left = [f"{k}={v}" for k, v in self.attributes.items() if bare(k) not in known]
        return "; ".join(left) or None


class Event(Struct):
    """An event of the log."""

    id: str
    activity: str
    happened_at: datetime
    actor: str | None
    touched: list[Relation]
    position: int


class Log(Struct):
    """A log as read: objects by id, events in order of the file."""

    name: str
    source_id: str
    objects: dict[str, Object] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def fault(self, position: int, what: str, mend: str) -> Fault:
        where = f"{self.name}, byte {position}"
        return Fault(what=what, where=where, mend=mend, source_id=self.source_id, position=position)
