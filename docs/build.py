"""`./run docs`: gather the pages and the commands' manuals and build the site in `site/`."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def gather(place: Path) -> None:
    """Lay the docs, the manuals beside the commands and the site's settings in one folder."""
    shutil.copytree(
        ROOT / "docs", place / "docs", ignore=shutil.ignore_patterns("*.py", "__pycache__")
    )
    manuals = place / "docs" / "commands"
    manuals.mkdir()
    for manual in sorted((ROOT / "tailrace" / "cli").glob("*.md")):
        shutil.copy(manual, manuals)
    shutil.copy(ROOT / "mkdocs.yml", place)


def main() -> int:
    """Build the site; the exit code is the builder's."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        gather(place)
        done = subprocess.run(
            [Path(sys.executable).parent / "zensical", "build"], cwd=place, check=False
        )
        if done.returncode == 0:
            shutil.rmtree(ROOT / "site", ignore_errors=True)
            shutil.copytree(place / "site", ROOT / "site")
            sys.stdout.write(f"open {ROOT / 'site' / 'index.html'}\n")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
