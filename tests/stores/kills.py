"""Kill a command at random moments and look at what it left behind.

    for kill in killed([sys.executable, "-m", "tailrace.cli.main", ...], times=50, seed=1, within=4):
        assert_the_book_is_whole()

The moments come from the seed, so a run that fails can be made again; a command that ends by itself
before its moment is no kill and must have succeeded. The command and all it started die together.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct


class Kill(Struct, frozen=True, kw_only=True):
    """One try: which it was, how long it ran, whether it was killed, and what it had printed."""

    number: int
    seconds: float
    killed: bool
    out: bytes


def killed(
    command: Sequence[str],
    *,
    times: int,
    seed: int,
    within: float,
    starts: bytes = b"",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[Kill]:
    """Run the command `times` times, killed after 0 to `within` seconds; yield after each.

    The clock begins when the command has printed `starts` (at once if that is empty), so that the
    moments fall into the work and not into Python's own start. A command that fails by itself
    raises `AssertionError` with its standard error.
    """
    moments = random.Random(seed)
    for number in range(1, times + 1):
        yield _one(command, number, moments.uniform(0, within), starts, cwd, env)


def _one(
    command: Sequence[str],
    number: int,
    delay: float,
    starts: bytes,
    cwd: Path | None,
    env: Mapping[str, str] | None,
) -> Kill:
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=cwd, env=env, stdout=pipe, stderr=pipe, start_new_session=True
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline() if starts else b""
        while starts and first and starts not in first:
            first = process.stdout.readline()
        begun = time.monotonic()
        try:
            out, said = process.communicate(timeout=delay)
            dead = False
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, said = process.communicate()
            # It may have ended in the very moment the signal was sent.
            dead = process.returncode == -signal.SIGKILL
        seconds = time.monotonic() - begun
    assert dead or process.returncode == 0, said.decode(errors="replace")
    return Kill(number=number, seconds=seconds, killed=dead, out=first + out)


def python_env() -> dict[str, str]:
    """Return an environment in which a child finds this checkout's package."""
    root = Path(__file__).resolve().parents[2]
    return {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}


def python(*arguments: str) -> list[str]:
    """Return the command that runs this Python with these arguments."""
    return [sys.executable, *arguments]
