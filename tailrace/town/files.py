"""The town as real files: UBL documents, camt.053 statements, CSV exports, some of them spoilt.

    <kind>/<yyyy-mm>/<number>.xml                      the firm's code before numbers that lack it
    receipt/<yyyy-mm>/<firm>-receipts-<yyyy-mm>.csv    what a warehouse exports of a month
    receipts.map.toml                                  how those are read

Documents are cut into sheaves of fixed size and written by a pool: the same bytes however many
processes there are.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from msgspec.structs import replace

from tailrace.base.tables import to_bytes
from tailrace.town.arrays import stream
from tailrace.town.columns import pick
from tailrace.town.economy import Economy
from tailrace.town.records import parties_of, records
from tailrace.town.settings import LOCAL, PLAIN, RECEIPTS_MAP
from tailrace.town.sheaf import DAMAGES, OF_ORDERS, File, Sheaf, write_sheaf
from tailrace.town.telling import Planted, Progress, documents_of

SHEAF = 500  # documents written by one process at a time
INSIDE = ("line", "reference", "tax_subtotal", "payment", "statement_entry")


def write_records(
    e: Economy, place: Path, *, faults: int, workers: int, progress: Progress
) -> tuple[dict[str, int], list[Planted]]:
    """Write the files below `place`; return how many documents of each kind, and what is spoilt.

    `faults` is the number of spoilt files added; what they spoil is a copy, so that the truth of
    every claim stays.
    """
    progress("record tables")
    tables = records(e)
    plan = _plan(e, tables["document"], faults)
    for directory in sorted({Path(file.path).parent for file in plan}):
        (place / directory).mkdir(parents=True, exist_ok=True)
    if e.firms.csv.any():
        (place / "receipts.map.toml").write_text(RECEIPTS_MAP, "utf-8")
    done = 0
    for written in _written(_sheaves(tables, plan), tables, place, workers):
        done += written
        progress(f"{done:,} of {len(plan):,} files")
    return documents_of(tables["document"]), _planted(plan)


class _Planned(Struct, frozen=True, kw_only=True):
    """A file to write: its place below records, its documents, and how a copy is spoilt."""

    path: str
    dialect: str | None  # of a CSV file
    documents: list[int]
    damage: str | None = None
    spoilt: str | None = None  # the path of the spoilt copy


def _plan(e: Economy, document: pa.Table, faults: int) -> list[_Planned]:
    """Return the files in the order of their paths."""
    files: dict[str, _Planned] = {}
    for n, (path, dialect) in enumerate(_paths(e, document)):
        if path in files:
            files[path].documents.append(n)
        else:
            files[path] = _Planned(path=path, dialect=dialect, documents=[n])
    plan = [files[path] for path in sorted(files)]
    return _spoil(e.seed, plan, faults)


def _spoil(seed: int, plan: list[_Planned], faults: int) -> list[_Planned]:
    """Choose the files of which a spoilt copy is made, each kind of damage in turn."""
    exported = [n for n, file in enumerate(plan) if file.dialect]
    if faults and exported:
        file = plan[exported[0]]
        plan[exported[0]] = replace(file, damage="bad row", spoilt=file.path)
        faults -= 1
    rng = stream(seed, "faults")
    pools = {
        kind: rng.permutation([n for n, f in enumerate(plan) if f.path.startswith(f"{kind}/")])
        for kind in ("invoice", "order")
    }
    for turn in range(min(faults, *(len(pool) for pool in pools.values()))):
        damage = list(DAMAGES)[turn % len(DAMAGES)]
        n = int(pools["order" if damage in OF_ORDERS else "invoice"][turn])
        head, name = plan[n].path.rsplit("/", 1)
        plan[n] = replace(plan[n], damage=damage, spoilt=f"{head}/X-{name}")
    return plan


def _paths(e: Economy, document: pa.Table) -> Iterator[tuple[str, str | None]]:
    """Yield the path of every document and, where it is a CSV export's, the dialect."""
    named, firms = parties_of(e), e.firms
    code: dict[str, str] = {}
    exports: dict[str, bool] = {}
    for ids in (named.trade, named.goods, named.owner):
        code.update(zip(ids.to_pylist(), firms.code.tolist(), strict=True))
        exports.update(zip(ids.to_pylist(), firms.csv.tolist(), strict=True))
    columns = (document[name].to_pylist() for name in ("kind", "number", "issued_on", "issuer_id"))
    for kind, number, issued_on, issuer in zip(*columns, strict=True):
        month = f"{issued_on:%Y-%m}"
        firm = code.get(issuer, "")
        if kind == "receipt" and exports[issuer]:
            dialect = PLAIN if int(firm[1:]) % 2 else LOCAL
            yield f"receipt/{month}/{firm}-{dialect}-{month}.csv", dialect
            continue
        stem = number if not firm or number.startswith(f"{firm}-") else f"{firm}-{number}"
        yield f"{kind}/{month}/{stem}.xml", None


