"""Which parties are one firm: decisions first, then numbers by rank, then accounts.

A number joins all who carry it, unless it is contested: unless firms made by stronger numbers would
come together that carry different LEIs, different VAT numbers of one country, and so on
(`schemes.HELD_BACK_BY`). A contested number joins only those who carry no other strong number.
A split takes its second party, with those a stronger number made one with it, out of the firm.
Every answer is of sets, not of the order in which rows came.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tailrace.base.steps import array_step
from tailrace.evidence.components import Ints, components
from tailrace.evidence.rules import EvidenceRules
from tailrace.evidence.who import schemes
from tailrace.evidence.who.numbers import coded
from tailrace.evidence.who.working import CONTESTED, SAME_FIRM

Flags = NDArray[np.bool_]
_MOST = np.iinfo(np.int64).max


class Known(NamedTuple):
    """The rows of known_by as numbers: who carries which token, of which kind and rank."""

    party: Ints
    token: Ints
    rank: Ints
    kind: Ints
    banked: Flags

    def where(self, rows: Flags) -> Known:
        return Known(
            self.party[rows], self.token[rows], self.rank[rows], self.kind[rows], self.banked[rows]
        )


class Decided(NamedTuple):
    """Pairs of parties that a person made one, or parted: the second leaves the first."""

    one: tuple[Ints, Ints]
    parted: tuple[Ints, Ints]


@array_step(reads=("known_by", "in_force"), writes=("same_firm", "contested"), version=2)
def same_firm(
    known_by: pa.Table, in_force: pa.Table, evidence: EvidenceRules
) -> dict[str, pa.Table]:
    """Join parties by decisions, strong identifiers and accounts.

    known_by, in_force -> same_firm: one row for each party that has any number or decision; firm_id
    is the smallest party_id. contested: the numbers that did not join all who carry them.
    """
    named = pc.is_in(in_force["what"], pa.array(["merge", "split"]))
    decided = in_force.filter(named)
    columns = (known_by["party_id"], decided["party_id"], decided["other_id"])
    everyone = pa.chunked_array([c for column in columns for c in column.chunks], pa.string())
    if len(everyone) == 0:
        return {"same_firm": SAME_FIRM.empty(), "contested": CONTESTED.empty()}
    parties, place = coded(everyone)
    party, one, other = np.split(place, [len(known_by), len(known_by) + len(decided)])
    tokens, token = (
        coded(known_by["token"]) if len(known_by) else (pa.array([], pa.string()), place[:0])
    )
    kinds, kind = (
        coded(known_by["kind"]) if len(known_by) else (pa.array([], pa.string()), place[:0])
    )
    known = Known(
        party,
        token,
        known_by["rank"].to_numpy(),
        kind,
        known_by["banked"].to_numpy(zero_copy_only=False),
    )
    merged = pc.equal(decided["what"], "merge").to_numpy(zero_copy_only=False).astype(np.bool_)
    pairs = Decided((one[merged], other[merged]), (one[~merged], other[~merged]))
    groups = pc.is_in(tokens, _groups(evidence)).to_numpy(zero_copy_only=False)
    firm, contested, joined = _firms(len(parties), known, kinds.to_pylist(), groups, pairs)
    reason = _reasons(firm, known.where(joined), tokens)
    told = {
        "party_id": parties,
        "firm_id": parties.take(pa.array(firm)),
        "reason": _with_decisions(reason, firm, pairs.one, decided.filter(pa.array(merged))),
    }
    refused = {"token": tokens.filter(pa.array(contested)), "declared": groups[contested]}
    return {"same_firm": pa.table(told), "contested": pa.table(refused)}


def _groups(evidence: EvidenceRules) -> pa.Array:
    """Return the tokens of declared VAT groups."""
    return pa.array([f"VAT {group.vat}" for group in evidence.vat_group], pa.string())


def _firms(
    count: int, known: Known, kinds: list[str], groups: Flags, decided: Decided
) -> tuple[Ints, Flags, Flags]:
    """Return each party's firm, which tokens are contested, and which rows may join."""
    every = np.arange(count, dtype=np.int64)
    one, other = decided.one
    label = _pairs(every, one, other, decided)
    strong = known.rank < schemes.ACCOUNT_RANK
    numbers = np.bincount(known.party[strong], minlength=count)
    bare = numbers == 1
    for parties in (*decided.one, *decided.parted):
        bare[parties] = False
    contested, joined = groups.copy(), np.ones(len(known.party), np.bool_)
    for scheme in schemes.STRONG:
        rows = np.flatnonzero(known.rank == schemes.RANK[scheme])
        if not len(rows):
            continue
        party, token = known.party[rows], known.token[rows]
        marks = known.where(_held_back(known.kind, kinds, schemes.HELD_BACK_BY[scheme]))
        contested |= _contested(label, party, token, marks, contested)
        joins = ~contested[token] | bare[party]
        joined[rows] = joins
        label = _joined(label, party[joins], token[joins], decided)
    named = np.zeros(count, np.bool_)
    named[label[known.party[strong]]] = True
    weak = known.where(~strong)
    a, b = _by_account(label[weak.party], weak.token, weak.banked, named)
    return _pairs(label, a, b, decided), contested, joined


