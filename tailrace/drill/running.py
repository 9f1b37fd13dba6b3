"""Running a drill on packs by name, and on folders that hold records and the truth."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pyarrow.parquet as pq

from tailrace.base.errors import NotFound
from tailrace.drill import packs
from tailrace.drill.kinds import KINDS
from tailrace.drill.measure import Count, count, judged
from tailrace.drill.scene import BASE, ON, Planted, Scene
from tailrace.gates import open_gate
from tailrace.records.tables import RECORDS
from tailrace.street.opening import open_book
from tailrace.street.reading import read_into
from tailrace.street.rules import of_folder, packaged

PACKS = tuple(sorted(m.name for m in iter_modules(packs.__path__)))  # the folder is the list
COLUMNS = ("kind", "number", "creditor", "excess_minor", "words")


def scene(pack: str, *, seed: int, firms: int) -> Scene:
    """Return the scene of a pack. Raises `NotFound` for a name that is no pack."""
    if pack not in PACKS:
        mend = f"packs are {', '.join(PACKS)}; or name a folder with records/ and truth/"
        raise NotFound(f"no pack {pack!r}", where="drill", mend=mend)
    made = Scene(pack, seed, firms)
    import_module(f"tailrace.drill.packs.{pack}").plant(made)
    return made


def drill(pack: str, *, seed: int, firms: int) -> Count:
    """Run one pack, by name or folder, and count."""
    if pack not in PACKS and Path(pack).is_dir():
        return _folder(Path(pack))
    made = scene(pack, seed=seed, firms=firms)
    return count(pack, made.truth, judged(made.tables(), on=made.on, rules=packaged()))


def write(pack: str, place: Path, *, seed: int, firms: int) -> None:
    """Write a pack as a folder: its record tables as Parquet, and the truth beside them as CSV."""
    made = scene(pack, seed=seed, firms=firms)
    records, truth = place / "records", place / "truth"
    records.mkdir(parents=True, exist_ok=True)
    truth.mkdir(exist_ok=True)
    for kind, table in made.tables().items():
        if table.num_rows and kind != "source":  # reading makes its own of the files it reads
            pq.write_table(table, records / f"{kind}.parquet", store_schema=False)
    with (truth / "frauds.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        rows.writerows([t.kind, t.number, t.creditor, t.excess_minor, t.words] for t in made.truth)
    (place / "tailrace.toml").write_text(f'[run]\non = "{made.on}"\n', "utf-8")


def _folder(place: Path) -> Count:
    rules = of_folder(place)
    day = rules.run.on or ON
    with open_book("memory://") as book:
        gate = open_gate(
            str(place / "records"),
            skip=rules.records.skip,
            bytes_max=rules.records.bytes_max,
            expansion_max=rules.records.expansion_max,
        )
        at = datetime(day.year, day.month, day.day, tzinfo=UTC)
        read_into(book, gate.items(), rules.records, at=at, workers=1)
        tables = {schema.kind: book.table(schema.kind) for schema in RECORDS}
    return count(place.name, _truth(place), judged(tables, on=day, rules=rules))


def _truth(place: Path) -> list[Planted]:
    path = place / "truth" / "frauds.csv"
    if not path.is_file():
        mend = f"a CSV with the columns {', '.join(COLUMNS)}"
        raise NotFound("no truth", where=str(path), mend=mend)
    with path.open(newline="", encoding="utf-8") as file:
        rows = [{k: row.get(k) or "" for k in COLUMNS} for row in csv.DictReader(file)]
    for row in rows:
        if row["kind"] not in (*KINDS, BASE):
            mend = f"kinds are {', '.join((*KINDS, BASE))}"
            raise NotFound(f"no kind {row['kind']!r}", where=str(path), mend=mend)
    return [
        Planted(
            kind=row["kind"],
            number=row["number"],
            creditor=row["creditor"],
            excess_minor=int(row["excess_minor"]) if row["excess_minor"] else None,
            words=row["words"] or None,
        )
        for row in rows
    ]
