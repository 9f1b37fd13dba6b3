"""What the pictures of a clearing rest on: asked of a clearing's own arrays, or of a book's rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from tailrace.network import Clearing
from tailrace.network.compare import owed_between, settled_by
from tailrace.network.fairness import tenths_of
from tailrace.report.cycles import Ring
from tailrace.report.network import Edge

GROUPS_MAX = 9  # sectors drawn; of more, the smallest are one
TIERS_FROM = 40  # firms from which classes of size tell more than the firms themselves
TIERS = ((10, "10 largest firms"), (100, "next 90"), (1000, "next 900"), (None, "all others"))
OTHERS, UNSAID = "all others", "not said"


class Seen(Struct, frozen=True, kw_only=True):
    """What the pictures of one currency rest on, firms by id."""

    currency: str
    edges: list[Edge]  # by pair: what was owed, and what is left
    names: Mapping[str, str]  # of firms; one not there goes by its id
    group: dict[str, str]  # by firm: its sector, its class of size, or itself
    rings: list[Ring]  # cycles set off, the greatest first; those of many firms may be left out
    cycles: int  # how many there are in all
    ways: list[tuple[str, int, int]]  # name, left to pay, payments
    tenths: list[tuple[int, int]]  # by tenth of firms, smallest first: set off, owed

    def name(self, firm: str) -> str:
        """Return what a firm is called."""
        return self.names.get(firm) or firm

    @property
    def before(self) -> int:
        """What was owed."""
        return sum(edge.before for edge in self.edges)

    @property
    def off(self) -> int:
        """What was set off."""
        return sum(edge.before - edge.after for edge in self.edges)


def seen_of(
    obligations: pa.Table, clearing: Clearing, code: str, names: Mapping[str, str] | None = None
) -> Seen:
    """Return what the pictures of one currency of a clearing rest on.

    Sectors are told by columns `debtor_sector` and `creditor_sector` where the obligations have them.
    """
    debts = clearing.debts
    rows = np.flatnonzero(debts.good & (debts.currency == clearing.currencies.index(code)))
    u, v = debts.debtor[rows], debts.creditor[rows]
    ids = [str(firm) for firm in clearing.firms.to_pylist()]
    edges = [
        Edge(ids[a], ids[b], x, y)
        for a, b, x, y in zip(*(e.tolist() for e in owed_between(clearing, code)), strict=True)
    ]
    rings = rings_of(clearing, code)
    sectors = _sectors(obligations, rows, u, v, ids)
    return seen_from(edges, rings, len(rings), code, names or {}, sectors)


def seen_from(
    edges: list[Edge],
    rings: list[Ring],
    cycles: int,
    code: str,
    names: Mapping[str, str],
    sectors: Mapping[str, str],
) -> Seen:
    """Return what the pictures rest on, from what each firm owes each other before and after.

    sectors: by firm's id or name; where none is said of any of these firms, they are grouped by size.
    """
    ids = sorted({firm for e in edges for firm in (e.debtor, e.creditor)})
    place = {firm: n for n, firm in enumerate(ids)}
    debtor, creditor, before, after = (
        np.array(values, np.int64)
        for values in (
            [place[e.debtor] for e in edges],
            [place[e.creditor] for e in edges],
            [e.before for e in edges],
            [e.after for e in edges],
        )
    )
    owed, owing, done = (np.zeros(len(ids), np.int64) for _ in range(3))
    np.add.at(owed, debtor, before)
    np.add.at(owing, creditor, before)
    np.add.at(done, debtor, before - after)
    called = {f: sectors.get(f) or sectors.get(names.get(f, "")) or UNSAID for f in ids}
    said = set(called.values()) - {UNSAID}
    return Seen(
        currency=code,
        edges=edges,
        names=names,
        group=_largest(called) if said else sizes_of(edges, names),
        rings=rings,
        cycles=cycles,
        ways=[
            (way.way, way.left_minor, way.payments)
            for way in settled_by(code, debtor, creditor, before, before - after)
        ],
        tenths=[(t.set_off_minor, t.owed_minor) for t in tenths_of(code, owed, owing, done)],
    )


def _sectors(
    obligations: pa.Table, rows: Any, u: Any, v: Any, ids: Sequence[str]
) -> dict[str, str]:
    if not {"debtor_sector", "creditor_sector"} <= set(obligations.column_names):
        return {}
    said: dict[str, str] = {}
    for column, firms in (("creditor_sector", v), ("debtor_sector", u)):
        told = obligations[column].take(pa.array(rows)).to_pylist()
        for firm, sector in zip(firms.tolist(), told, strict=True):
            if sector is not None:
                said[ids[firm]] = str(sector)
    return said


def _largest(sector: Mapping[str, str]) -> dict[str, str]:
    """Return the sectors by firm, those of fewest firms as one where there are many."""
    count: dict[str, int] = {}
    for name in sector.values():
        count[name] = count.get(name, 0) + 1
    if len(count) <= GROUPS_MAX:
        return dict(sector)
    kept = set(sorted(count, key=lambda s: (-count[s], s))[: GROUPS_MAX - 1])
    return {firm: name if name in kept else OTHERS for firm, name in sector.items()}


def sizes_of(edges: Sequence[Edge], names: Mapping[str, str]) -> dict[str, str]:
    """Return each firm's class of size, by what it owes and is owed: see TIERS.

    Of a few firms the largest stand for themselves.
    """
    size: dict[str, int] = {}
    for e in edges:
        size[e.debtor] = size.get(e.debtor, 0) + e.before
        size[e.creditor] = size.get(e.creditor, 0) + e.before
    order = sorted(size, key=lambda f: (-size[f], f))
    if len(order) < TIERS_FROM:
        most = len(order) if len(order) <= GROUPS_MAX else GROUPS_MAX - 1
        alone = {firm: names.get(firm) or firm for firm in order[:most]}
        return alone | dict.fromkeys(order[most:], OTHERS)
    classes: dict[str, str] = {}
    start = 0
    for end, name in TIERS:
        part = order[start:end]
        cut = end is not None and start < len(order) < end
        classes |= dict.fromkeys(part, f"other {len(part)}" if cut else name)
        start += len(part)
    return classes


def rings_of(clearing: Clearing, code: str) -> list[Ring]:
    """Return a currency's cycles of two firms and more, the greatest sum first."""
    rows = clearing.cycles.filter(pc.equal(clearing.cycles["currency"], code))
    firms = rows["debtor"].to_pylist()
    length, amount = rows["length"].to_numpy(), rows["amount_minor"].to_numpy()
    starts = np.flatnonzero(rows["step"].to_numpy() == 0)
    found = [
        Ring([str(f) for f in firms[at : at + int(length[at])]], int(amount[at]))
        for at in starts.tolist()
        if length[at] > 1
    ]
    return sorted(found, key=lambda r: (-r.amount * len(r.firms), r.firms))