def _held_back(kind: Ints, kinds: list[str], schemes_: tuple[str, ...]) -> Flags:
    """Say which rows are of a scheme; `VAT DE` is of VAT."""
    told = np.array([name.split(" ")[0] in schemes_ for name in kinds], np.bool_)
    return told[kind] if len(kinds) else np.zeros(len(kind), np.bool_)


def _contested(label: Ints, party: Ints, token: Ints, marks: Known, before: Flags) -> Flags:
    """Say which tokens would join firms that carry different stronger numbers of one kind.

    First each by itself; then, of those that are left, all that together lead from one such firm to
    another.
    """
    found = np.zeros(len(before), np.bool_)
    if not len(marks.party):
        return found
    carried = _carried(label, marks)
    found[_at_odds(token, label[party], carried)] = True
    kept = ~(found | before)[token]
    if kept.any():
        party, token = party[kept], token[kept]
        every = np.arange(len(label), dtype=np.int64)
        first = _first(party, token, np.ones(len(token), np.bool_))
        whole = components(
            len(label), np.concatenate([every, party]), np.concatenate([label, first])
        )
        odd = np.zeros(len(label), np.bool_)
        odd[_at_odds(whole[party], label[party], carried)] = True
        found[token[odd[whole[party]]]] = True
    return found


def _carried(label: Ints, marks: Known) -> tuple[Ints, Ints, Ints, Ints]:
    """Return firm, kind, least and greatest token: what each firm carries of each kind, by firm."""
    wide = int(marks.kind.max()) + 1
    key, at = np.unique(label[marks.party] * wide + marks.kind, return_inverse=True)
    low, high = _bounds(at, marks.token, len(key))
    return key // wide, key % wide, low, high


def _at_odds(group: Ints, firm: Ints, carried: tuple[Ints, Ints, Ints, Ints]) -> Ints:
    """Return the groups in which two firms carry different tokens of one kind."""
    owner, kind, low, high = carried
    pairs = np.unique(np.stack([group, firm]), axis=1)
    start = np.searchsorted(owner, pairs[1], "left")
    many = np.searchsorted(owner, pairs[1], "right") - start
    rows = np.repeat(start - np.cumsum(many) + many, many) + np.arange(int(many.sum()))
    groups, firms = np.repeat(pairs[0], many), np.repeat(pairs[1], many)
    if not len(rows):
        return groups
    wide = int(kind.max()) + 1
    key, at = np.unique(groups * wide + kind[rows], return_inverse=True)
    first, last = _bounds(at, firms, len(key))
    least, _ = _bounds(at, low[rows], len(key))
    _, most = _bounds(at, high[rows], len(key))
    return key[(first < last) & (least < most)] // wide


def _joined(label: Ints, party: Ints, group: Ints, decided: Decided) -> Ints:
    """Join the firms of all parties of a group.

    Where that would join a parted pair, its second firm stays out of this round.
    """
    every = np.arange(len(label), dtype=np.int64)

    def by(rows: Flags) -> Ints:
        first = _first(party, group, rows)[rows]
        a, b = np.concatenate([every, party[rows]]), np.concatenate([label, first])
        return components(len(label), a, b)

    whole = by(np.ones(len(party), np.bool_))
    stays, leaves = decided.parted
    meet = whole[stays] == whole[leaves]
    if not meet.any():
        return whole
    out = np.zeros(len(label), np.bool_)
    out[label[leaves[meet]]] = True
    return by(~out[label[party]])