def _sheaves(tables: Mapping[str, pa.Table], plan: Sequence[_Planned]) -> Iterator[Sheaf]:
    """Yield the documents of the plan a sheaf at a time, each with the rows it needs."""
    order = np.array([n for file in plan for n in file.documents])
    document = tables["document"]
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    inside = {kind: _by_document(tables[kind], document, place) for kind in INSIDE}
    payment, payment_place = inside["payment"]
    owner = pick(pa.array(payment_place), _places(tables["allocation"], payment, "payment_id"))
    inside["allocation"] = _sorted(tables["allocation"], owner.to_numpy())
    document = document.take(pa.array(order))
    begin = taken = 0
    files: list[File] = []
    for file in plan:
        files.append(
            File(
                path=file.path,
                dialect=file.dialect,
                documents=len(file.documents),
                damage=file.damage,
                spoilt=file.spoilt,
            )
        )
        taken += len(file.documents)
        if taken - begin >= SHEAF or taken == len(order):
            yield Sheaf(
                files=files,
                tables={
                    "document": to_bytes(document.slice(begin, taken - begin)),
                    **{k: to_bytes(_cut(*v, begin, taken)) for k, v in inside.items()},
                },
            )
            files, begin = [], taken


def _by_document(
    table: pa.Table, document: pa.Table, place: np.ndarray
) -> tuple[pa.Table, np.ndarray]:
    return _sorted(table, place[_places(table, document, "document_id")])


def _places(table: pa.Table, owners: pa.Table, key: str) -> np.ndarray:
    """Return the place of each row's owner among the owners."""
    found: np.ndarray = pc.index_in(table[key], owners[key]).combine_chunks().to_numpy()
    return found


def _sorted(table: pa.Table, place: np.ndarray) -> tuple[pa.Table, np.ndarray]:
    order = np.argsort(place, kind="stable")
    return table.take(pa.array(order)), place[order]


def _cut(table: pa.Table, place: np.ndarray, begin: int, end: int) -> pa.Table:
    first, last = np.searchsorted(place, [begin, end])
    return table.slice(first, last - first)


def _written(
    sheaves: Iterator[Sheaf], tables: Mapping[str, pa.Table], place: Path, workers: int
) -> Iterator[int]:
    """Write the sheaves here or in a pool; yield how many files each held."""
    named = {kind: to_bytes(tables[kind]) for kind in ("party", "party_identifier")}
    if workers <= 1:
        for sheaf in sheaves:
            yield write_sheaf(sheaf, named, place)
        return
    context = multiprocessing.get_context("spawn")  # the same on every system, no locks kept
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        waiting = [pool.submit(write_sheaf, sheaf, named, place) for sheaf in sheaves]
        for future in waiting:
            yield future.result()


def _planted(plan: Sequence[_Planned]) -> list[Planted]:
    """Return the spoilt files and what is wrong with each."""
    return [
        (f"records/{file.spoilt}", DAMAGES.get(file.damage or "", "a row with an impossible day"))
        for file in plan
        if file.spoilt
    ]
