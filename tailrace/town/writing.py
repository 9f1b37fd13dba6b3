"""A town laid out in a folder: records in one form or the other, its rules, its truth."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Literal

from tailrace.base.errors import BadTerms
from tailrace.town import files, parquet
from tailrace.town.economy import Economy
from tailrace.town.settings import tailrace_toml
from tailrace.town.telling import Planted, Progress, write_truth

Form = Literal["files", "parquet"]


def write(
    e: Economy, folder: Path, *, form: Form, faults: int, workers: int, progress: Progress
) -> dict[str, int]:
    """Write DIR/records, DIR/tailrace.toml and DIR/truth; return how many documents of each kind.

    The same town gives the same bytes, however many workers there are. `faults` spoilt files are
    added where the form is files; tables hold none. Records stand under their name only when they
    are whole. Raises `BadTerms` where the folder holds records already: nothing is written over.
    """
    place, truth = folder / "records", folder / "truth"
    if place.exists():
        mend = "name a folder of its own for the town, or remove the old one"
        raise BadTerms("there are records here already", where=str(place), mend=mend)
    unfinished = truth / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    planted: list[Planted] = []
    if form == "parquet":
        documents = parquet.write_records(e, unfinished, progress)
    else:
        documents, planted = files.write_records(
            e, unfinished, faults=faults, workers=workers, progress=progress
        )
    progress("truth")
    write_truth(e, truth, documents, faults=planted)
    (folder / "tailrace.toml").write_text(tailrace_toml(e), "utf-8")
    unfinished.rename(place)
    return documents
