"""What every benchmark shares: running a command under account, and telling the result."""

from __future__ import annotations

import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct


class Cost(Struct, frozen=True, kw_only=True):
    """What a command took: seconds on the wall and of processors, and its largest process."""

    wall_s: float
    cpu_s: float
    peak_mb: float


class Figure(Struct, frozen=True, kw_only=True):
    """One promise: what was asked, what was measured, whether it held."""

    name: str
    asked: str
    measured: str
    held: bool


class Result(Struct, frozen=True, kw_only=True):
    """The outcome of one benchmark file."""

    promise: str
    figures: tuple[Figure, ...]
    peer: str  # who the peer is and what it took in the same run
    ratio: float  # ours / the peer's, per processor second unless the peer says otherwise
    machine: str
    load: str
    measured_on: str

    @property
    def held(self) -> bool:
        return all(figure.held for figure in self.figures)


def tailrace() -> list[str]:
    """Return the command that runs this checkout."""
    return [sys.executable, "-m", "tailrace.cli"]


def cost(
    command: Sequence[str], *, cwd: Path | None = None, env: dict[str, str] | None = None
) -> Cost:
    """Run a command and return what it and its children took; a failing command raises."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(
            f"{' '.join(command)} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        )
    cpu = (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)
    return Cost(wall_s=wall, cpu_s=cpu, peak_mb=after.ru_maxrss / 1024)


def median(command: Sequence[str], *, runs: int) -> Cost:
    """Run a command several times after one warm-up; return the medians."""
    cost(command)
    costs = [cost(command) for _ in range(runs)]
    return Cost(
        wall_s=statistics.median(c.wall_s for c in costs),
        cpu_s=statistics.median(c.cpu_s for c in costs),
        peak_mb=max(c.peak_mb for c in costs),
    )


def result(promise: str, figures: Sequence[Figure], *, peer: str, ratio: float) -> Result:
    """Return a result with the machine, its load and the day."""
    one, five, _ = os.getloadavg()
    return Result(
        promise=promise,
        figures=tuple(figures),
        peer=peer,
        ratio=round(ratio, 2),
        machine=f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        load=f"{one:.1f} over one minute, {five:.1f} over five",
        measured_on=datetime.now(UTC).date().isoformat(),
    )


def keep(path: Path, outcome: Result) -> None:
    """Write a result beside the code."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(outcome)) + b"\n")


def shown(outcome: Result, *, as_json: bool) -> str:
    """Return a result for people, or as one line of JSON."""
    if as_json:
        return msgspec.json.encode(outcome).decode()
    lines = [outcome.promise]
    lines += [
        f"  {'held ' if f.held else 'BROKEN'} {f.name}: asked {f.asked}, measured {f.measured}"
        for f in outcome.figures
    ]
    lines.append(f"  peer: {outcome.peer}; ratio {outcome.ratio}")
    lines.append(f"  machine: {outcome.machine}; load {outcome.load}")
    return "\n".join(lines)


def under(name: str, limit: float, value: float, unit: str) -> Figure:
    """Return the figure of a value that must stay under a limit."""
    return Figure(
        name=name,
        asked=f"under {limit:g} {unit}",
        measured=f"{value:.3g} {unit}",
        held=value < limit,
    )
