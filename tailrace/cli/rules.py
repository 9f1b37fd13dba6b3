"""`tailrace rules`: the rules a run would use."""

from __future__ import annotations

from pathlib import Path

import click

from tailrace.cli.common import json_option


@click.command("rules")
@click.argument("where", metavar="[DIR]", default=".")
@json_option
def command(where: str, as_json: bool) -> None:
    """Print the rules a run of the folder would use."""
    from importlib.resources import files

    import msgspec

    from tailrace.cli.common import print_json
    from tailrace.street.rules import of_folder

    rules = of_folder(Path(where))
    if as_json:
        print_json(rules)
        return
    if not (Path(where) / "tailrace.toml").is_file():
        click.echo(files("tailrace").joinpath("rules.toml").read_text("utf-8"), nl=False)
        return
    for room, chosen in msgspec.to_builtins(rules).items():
        click.echo(f"[{room}]")
        for name, value in chosen.items():
            click.echo(f"{name} = {value!r}")
