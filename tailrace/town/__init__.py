"""The town: a small economy made up from a seed, as records of its firms with the truth beside.

In: a seed, how many firms, how many months, how many frauds and faults. Out: the tables of the
record model (`records.py`) as real files (`files.py`) or as Parquet (`parquet.py`), and what is
true of them (`truth.py`). `economy.py` makes the town part by part, in memory; `writing.py` lays it
out in a folder. Examples, tests and benchmarks rely on it; no room does.
"""

from tailrace.town.economy import Economy, build
from tailrace.town.writing import write

__all__ = ["Economy", "build", "write"]
