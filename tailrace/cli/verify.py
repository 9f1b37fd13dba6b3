"""`tailrace verify`: follow the chain of a book and name the first page that is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tailrace.cli.common import json_option

if TYPE_CHECKING:
    from tailrace.base.journal import Head, Page

DIGITS_MIN = 8  # a digest cut to fewer would be met by chance


class Digest(click.ParamType):
    """A digest as hex digits, whole or cut."""

    name = "digest"

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        spelled = str(value).lower()
        if len(spelled) < DIGITS_MIN or not set(spelled) <= set("0123456789abcdef"):
            self.fail(
                f"{value!r} is not a digest; give {DIGITS_MIN} hex digits or more", param, ctx
            )
        return spelled


class Tally:
    """What has been seen of a book: its kinds with pages and bytes, and a head looked for."""

    def __init__(self, known: str | None) -> None:
        self.known, self.met = known, known is None
        self.kinds: dict[str, list[int]] = {}

    def see(self, page: Page) -> None:
        seen = self.kinds.setdefault(page.kind, [0, 0])
        seen[0] += 1
        seen[1] += len(page.body)
        self.met = self.met or page.digest.hex().startswith(self.known or "")

    def rows(self) -> list[dict[str, Any]]:
        return [
            {"kind": kind, "pages": pages, "bytes": size}
            for kind, (pages, size) in sorted(self.kinds.items())
        ]


@click.command("verify")
@click.argument("where", metavar="DIR|BOOK")
@click.option(
    "--head", "known", type=Digest(), help="a head noted before, which must be in the chain"
)
@json_option
@click.pass_context
def command(ctx: click.Context, where: str, known: str | None, as_json: bool) -> None:
    """Recompute every digest of a book; exit 1 and name the first page that is wrong."""
    from tailrace.base.errors import Damaged
    from tailrace.cli.common import print_json, print_rows

    tally = Tally(known)
    try:
        head = _verified(where, tally)
    except Damaged as why:
        if not as_json:
            raise
        said = {"what": why.what, "where": why.where, "mend": why.mend}
        print_json({"whole": False, "page": why.page, **said})
        ctx.exit(1)
    cleared = _certified(where)
    rows = tally.rows()
    if as_json:
        told = {"position": head.position, "digest": head.digest.hex()}
        print_json(
            {"whole": True, "pages": head.position, "head": told, "kinds": rows, "cleared": cleared}
        )
        return
    size = sum(row["bytes"] for row in rows)
    click.echo(f"whole: {head.position:,} pages of {len(rows)} kinds, {size:,} bytes")
    click.echo(f"head:  {head.digest.hex()}")
    if cleared:
        click.echo(f"clearings: {len(cleared):,}, each proven the greatest within its rules")
    if rows:
        click.echo()
        print_rows(rows, ("kind", "pages", "bytes"))


def _verified(where: str, tally: Tally) -> Head:
    """Return the head of a book that is whole; raise `Damaged` otherwise."""
    from tailrace.base.errors import Damaged
    from tailrace.cli.common import open_at, progress_done, progress_line

    say = progress_line()
    with open_at(where) as book:
        last = book.head.position

        def watch(page: Page) -> None:
            tally.see(page)
            say(f"page {page.position:,} of {last:,}")

        try:
            head = book.verify(watch)
        finally:
            progress_done()
        if not tally.met:
            what = f"no page has the digest {tally.known}: this is not the book it was noted from"
            mend = "compare with a copy made when that head was noted"
            raise Damaged(what, where=book.store.url, mend=mend)
    return head


def _certified(where: str) -> dict[str, int]:
    """Return what each adopted clearing set off, its certificate checked by code of its own.

    Rounds are held to what was told: what one adopted is the run its parties accepted.
    """
    from tailrace.cli.common import open_at
    from tailrace.network import verify_adopted
    from tailrace.network.rounds.verifying import verify_rounds

    with open_at(where) as book:
        rounds, act, line = (book.table(kind) for kind in ("round", "round_act", "round_line"))
        debt, set_off, clearing = (book.table(kind) for kind in ("debt", "set_off", "clearing"))
        verify_rounds(rounds, act, line, clearing, debt, set_off)
        proof = (book.table(kind) for kind in ("shadow_price", "circle", "cycle"))
        return verify_adopted(debt, set_off, book.table("price"), clearing, *proof)
