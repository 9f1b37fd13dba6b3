"""Promise: `tailrace run` on a town of 200 firms, about 20,000 documents, in under 20 s on two cores."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.measure import Result, cost, result, tailrace, under

PARSE = """
import sys
from pathlib import Path
from lxml import etree
for path in Path(sys.argv[1]).rglob("*.xml"):
    try:
        etree.parse(path)
    except (etree.XMLSyntaxError, OSError):
        pass  # a planted malformed file
"""


def measure() -> Result:
    """Run a fresh town; the peer only parses the same XML files with lxml and keeps nothing."""
    with tempfile.TemporaryDirectory() as place:
        town = Path(place) / "town"
        cost([*tailrace(), "town", str(town), "--firms", "200", "--seed", "1"])
        files = sum(1 for p in (town / "records").rglob("*") if p.is_file())
        ours = cost([*tailrace(), "run", str(town)])
        again = cost([*tailrace(), "run", str(town)])
        peer = cost([sys.executable, "-c", PARSE, str(town / "records")])
    return result(
        f"tailrace run on a 200-firm town ({files:,} files) in under 20 s",
        [
            under("tailrace run", 20, ours.wall_s, "s"),
            under("tailrace run again, nothing new", 20, again.wall_s, "s"),
        ],
        peer=f"lxml parsing the same files and keeping nothing, {peer.cpu_s:.2f} CPU s",
        ratio=ours.cpu_s / peer.cpu_s,
    )
