"""`tailrace VERB ...`: verbs are the files of this folder, loaded when they are called.

Exit 0 done, 1 faults found or something wrong with the book, 2 misuse.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import click

from tailrace import __version__

HERE = Path(__file__).parent
_ORDER = ("town", "run", "prove", "clear", "offers", "accept", "books", "settle", "why", "view")


class Verbs(click.Group):
    """The verbs of the folder; the listing reads their manuals and imports none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        found = {path.stem for path in HERE.glob("*.md")}
        first = [verb for verb in _ORDER if verb in found]
        return [*first, *sorted(found - set(first))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if not (HERE / f"{cmd_name}.md").is_file():
            return None
        command: click.Command = import_module(f"tailrace.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(verb, said(verb)) for verb in self.list_commands(ctx)]
        with formatter.section("Verbs"):
            formatter.write_dl(rows)


def said(verb: str) -> str:
    """Return what a verb does: the sentence under the title of its manual."""
    lines = (HERE / f"{verb}.md").read_text("utf-8").splitlines()
    return next(line for line in lines[1:] if line.strip() and not line.startswith((" ", "`")))


@click.command(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="tailrace %(version)s")
def verbs() -> None:
    """Industrial finance infrastructure: records proven, debts cleared, remainders financed.

    A verb works on a folder of records, on the book a run made of it, or on a book's URL.
    """


def main() -> None:
    """Run a verb; print what a caller did wrong as what, where and mend, and exit 2."""
    try:
        code = verbs(standalone_mode=False)
    except click.exceptions.Exit as done:
        code = done.exit_code
    except click.Abort:
        click.echo("stopped; what was already appended to the book stands", err=True)
        code = 130
    except click.ClickException as why:
        why.show()
        code = why.exit_code
    except BrokenPipeError:
        code = 0
        sys.stdout = None
    except Exception as why:
        from tailrace.base.errors import Damaged, TailraceError
        from tailrace.cli.common import progress_done

        progress_done()
        if not isinstance(why, TailraceError):
            raise
        click.echo(f"tailrace: {why}", err=True)
        code = 1 if isinstance(why, Damaged) else 2
    sys.exit(code if isinstance(code, int) else 0)
