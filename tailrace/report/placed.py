"""A curve and a placement as rows for people: amounts as text, firms by name, the largest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from msgspec.structs import asdict

from tailrace.base.money import EXPONENTS, text
from tailrace.network.liquidity import Band, Corner, Placement, Trade

Rows = list[dict[str, Any]]


def amount(amount_minor: int, code: str) -> str:
    """Return an amount for people; a code that ISO 4217 does not have keeps its minor units."""
    return text(amount_minor, code) if code in EXPONENTS else f"{amount_minor:,} {code}"


def share(part: int, whole: int) -> str:
    """Return a part of a whole in per cent."""
    return f"{100 * part / whole:.1f} %" if whole else ""


def told(
    trade: Trade,
    alone: int,
    bands: Sequence[Band],
    corners: Sequence[Corner],
    placement: Placement | None,
) -> dict[str, Any]:
    """Return one currency's answer for programs: amounts in minor units, costs exact."""
    row: dict[str, Any] = {
        "currency": trade.currency,
        "debt_minor": trade.whole,
        "alone_minor": alone,
        "enough_minor": trade.net_debt,
        "curve": [asdict(band) for band in bands],
    }
    if corners:
        row["by_cost"] = [asdict(corner) for corner in corners]
    if placement is not None:
        names = ("budget_minor", "lent_minor", "own_minor", "idle_minor", "settled_minor", "slope")
        tables = ("loans", "firms", "chains")
        row["placement"] = {
            **{name: getattr(placement, name) for name in (*names, "cost")},
            **{name: getattr(placement, name).to_pylist() for name in tables},
        }
    return row


def curve_rows(bands: Sequence[Band], debt: int, code: str) -> tuple[Rows, list[str]]:
    """Return the curve as rows, and the columns that tell something."""
    rows = [
        {
            "money put in": amount(band.to_minor, code),
            "one unit settles": band.slope,
            "debt settled": amount(band.settled_minor, code),
            "share": share(band.settled_minor, debt),
            "source": band.source,
            "price": band.price,
        }
        for band in bands
    ]
    plain = len({band.source for band in bands}) < 2 and not any(band.price for band in bands)
    columns = ["money put in", "one unit settles", "debt settled", "share"]
    return rows, columns if plain else [*columns, "source", "price"]


def cost_rows(corners: Sequence[Corner], code: str) -> Rows:
    """Return the curve by cost: what settles for a price, and what the next unit of price settles."""
    rows: Rows = []
    for corner, further in zip_longest(corners, corners[1:]):
        each = ""
        if further is not None:
            gain = further.settled_minor - corner.settled_minor
            each = f"{10_000 * gain / (further.cost - corner.cost):,.0f}"
        rows.append(
            {
                "price paid": amount(-(-corner.cost // 10_000), code),
                "money lent": amount(corner.lent_minor, code),
                "debt settled": amount(corner.settled_minor, code),
                "a unit more of price settles": each,
            }
        )
    return rows


def summary(placement: Placement) -> list[str]:
    """Return what a placement does, in a few lines."""
    code, more = placement.currency, placement.settled_minor - placement.alone_minor
    own, lent = (amount(n, code) for n in (placement.own_minor, placement.lent_minor))
    put = placement.own_minor + placement.lent_minor
    each = f", {more / put:.2f} a unit" if put else ""
    whole = amount(placement.settled_minor, code)
    lines = [
        f"{amount(put, code)} put in: {own} their own, {lent} lent",
        f"  settles {amount(more, code)} more{each}: in all {whole}"
        f"  {share(placement.settled_minor, placement.debt_minor)}",
    ]
    if placement.cost:
        lines.append(f"  price of the loans {amount(-(-placement.cost // 10_000), code)}")
    if placement.idle_minor:
        reason = "no line that is open settles more"
        if placement.settled_minor == placement.debt_minor:
            reason = f"{amount(put, code)} settle all debt"
        lines.append(f"  {amount(placement.idle_minor, code)} stay idle: {reason}")
    return lines


def tables(placement: Placement, names: Mapping[str, str]) -> list[tuple[str, Rows, list[str]]]:
    """Return the placement's tables as (title, rows, columns); `names` calls firms by name."""
    code = placement.currency

    def called(firm: Any) -> str:
        return names.get(str(firm), str(firm))

    loans = sorted(placement.loans.to_pylist(), key=lambda row: -row["amount_minor"])
    for row in loans:
        row["amount"] = amount(row["amount_minor"], code)
        row["borrower"], row["lender"] = called(row["borrower"]), called(row["lender"])
    firms = placement.firms.to_pylist()
    for row in firms:
        row["firm"], row["keeps"] = called(row["firm"]), amount(row["kept_minor"], code)
        row["one more unit settles"] = row["worth"]
        row["for at least"] = amount(row["holds_minor"], code)
    kept = sorted((r for r in firms if r["kept_minor"]), key=lambda row: -row["kept_minor"])
    best = sorted((r for r in firms if r["worth"]), key=lambda r: (-r["worth"], -r["holds_minor"]))
    chains = _chains(placement, called)
    return [
        ("Borrower repays lender", loans, ["borrower", "lender", "source", "amount", "price"]),
        ("Keeps money at the end", kept, ["firm", "keeps"]),
        ("Chains the money runs through", chains, ["amount", "debts", "chain"]),
        ("Where more would settle most", best, ["firm", "one more unit settles", "for at least"]),
    ]


def _chains(placement: Placement, called: Any) -> Rows:
    ways: dict[int, Rows] = {}
    for row in placement.chains.to_pylist():
        ways.setdefault(row["chain"], []).append(row)
    told = []
    for way in ways.values():
        firms = [way[0]["borrower"], *(row["creditor"] for row in way)]
        told.append(
            {
                "amount": amount(way[0]["amount_minor"], placement.currency),
                "debts": way[0]["length"],
                "chain": " -> ".join(map(called, firms)),
            }
        )
    return told
