"""Lookup: the firms, sectors and currencies that rules name, found among the debts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.errors import BadTerms
from tailrace.network.debts import Debts, Flags
from tailrace.network.rules import Id, NetworkRules

if TYPE_CHECKING:
    from tailrace.network.constraints.reading import Part

SHOWN = 5


def bad(what: str, where: str, mend: str) -> BadTerms:
    """Return the error for a rule of [network]: `where` names its table and number, as `firm 2`."""
    return BadTerms(what, where=f"rules, [network], {where}", mend=mend)


class Lookup:
    """Places of the firms that the rules name, looked up once for all of them."""

    def __init__(self, debts: Debts, rules: NetworkRules) -> None:
        self.absent_too = rules.absent == "skip"
        self.names = _texts(debts.firms)
        said = {name: where for where, name in _named(rules)}
        wanted = [str(name) for name in said]
        at = pc.index_in(pa.array(wanted, pa.string()), value_set=self.names)
        self.place: dict[str, int] = {}
        for name, where, place in zip(wanted, said.values(), at.to_pylist(), strict=True):
            if place is not None:
                self.place[name] = place
            elif not self.absent_too:
                mend = 'write the id as the debts do, or say absent = "skip"'
                raise bad(f"no debt names the firm {name}", where, mend)
        self.sector = self._sectors(rules)

    def in_part(self, part: Part, name: Id) -> int | None:
        """Return where a firm stands among those of a currency, None where it has no debts there."""
        firm = self.place.get(str(name))
        if firm is None:
            return None
        at = int(np.searchsorted(part.firms, firm))
        return at if at < len(part.firms) and part.firms[at] == firm else None

    def name(self, part: Part, firm: int) -> str:
        """Return the id of a firm of a currency, as rules write it."""
        return str(self.names[int(part.firms[firm])].as_py())

    def meant(self, part: Part, currency: str | None) -> bool:
        """Whether a rule that names this currency, or none, holds for these debts.

        One for currencies that clear together holds where only one of them is there, too.
        """
        return currency is None or currency == part.code or part.code in currency.split("+")

    def of_sector(self, part: Part, sector: str) -> Flags:
        """Return which firms of a currency are of a sector."""
        mine = self.sector.get(sector, [])
        return np.isin(part.firms, np.array(mine, np.int64))

    def listed(self, part: Part, names: tuple[Id, ...]) -> Flags | None:
        """Return which firms are listed, None where none are."""
        if not names:
            return None
        places = [self.place[str(name)] for name in names if str(name) in self.place]
        return np.isin(part.firms, np.array(places, np.int64))

    def sectors(self, part: Part, names: tuple[str, ...]) -> Flags | None:
        """Return which firms are of one of the sectors, None where none are said."""
        if not names:
            return None
        return np.logical_or.reduce([self.of_sector(part, name) for name in names])

    def _sectors(self, rules: NetworkRules) -> dict[str, list[int]]:
        """Return the firms of each sector; firms without debts today may stand in the table."""
        found: dict[str, list[int]] = {name: [] for name in rules.sector_of.values()}
        wanted = pa.array(list(rules.sector_of), pa.string())
        places = pc.index_in(wanted, value_set=self.names).to_pylist()
        for place, sector in zip(places, rules.sector_of.values(), strict=True):
            if place is not None:
                found[sector].append(place)
        return found

    def check_said(self, rules: NetworkRules, currencies: list[str]) -> None:
        """Raise for a sector or a currency that is not there, currencies joined by a parity as one."""
        for at, limit in enumerate(rules.sector):
            self._check_sector(limit.sector, f"sector {at + 1}")
        for at, wanted in enumerate(rules.priority):
            for name in wanted.sectors:
                self._check_sector(name, f"priority {at + 1}")
        if self.absent_too:
            return
        tables = {"firm": rules.firm, "pair": rules.pair, "credit": rules.credit}
        for table, limits in (*tables.items(), ("sector", rules.sector)):
            for at, one in enumerate(limits):
                code = getattr(one, "currency", None)
                if code is not None and code not in currencies:
                    shown = ", ".join(currencies[:SHOWN]) or "none"
                    mend = f"the debts are in {shown}"
                    raise bad(f"no debt is in {code}", f"{table} {at + 1}", mend)

    def _check_sector(self, name: str, where: str) -> None:
        if name not in self.sector:
            known = ", ".join(sorted(self.sector)[:SHOWN]) or "none"
            mend = f"sectors are given by firm in [network.sector_of]; it knows {known}"
            raise bad(f"no firm is of the sector {name}", where, mend)


def places_of(ids: pa.Array, names: Iterable[Id]) -> list[int | None]:
    """Return where each name stands among the ids, None where it does not."""
    wanted = pa.array([str(name) for name in names], pa.string())
    return pc.index_in(wanted, value_set=_texts(ids)).to_pylist()


def _texts(ids: pa.Array) -> pa.Array:
    return ids if pa.types.is_string(ids.type) else ids.cast(pa.string())


def _named(rules: NetworkRules) -> list[tuple[str, Id]]:
    """Return each firm that a rule names and where."""
    found: list[tuple[str, Id | None]] = []
    for at, hold in enumerate(rules.hold):
        found += [(f"hold {at + 1}", name) for name in (hold.firm, hold.debtor, hold.creditor)]
    found += [(f"firm {at + 1}", limit.firm) for at, limit in enumerate(rules.firm)]
    for at, pair in enumerate(rules.pair):
        found += [(f"pair {at + 1}", name) for name in (pair.debtor, pair.creditor)]
    found += [(f"credit {at + 1}", line.firm) for at, line in enumerate(rules.credit)]
    for at, wanted in enumerate(rules.priority):
        found += [(f"priority {at + 1}", name) for name in wanted.firms]
    return [(where, name) for where, name in found if name is not None]
