"""Pictures as files: SVG as it is, HTML around it, PNG by a browser where one is found."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tailrace.base.errors import BadTerms

FORMS = (".svg", ".html", ".png")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
SCALE = 2  # pixels of a PNG for each unit of the picture
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>body{{margin:0;background:#fff}}svg{{display:block;width:100%;height:auto}}</style>
</head><body>{svg}</body></html>
"""


def picture_path(name: str) -> Path:
    """Return the path of a picture to be; raise `BadTerms` for a form that is not drawn."""
    path = Path(name)
    if path.suffix.lower() not in FORMS:
        mend = f"name a file that ends in {', '.join(FORMS)}"
        raise BadTerms("not a form of picture", where=name, mend=mend)
    return path


def write_picture(path: Path, svg: str, *, title: str) -> None:
    """Write an SVG in the form its path's ending asks for."""
    form = path.suffix.lower()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if form == ".png":
            _write_png(path, svg)
        else:
            whole = svg if form == ".svg" else _PAGE.format(title=title, svg=svg)
            path.write_text(whole, "utf-8")
    except OSError as why:
        mend = "name a folder you may write to"
        raise BadTerms(f"cannot write: {why}", where=str(path), mend=mend) from None


def _write_png(path: Path, svg: str) -> None:
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        mend = f"write .svg or .html, or install one of {', '.join(BROWSERS)}"
        raise BadTerms("no browser to draw a PNG", where=str(path), mend=mend)
    width, height = _size(svg)
    with tempfile.TemporaryDirectory() as folder:
        page, made = Path(folder) / "page.html", Path(folder) / "page.png"
        page.write_text(_PAGE.format(title="", svg=svg), "utf-8")
        words = [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            f"--user-data-dir={folder}/profile",
            f"--force-device-scale-factor={SCALE}",
            f"--window-size={width},{height}",
            f"--screenshot={made}",
            page.as_uri(),
        ]
        try:
            done = subprocess.run(words, capture_output=True, timeout=120, check=False)
        except subprocess.TimeoutExpired:
            done = None
        if done is None or not made.is_file():
            mend = "write .svg or .html instead"
            raise BadTerms(f"{browser} drew nothing", where=str(path), mend=mend)
        shutil.move(made, path)


def _size(svg: str) -> tuple[int, int]:
    found = re.search(r'viewBox="0 0 (\d+) (\d+)"', svg)
    return (int(found[1]), int(found[2])) if found else (960, 640)