def _pairs(label: Ints, a: Ints, b: Ints, decided: Decided) -> Ints:
    """Join firms by pairs, each a group of its own."""
    each = np.arange(len(a), dtype=np.int64)
    return _joined(label, np.concatenate([a, b]), np.concatenate([each, each]), decided)


def _first(party: Ints, token: Ints, rows: Flags) -> Ints:
    """Return for each row the first party, of those rows, that carries its token."""
    first = np.full(int(token.max(initial=-1)) + 1, _MOST)
    np.minimum.at(first, token[rows], party[rows])
    return first[token]


def _by_account(firm: Ints, token: Ints, banked: Flags, named: Flags) -> tuple[Ints, Ints]:
    """Return edges from firms known only by accounts to the owner of the account.

    The owner is the one strongly known firm to which a bank gives the account, else the one that
    claims it and to which no bank gives another. Where there is none, the weak ones join each other.
    """
    count = int(token.max(initial=-1)) + 1
    with_bank = np.zeros(len(named), np.bool_)
    with_bank[firm[banked]] = True
    told = _only(firm, token, named[firm] & banked, count)
    claimed = _only(firm, token, named[firm] & ~with_bank[firm], count)
    contested = _many(firm, token, named[firm] & banked, count)
    owner = np.where(told >= 0, told, np.where(contested, -1, claimed))
    weak = ~named[firm]
    least = np.full(count, _MOST)
    np.minimum.at(least, token[weak], firm[weak])
    goal = np.where(owner[token] >= 0, owner[token], least[token])
    torn = _many(goal, firm, weak & (owner[token] >= 0), len(named))
    joins = weak & ~torn[firm]
    return firm[joins], goal[joins]


def _bounds(key: Ints, value: Ints, count: int) -> tuple[Ints, Ints]:
    """Return the least and the greatest value of each key."""
    low, high = np.full(count, _MOST), np.full(count, -1)
    np.minimum.at(low, key, value)
    np.maximum.at(high, key, value)
    return low, high


def _only(value: Ints, key: Ints, rows: Flags, count: int) -> Ints:
    """Return for each key the one value its rows have; -1 where they have none or several."""
    low, high = _bounds(key[rows], value[rows], count)
    return np.where(low == high, high, -1)


def _many(value: Ints, key: Ints, rows: Flags, count: int) -> Flags:
    """Return for each key whether its rows have more than one value."""
    low, high = _bounds(key[rows], value[rows], count)
    return low < high


def _reasons(firm: Ints, known: Known, tokens: pa.Array) -> pa.Array:
    """Return for each party the strongest token it shares inside its firm, or alone."""
    if not len(known.party):
        return pa.array(["alone"] * len(firm), pa.string())
    key = firm[known.party] * len(tokens) + known.token
    _, at, many = np.unique(key, return_inverse=True, return_counts=True)
    rows = np.flatnonzero(many[at] > 1)
    rows = rows[np.lexsort((known.token[rows], known.rank[rows], known.party[rows]))]
    first = np.unique(known.party[rows], return_index=True)[1]
    chosen = np.full(len(firm), -1)
    chosen[known.party[rows[first]]] = known.token[rows[first]]
    return pc.fill_null(tokens.take(pa.array(chosen, mask=chosen < 0)), "alone")


def _with_decisions(
    reason: pa.Array, firm: Ints, one: tuple[Ints, Ints], decided: pa.Table
) -> pa.Array:
    """Return the reasons, those of parties a decision made one told by the decision."""
    told = reason.to_pylist() if len(decided) else None
    if told is None:
        return reason
    rows = zip(*one, decided.to_pylist(), strict=True)
    for a, b, row in sorted(
        rows, key=lambda r: (r[2]["decided_on"], r[2]["decision_id"]), reverse=True
    ):
        if firm[a] == firm[b]:
            said = f"decision {row['decision_id'][:12]} of {row['decided_on']}: {row['reason']}"
            told[a] = told[b] = said
    return pa.array(told, pa.string())
