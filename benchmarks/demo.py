"""Promise: `./run demo` on a fresh clone in under 3 minutes with a cold package cache, 30 s warm."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from benchmarks.measure import Result, cost, result, under

ROOT = Path(__file__).resolve().parents[1]


def measure() -> Result:
    """Clone, run with an empty home, run again; the peer is installing the locked packages alone."""
    with tempfile.TemporaryDirectory() as place:
        clone, home = Path(place) / "tailrace", Path(place) / "home"
        home.mkdir()
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        env = {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
        env |= {"UV_CACHE_DIR": str(home / "uv"), "PIP_CACHE_DIR": str(home / "pip")}
        cold = cost(["./run", "demo"], cwd=clone, env=env)
        warm = cost(["./run", "demo"], cwd=clone, env=env)
        again = Path(place) / "again"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(again)], check=True)
        cached = cost(["./run", "demo"], cwd=again, env=env)
    return result(
        "./run demo from a fresh clone: under 3 minutes cold, 30 s warm",
        [
            under("cold cache, from nothing to the report", 180, cold.wall_s, "s"),
            under("warm: the same clone again", 30, warm.wall_s, "s"),
        ],
        peer=f"a second fresh clone with the packages cached, {cached.wall_s:.1f} s on the wall",
        ratio=cold.wall_s / cached.wall_s,
    )
