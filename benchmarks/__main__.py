"""Run the promises named, or all of them; exit 1 where one is not held."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path

from benchmarks.measure import Result, keep, shown

HERE = Path(__file__).parent
HELPERS = {"__init__", "__main__", "measure", "networks"}


def main() -> int:
    """Measure, print, keep beside the code; the exit code says whether every promise held."""
    names = sorted(p.stem for p in HERE.glob("*.py") if p.stem not in HELPERS)
    ask = argparse.ArgumentParser(prog="./run bench")
    ask.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}")
    ask.add_argument("--json", action="store_true", help="print results as JSON lines")
    asked = ask.parse_args()
    unknown = set(asked.names) - set(names)
    if unknown:
        ask.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    held = True
    for name in asked.names or names:
        result: Result = import_module(f"benchmarks.{name}").measure()
        keep(HERE / "results" / f"{name}.json", result)
        print(shown(result, as_json=asked.json), flush=True)
        held = held and result.held
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
