"""Post deeds in order: all of a deed or none of it, and never below a floor.

The semantics are those of a loop: each deed is decided on the balances the deeds before it left.
The loop is needed only where it matters. Sums over the whole batch show which account could fall
below its floor at all; deeds that share no such account, directly or through others, are accepted
together, and only the rest is walked deed by deed. Both ways give the same answer (a plain loop of
forty lines in the tests is the judge).

Statuses, first named wins: `exists_with_different_fields`, `amount_must_be_positive`,
`accounts_must_be_different`, `overflow`, `overdrawn`. A deed that comes again as it was is no
refusal: the first answer stands and nothing is posted twice. Words after TigerBeetle.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from numpy.typing import NDArray

from tailrace.ledger.tables import REFUSAL

BALANCE_MAX = 2**63 - 1
NO_FLOOR = -(2**63)
SAFE = float(2**62)  # sums of floats are off by less than this leaves room for
FIELDS = ("debit", "credit", "unit", "amount", "valid_on")
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Refused(Struct, frozen=True):
    """Why a deed was refused, and at which account."""

    status: str
    account: str | None
    what: str


class Batch(Struct, frozen=True):
    """The deeds of a batch: where each begins, and which transfer belongs to which."""

    rows: pa.Table
    deed: Ints  # 0, 1, ... in the order the deeds stand, for each transfer
    starts: Ints  # first transfer of each deed

    def ids(self) -> pa.Array:
        """Return the id of each deed in turn."""
        return self.rows["deed_id"].combine_chunks().take(pa.array(self.starts))


class Entries(Struct, frozen=True):
    """The sides of transfers that need watching, in order of account and unit, then deed.

    A key is one account and unit; `key` points into `account`, `unit`, `held` and `floor`.
    """

    key: Ints
    deed: Ints
    signed: Ints  # a debit above zero, a credit below
    account: pa.Array
    unit: pa.Array
    held: Ints
    floor: Ints  # NO_FLOOR where the account has none
    risky: bool  # sums may leave int64


def post(
    wanted: pa.Table, *, held: pa.Table, posted: pa.Table, floors: Mapping[str, int]
) -> tuple[pa.Table, pa.Table]:
    """Return the transfers accepted and a refusal for each deed that was not.

    wanted: `deed` rows in the order they are to be decided, those of a deed side by side. held:
    account, unit, balance before (one not there holds nothing). posted: transfers already in the
    book whose deeds may be wanted again. floors: account name -> least balance. Tables out: the
    rows of `wanted` that are posted, as they came, and `refusal` rows in order of refusal. Nothing
    raises: a deed that cannot be posted is a row. Source: notes on TigerBeetle's `linked` and
    `debits_must_not_exceed_credits`, which is the floor of an account kept on the other side.
    """
    if not wanted.num_rows:
        return wanted, REFUSAL.empty()
    batch = _batch(wanted)
    refused, silent = _repeated(batch, posted)
    _misshapen(batch, refused, silent)
    out = np.zeros(len(batch.starts), np.bool_)
    out[[*refused, *silent]] = True
    entries = _watched(batch, held, floors, out)
    dirty = _dirty(entries, len(batch.starts))
    if dirty.any():
        refused |= _walked(entries, dirty)
    out[list(refused)] = True
    accepted = wanted if not out.any() else wanted.filter(pa.array(~out[batch.deed]))
    return accepted, _refusals(batch, refused)


def _batch(wanted: pa.Table) -> Batch:
    ids = wanted["deed_id"].combine_chunks()
    new = np.ones(len(ids), np.bool_)
    if len(ids) > 1:
        new[1:] = pc.not_equal(ids.slice(1), ids.slice(0, len(ids) - 1)).to_numpy(False)
    return Batch(rows=wanted, deed=np.cumsum(new) - 1, starts=np.flatnonzero(new))


def _repeated(batch: Batch, posted: pa.Table) -> tuple[dict[int, Refused], list[int]]:
    """Return the deeds whose id was used: those refused for it and those left out in silence."""
    firsts = batch.ids()
    again = set() if _all_differ(firsts) else _twice(firsts)
    known = _legs(posted)
    refused: dict[int, Refused] = {}
    silent: list[int] = []
    if not again and not known:
        return refused, silent
    told: set[str] = set()
    ends = np.append(batch.starts[1:], batch.rows.num_rows)
    used = pc.is_in(firsts, value_set=pa.array(sorted(again | set(known)), pa.string()))
    for i in np.flatnonzero(used.to_numpy(False)):
        start, end = int(batch.starts[i]), int(ends[i])
        [(deed_id, legs)] = _legs(batch.rows.slice(start, end - start)).items()
        first = known.setdefault(deed_id, legs)
        if first is legs:
            continue
        if first == legs or deed_id in told:
            silent.append(int(i))
        else:
            told.add(deed_id)
            what = "a deed of this id has other transfers; what was posted first stands"
            refused[int(i)] = Refused("exists_with_different_fields", None, what)
    return refused, silent


def _all_differ(ids: pa.Array) -> bool:
    """Whether no id comes twice; in doubt, false. Ids of 32 digits are mixed into 64 bits."""
    _, offsets, data = ids.buffers()
    at = np.frombuffer(offsets, np.int32)[ids.offset : ids.offset + len(ids) + 1]
    if ids.null_count or (np.diff(at) != 32).any():
        return False
    words = np.frombuffer(data, np.uint64, 4 * len(ids), offset=int(at[0])).reshape(-1, 4)
    mixed = words @ np.array(_MIX, np.uint64)
    mixed.sort()
    return bool((mixed[1:] != mixed[:-1]).all())


_MIX = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93)  # odd


def _twice(ids: pa.Array) -> set[str]:
    return {row["values"] for row in pc.value_counts(ids).to_pylist() if row["counts"] > 1}


def _legs(transfers: pa.Table) -> dict[str, list[tuple[object, ...]]]:
    """Return what each deed says, in the order of its transfers."""
    found: dict[str, list[tuple[object, ...]]] = {}
    for row in transfers.select(["deed_id", "sequence", *FIELDS]).to_pylist():
        leg = (row["sequence"], *(row[name] for name in FIELDS))
        found.setdefault(row["deed_id"], []).append(leg)
    return {deed: sorted(legs) for deed, legs in found.items()}


def _misshapen(batch: Batch, refused: dict[int, Refused], silent: list[int]) -> None:
    """Add the deeds with a transfer that means nothing, whatever the balances are."""
    amount, debit = batch.rows["amount"].to_numpy(), batch.rows["debit"]
    same = pc.equal(debit, batch.rows["credit"]).to_numpy()
    for bad in (np.flatnonzero(amount <= 0), np.flatnonzero(same)):
        for row in bad.tolist():
            deed = int(batch.deed[row])
            if deed in refused or deed in silent:
                continue
            account = debit[row].as_py()
            if amount[row] <= 0:
                what = f"an amount of {amount[row]}; a transfer moves more than nothing"
                refused[deed] = Refused("amount_must_be_positive", account, what)
            else:
                what = "debit and credit are one account; a transfer joins two"
                refused[deed] = Refused("accounts_must_be_different", account, what)


def _watched(batch: Batch, held: pa.Table, floors: Mapping[str, int], out: Flags) -> Entries:
    """Return the entries that could break a floor or leave int64, with what was held before."""
    risky = _risky(batch.rows, held)
    sides, deeds, amounts = [], [], []
    for side, sign in (("debit", 1), ("credit", -1)):
        accounts = batch.rows[side]
        rows = np.full(len(accounts), risky)
        for name in floors:
            rows |= pc.ends_with(accounts, f"/{name}").to_numpy()
        rows &= ~out[batch.deed]
        chosen = batch.rows.filter(pa.array(rows))
        sides.append(chosen.select([side, "unit"]).rename_columns(["account", "unit"]))
        deeds.append(batch.deed[rows])
        amounts.append(sign * chosen["amount"].to_numpy())
    entries = pa.concat_tables(sides)
    account, accounts = _codes(entries["account"])
    unit, units = _codes(entries["unit"])
    pair, deed = account * max(len(units), 1) + unit, np.concatenate(deeds)
    order = np.lexsort((deed, pair))
    pair = pair[order]
    first = np.append(True, pair[1:] != pair[:-1])[: len(pair)]
    pairs, key = pair[first], np.cumsum(first) - 1
    own = pairs // max(len(units), 1)
    return Entries(
        key=key,
        deed=deed[order],
        signed=np.concatenate(amounts)[order],
        account=accounts.take(pa.array(own)),
        unit=units.take(pa.array(pairs % max(len(units), 1))),
        held=_held(held, accounts, units, pairs),
        floor=_floors(accounts, floors)[own],
        risky=risky,
    )


def _codes(texts: pa.ChunkedArray) -> tuple[Ints, pa.Array]:
    """Return each text's place in a dictionary, and the dictionary."""
    if not len(texts):
        return np.zeros(0, np.int64), pa.array([], pa.string())
    encoded = texts.dictionary_encode().unify_dictionaries()
    places = [chunk.indices.to_numpy(zero_copy_only=False) for chunk in encoded.chunks]
    return np.concatenate(places).astype(np.int64), encoded.chunk(0).dictionary


