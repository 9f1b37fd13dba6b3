"""What the tests of table formats and the intake share: limits, golden files, small helpers."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import msgspec

import tailrace
from tailrace.formats.rows import Rows
from tailrace.records.rules import RecordRules

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
_RULES = tomllib.loads((Path(tailrace.__file__).parent / "rules.toml").read_text("utf-8"))
LIMITS = msgspec.convert(_RULES["records"], RecordRules)
GATE = {
    "skip": LIMITS.skip,
    "bytes_max": LIMITS.bytes_max,
    "expansion_max": LIMITS.expansion_max,
}


def business(rows: Rows) -> dict[str, Any]:
    """Return what a reader sees of the rows: values as text, without digests and nulls."""
    shown: dict[str, Any] = {
        kind: [_shown(row) for row in found] for kind, found in sorted(rows.tables.items())
    }
    shown["fault"] = [f"{f.where}: {f.what}" for f in rows.faults]
    return json.loads(json.dumps(shown, default=str))


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    kept = {k: v for k, v in row.items() if not k.endswith("_id") and v is not None}
    return {k: f"{v.normalize():f}" if hasattr(v, "normalize") else v for k, v in kept.items()}


def expected(name: str) -> Any:
    return json.loads((GOLDEN / name).read_text("utf-8"))
