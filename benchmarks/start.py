"""Promise: the package imports in under 0.2 s and `tailrace --help` answers in under 0.4 s."""

from __future__ import annotations

import sys

from benchmarks.measure import Result, median, result, tailrace, under

RUNS = 9


def measure() -> Result:
    """Time whole processes; the peer is a bare interpreter, which nobody can beat."""
    bare = median([sys.executable, "-c", "pass"], runs=RUNS)
    imported = median([sys.executable, "-c", "import tailrace"], runs=RUNS)
    helped = median([*tailrace(), "--help"], runs=RUNS)
    return result(
        "Starting is quick: import under 0.2 s, --help under 0.4 s",
        [
            under("import tailrace", 0.2, imported.wall_s, "s"),
            under("tailrace --help", 0.4, helped.wall_s, "s"),
        ],
        peer=f"python -c pass, {bare.wall_s:.3f} s",
        ratio=helped.wall_s / bare.wall_s,
    )
