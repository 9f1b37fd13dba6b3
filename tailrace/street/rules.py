"""The rules of a run: those of every room, as data, overlaid by a folder's own.

The packaged `rules.toml` is the base; `tailrace.toml` beside the records overlays it key by key.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from tailrace.base.errors import BadTerms
from tailrace.evidence.changes.rules import ChangeRules
from tailrace.evidence.logs.rules import LogRules
from tailrace.evidence.rules import EvidenceRules
from tailrace.network.rounds.rules import RoundRules
from tailrace.network.rules import NetworkRules
from tailrace.offers.rules import OfferRules
from tailrace.outlook.rules import OutlookRules
from tailrace.records.rules import RecordRules
from tailrace.settlement.rules import SettlementRules


class RunRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a folder says of its own run."""

    on: date | None = None  # the day the run is made for, unless the caller says one
    since: date | None = None  # the report tells what changed since this day; null: it does not
    sender: str | None = None  # who keeps the book: notices of clearings go out in its name


class Rules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules of every room; steps ask for them by room name."""

    records: RecordRules
    evidence: EvidenceRules
    logs: LogRules
    changes: ChangeRules
    network: NetworkRules
    rounds: RoundRules
    outlook: OutlookRules
    offers: OfferRules
    settlement: SettlementRules
    run: RunRules = RunRules()

    def named(self, *, on: date, accept: str) -> dict[str, Any]:
        """Return the rules by the names steps ask for."""
        rooms = {name: getattr(self, name) for name in self.__struct_fields__ if name != "run"}
        return {**rooms, "on": on, "accept": accept}

    def text(self) -> str:
        """Return the rules as JSON in a fixed order, as a run page keeps them."""
        return msgspec.json.encode(msgspec.structs.replace(self, run=RunRules())).decode()


def packaged() -> Rules:
    """Return the rules the package comes with."""
    return load({}, where="rules.toml")


def from_text(text: str) -> Rules:
    """Return the rules a run page kept; what an older run could not know is as the package has it."""
    return load(msgspec.json.decode(text), where="the run's rules")


def of_folder(folder: Path) -> Rules:
    """Return the packaged rules overlaid by the folder's `tailrace.toml`, if it has one.

    Raises `BadTerms` that names the file and key where a rule is not known or has no meaning.
    """
    path = folder / "tailrace.toml"
    if not path.is_file():
        return packaged()
    try:
        own = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as why:
        mend = "write it as TOML, as the packaged rules.toml does"
        raise BadTerms(f"not TOML: {why}", where=str(path), mend=mend) from None
    return load(own, where=str(path))


def load(own: Mapping[str, Any], *, where: str) -> Rules:
    """Return the packaged rules overlaid by these."""
    base = tomllib.loads(files("tailrace").joinpath("rules.toml").read_text("utf-8"))
    try:
        return msgspec.convert(_overlaid(base, own), Rules, strict=False)
    except msgspec.ValidationError as why:
        mend = "keys and types are those of the packaged rules.toml (`tailrace rules` prints it)"
        raise BadTerms(str(why), where=where, mend=mend) from None


def overlaid(rules: Rules, own: Mapping[str, Any], *, where: str) -> Rules:
    """Return these rules overlaid by others, key by key."""
    return load(_overlaid(msgspec.json.decode(rules.text()), own), where=where)


def _overlaid(base: Any, own: Any) -> Any:
    if isinstance(base, Mapping) and isinstance(own, Mapping):
        return {k: _overlaid(base.get(k), own[k]) if k in own else base[k] for k in {**base, **own}}
    return own
