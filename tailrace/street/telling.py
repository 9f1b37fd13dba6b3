"""The summary in words: a screen a treasurer would read."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.base.money import text
from tailrace.street.summary import CurrencyFigures, Summary

KINDS_MAX = 4  # document kinds told on the first line


def told(s: Summary) -> Iterator[str]:
    """Yield the summary line by line."""
    said = [f"{c.count:,} {_plural(c.name, c.count)}" for c in s.documents[:KINDS_MAX]]
    more = ["..."] if len(s.documents) > KINDS_MAX else []
    read = ", ".join([*said, *more]) or "nothing that could be read"
    yield f"Tailrace  {s.on}  {s.firms:,} firms, {s.files:,} files: {read}"
    for c in s.currencies:
        yield ""
        yield from _currency(c)
    yield ""
    if s.coverage is None:
        yield "payment days   the past is too short to judge the payment interval"
    else:
        yield f"payment days   the payment interval covered {s.coverage:.0%} of the {s.judged:,} claims it can be judged on"
    if s.firms_without_balance:
        yield f"cash curves    none for {s.firms_without_balance:,} firms whose bank balance is not in the records"
    if s.findings:
        yield "findings       " + ", ".join(f"{c.count:,} {c.name}" for c in s.findings[:6])
    if s.faults:
        yield f"faults         {s.faults_all:,}: " + "; ".join(
            f"{c.count:,} x {c.name}" for c in s.faults[:2]
        )
    if s.next:
        yield ""
        yield "next"
        yield from (f"  {i}. {step}" for i, step in enumerate(s.next, start=1))


def _currency(c: CurrencyFigures) -> Iterator[str]:
    def row(name: str, amount: int, remark: str = "") -> str:
        return f"{name:<22}{text(amount, c.currency):>24}   {remark}".rstrip()

    verdicts = {v.name: v for v in c.verdicts}
    yield row("debt in, unpaid", c.debt_minor, f"{c.unpaid:,} of {c.claims:,} claims")
    for name in ("proven", "partly", "unproven"):
        if name in verdicts:
            v = verdicts[name]
            remark = "claimed, nothing proven" if name == "unproven" else "proven by goods received"
            yield row(f"  {name}", v.amount_minor, f"{v.count:,} claims; {remark}")
    if c.held_out_minor:
        yield row("  held out", c.held_out_minor, "under grave findings, until cleared up")
    share = c.cleared_minor / c.proven_minor if c.proven_minor else 0
    yield row(
        "cleared without money",
        c.cleared_minor,
        f"{share:.1%} of {text(c.proven_minor, c.currency)} in {c.cycles:,} cycles"
        f" (pairs alone: {text(c.bilateral_minor, c.currency)})",
    )
    yield row(
        "still due in money", c.due_minor, f"{text(c.instructed_minor, c.currency)} instructed now"
    )
    stages = {n.name: n for n in c.needs}
    if stages["before"].count:
        yield row("cash need before", c.need_before_minor, f"{stages['before'].count:,} needs")
        yield row("cash need after", c.need_cleared_minor, f"{stages['cleared'].count:,} needs")
        word = (
            "made unnecessary by clearing"
            if c.avoided_minor >= 0
            else "early money went into set-offs"
        )
        yield row("finance avoided", c.avoided_minor, word)
        met = {m.name: m for m in c.met}
        members = sum(m.amount_minor for n, m in met.items() if n in ("debtor", "member"))
        outside = met["outside"].amount_minor if "outside" in met else 0
        yield row("met by members", members, _deals(met, ("debtor", "member")))
        yield row("met by outsiders", outside, _deals(met, ("outside",)))
        yield row("need that is left", c.need_left_minor, f"{stages['left'].count:,} needs")


def _deals(met: dict, names: tuple[str, ...]) -> str:
    count = sum(met[n].count for n in names if n in met)
    return f"{count:,} contracts" if count else "no offer accepted"


def _plural(kind: str, count: int) -> str:
    """Return a document kind as counted: 1 despatch, 2 despatches, 3 credit notes."""
    word = kind.replace("_", " ")
    if count == 1:
        return word
    return word + ("es" if word.endswith("h") else "s")