def _floors(accounts: pa.Array, floors: Mapping[str, int]) -> Ints:
    found = np.full(len(accounts), NO_FLOOR, np.int64)
    for name, least in floors.items():
        found[pc.ends_with(accounts, f"/{name}").to_numpy(False)] = least
    return found


def _held(held: pa.Table, accounts: pa.Array, units: pa.Array, pairs: Ints) -> Ints:
    """Return the balance before of each pair of account and unit in the batch."""
    account = pc.index_in(held["account"], value_set=accounts)
    unit = pc.index_in(held["unit"], value_set=units)
    both = pc.and_(account.is_valid(), unit.is_valid())
    codes = [side.filter(both).to_numpy().astype(np.int64) for side in (account, unit)]
    pair, balance = codes[0] * max(len(units), 1) + codes[1], held["balance"].filter(both)
    found = np.zeros(len(pairs), np.int64)
    at = np.searchsorted(pairs, pair)
    known = np.flatnonzero(at < len(pairs))
    known = known[pairs[at[known]] == pair[known]]
    found[at[known]] = balance.to_numpy()[known]
    return found


def _risky(wanted: pa.Table, held: pa.Table) -> bool:
    """Whether the sum of everything, whatever its unit, could come near the end of int64."""
    moved = np.abs(wanted["amount"].to_numpy().astype(float)).sum()
    stood = np.abs(held["balance"].to_numpy().astype(float)).max(initial=0)
    return bool(moved + stood >= SAFE)


