"""The [network] rules that `tailrace clear` and `tailrace liquidity` are given in a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from tailrace.network.rules import NetworkRules

minimum_option = click.option(
    "--minimum", type=click.IntRange(0), default=None, help="leave out debts below, in minor units"
)


def rules_option(said: str) -> Callable[[Any], Any]:
    """Return the option that names the file; said: what is done under its rules."""
    kind = click.Path(exists=True, dir_okay=False)
    return click.option("--rules", "rules_file", type=kind, help=said)


def rules_of(path: str | None, minimum: int | None, allocation: str | None = None) -> NetworkRules:
    """Return the rules of a file, or none, with what the command itself says in their place."""
    import tomllib

    from msgspec.structs import replace

    from tailrace.base.errors import BadTerms
    from tailrace.network import NetworkRules
    from tailrace.street.rules import load

    rules = NetworkRules(minimum_minor=0)
    if path is not None:
        try:
            own = tomllib.loads(Path(path).read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as why:
            mend = "write it as TOML, with the tables of docs/constraints.md"
            raise BadTerms(f"not TOML: {why}", where=path, mend=mend) from None
        rules = load(own, where=path).network
    said: dict[str, Any] = {"minimum_minor": minimum}
    said["allocation"] = None if allocation is None else allocation.replace("-", " ")
    return replace(rules, **{name: value for name, value in said.items() if value is not None})
