"""The rule set of a clearing. Data: see `tailrace/rules.toml` and docs/constraints.md.

Firms are named by their ids in the obligations, sectors by the table `sector_of`. Amounts are whole
minor units. A rule that names no currency holds in each currency by itself.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from msgspec import Struct
from msgspec.json import decode, encode

Id = int | str


class Hold(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Debts that take no part, and why: one debt, what one firm owes and is owed, or one pair's.

    `debtor` alone holds out what it owes, `creditor` alone what it is owed, both the debts of the one
    to the other; `firm` holds out all of its debts on both sides.
    """

    reason: str  # disputed, assigned, insolvent, encumbered: as it is told
    obligation_id: Id | None = None
    firm: Id | None = None
    debtor: Id | None = None
    creditor: Id | None = None


class FirmLimit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much a firm sets off of what it owes: at least the floor, at most the cap."""

    firm: Id
    floor_minor: int = 0
    cap_minor: int | None = None
    currency: str | None = None


class PairLimit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of the debts of one firm to another is set off: at least the floor, at most the cap."""

    debtor: Id
    creditor: Id
    floor_minor: int = 0
    cap_minor: int | None = None
    currency: str | None = None


class SectorLimit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of a sector: of each of its firms, and of what its firms set off together as debtors.

    A cap on the sum is no bound of one debt or firm: it is kept by a price on the sector, and what
    whole units lose against the best fraction is told (docs/constraints.md).
    """

    sector: str
    each_floor_minor: int = 0
    each_cap_minor: int | None = None
    cap_minor: int | None = None
    currency: str | None = None


class CreditLine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far a member's net position may move: short it owes the circle, long the circle owes it."""

    firm: Id
    short_minor: int = 0
    long_minor: int = 0
    currency: str | None = None


class Priority(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A class of debts; a debt is of the first class of which all that is said fits it.

    Classes stand in order of rank where priority is lexicographic; where it is weighted, a unit of a
    class counts `weight`, and what is of no class counts 1.
    """

    name: str
    weight: int = 1
    due_before: date | None = None  # older debts
    firms: tuple[Id, ...] = ()  # debtor or creditor is one of them: riskier firms, say
    sectors: tuple[str, ...] = ()  # debtor or creditor is of one of them
    firm_debt_max_minor: int | None = (
        None  # the debtor owes no more than this in all: smaller firms
    )
    amount_max_minor: int | None = None  # the debt itself is no larger


class NetworkRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What takes part in a clearing, and what bounds it. Unsaid, nothing is bound."""

    minimum_minor: int  # smaller remainders are left out
    due_from: date | None = None  # debts due before are left out, those of no day too
    due_until: date | None = None  # debts due after
    absent: Literal["refuse", "skip"] = "refuse"  # a rule on a firm that no debt names
    hold: tuple[Hold, ...] = ()
    firm: tuple[FirmLimit, ...] = ()
    pair: tuple[PairLimit, ...] = ()
    sector: tuple[SectorLimit, ...] = ()
    sector_of: dict[str, str] = {}
    credit: tuple[CreditLine, ...] = ()
    priority: tuple[Priority, ...] = ()
    priority_mode: Literal["lexicographic", "weighted"] = "lexicographic"
    whole_invoices: bool = False  # a debt is set off in full or not at all
    cycle_firms_max: int = 0  # no cycle of more firms; 0: of any number
    parity: dict[str, int] = {}  # currency = minor units in a lot, all lots worth the same
    allocation: Literal["oldest first", "pro rata"] = "oldest first"  # of a pair's set-off
    limits_from: date | None = None  # what clearings set off before this day uses up no limit

    @property
    def plain(self) -> bool:
        """Whether nothing is asked but the greatest set-off of the debts that reach the minimum."""
        window = self.due_from is not None or self.due_until is not None
        return not (self.hold or window or self.bounds or self.allocation != "oldest first")

    @property
    def bounds(self) -> bool:
        """Whether more is asked than which debts take part."""
        asked = (self.firm, self.pair, self.sector, self.credit, self.priority, self.parity)
        return any(asked) or self.whole_invoices or self.cycle_firms_max != 0

    @property
    def limited(self) -> bool:
        """Whether something is bounded that earlier clearings may have used up."""
        return any((self.firm, self.pair, self.sector, self.credit))

    def text(self) -> str:
        """Return what is asked as JSON in a fixed order: what differs from asking nothing."""
        unsaid = NetworkRules(minimum_minor=0)
        asked = {name: getattr(self, name) for name in self.__struct_fields__}
        said = {name: value for name, value in asked.items() if value != getattr(unsaid, name)}
        return encode(said | {"minimum_minor": self.minimum_minor}, order="sorted").decode()


def rules_of(text: str) -> NetworkRules:
    """Return the rules of a text made by `NetworkRules.text`."""
    return decode(text, type=NetworkRules)