def _dirty(entries: Entries, deeds: int) -> Flags:
    """Return the deeds whose answer may depend on another's: the others can all be accepted.

    A key (account and unit) is in doubt if it starts below its floor, would be below it after some
    deed were all accepted, or may overflow. A deed that touches one is in doubt, and puts every
    other watched key it touches in doubt, and so on until nothing is added.
    """
    dirty = np.zeros(deeds, np.bool_)
    keys = (entries.held < entries.floor) | entries.risky
    if len(entries.key):
        keys[entries.key[_below(entries)]] = True
    while True:
        touched = keys[entries.key]
        before = int(dirty.sum())
        dirty[entries.deed[touched]] = True
        if int(dirty.sum()) == before:
            return dirty
        keys[entries.key[dirty[entries.deed]]] = True


def _below(entries: Entries) -> Flags:
    """Return the entries after which, all being accepted, a key stands below its floor."""
    key, deed = entries.key, entries.deed
    first = np.append(True, key[1:] != key[:-1])
    last = np.append((key[1:] != key[:-1]) | (deed[1:] != deed[:-1]), True)
    running = np.cumsum(entries.signed)  # wraps at worst, and the subtraction wraps it back
    base = running[first] - entries.signed[first]
    after = running - base[key] + entries.held[key]
    return last & (after < entries.floor[key])


def _walked(entries: Entries, dirty: Flags) -> dict[int, Refused]:
    """Decide the deeds in doubt one after the other, in plain whole numbers."""
    refused: dict[int, Refused] = {}
    rows = np.flatnonzero(dirty[entries.deed])
    rows = rows[np.argsort(entries.deed[rows], kind="stable")]
    held = dict(enumerate(entries.held.tolist()))
    floor = entries.floor.tolist()
    edges = np.flatnonzero(np.diff(entries.deed[rows], prepend=-1))
    for part in np.split(rows, edges[1:]):
        deed = int(entries.deed[part[0]])
        after: dict[int, int] = {}
        for row in part:
            key = int(entries.key[row])
            after[key] = after.get(key, held[key]) + int(entries.signed[row])
        why = _broken(entries, after, held, floor)
        if why:
            refused[deed] = why
        else:
            held |= after
    return refused


def _broken(
    entries: Entries, after: dict[int, int], held: dict[int, int], floor: list[int]
) -> Refused | None:
    """Return what a deed would break, if anything; money coming in is welcome below a floor."""
    found: list[tuple[str, str, Refused]] = []
    for key, amount in after.items():
        account, unit = entries.account[key].as_py(), entries.unit[key].as_py()
        if abs(amount) > BALANCE_MAX:
            what = f"would hold {amount} {unit}; a balance stays within 64 bits"
            found.append(("0", account + unit, Refused("overflow", account, what)))
        elif amount < min(held[key], floor[key]):
            what = f"would hold {amount} {unit}; its floor is {floor[key]}"
            found.append(("1", account + unit, Refused("overdrawn", account, what)))
    return min(found, key=lambda row: row[:2])[2] if found else None


def _refusals(batch: Batch, refused: dict[int, Refused]) -> pa.Table:
    """Return a row for each deed id refused; one refused twice keeps its first answer."""
    deeds = sorted(refused)
    rows = batch.rows.select(["deed_id", "cause_kind", "cause_id"])
    causes = rows.take(pa.array(batch.starts[deeds], pa.int64())).to_pylist()
    found: dict[str, dict[str, str | None]] = {}
    for deed, cause in zip(deeds, causes, strict=True):
        why = refused[deed]
        told = {"status": why.status, "account": why.account, "what": why.what}
        found.setdefault(cause["deed_id"], cause | told)
    return REFUSAL.rows(found.values())
