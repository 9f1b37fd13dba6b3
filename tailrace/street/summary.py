"""The summary of a run: the figures a treasurer asks for, from the tables a run leaves behind.

All amounts are minor units of the currency they stand under; nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from msgspec import Struct

from tailrace.base.money import text
from tailrace.base.ports import Engine


class Count(Struct, frozen=True, kw_only=True):
    """How many, and how much."""

    name: str
    count: int
    amount_minor: int = 0


class CurrencyFigures(Struct, frozen=True, kw_only=True):
    """The figures of one currency."""

    currency: str
    claims: int  # invoices read
    invoiced_minor: int
    unpaid: int  # claims not yet paid or credited in full
    debt_minor: int  # what is unpaid, as claimed
    verdicts: tuple[Count, ...]  # of the unpaid claims: proven, partly, unproven; proven amounts
    proven_minor: int  # proven, unpaid, not held out: what may be cleared
    held_out_minor: int  # proven and unpaid, but under a grave finding
    obligations: int
    cleared_minor: int  # set off without money
    touched: int  # obligations a set-off touches
    cycles: int
    bilateral_minor: int  # what netting of pairs alone would have cleared
    due_minor: int  # still to be paid in money
    need_before_minor: int
    need_cleared_minor: int
    need_left_minor: int
    needs: tuple[Count, ...]  # before, cleared, left
    met: tuple[Count, ...]  # contracts by whose money: debtor, member, outside
    instructed: int
    instructed_minor: int

    @property
    def avoided_minor(self) -> int:
        """The finance that clearing made unnecessary."""
        return self.need_before_minor - self.need_cleared_minor


class Summary(Struct, frozen=True, kw_only=True):
    """What one run found, did and left to do."""

    on: date
    files: int
    documents: tuple[Count, ...]
    firms: int
    firms_without_balance: int
    currencies: tuple[CurrencyFigures, ...]
    findings: tuple[Count, ...]  # grave first
    grave: int
    faults: tuple[Count, ...]  # the most frequent, by what is wrong
    faults_all: int
    coverage: float | None  # how often the payment interval covered
    judged: int  # claims that was judged on
    next: tuple[str, ...]


def summarise(engine: Engine, *, on: date, where: str) -> Summary:
    """Return the figures of a finished run; `where` is the folder its advice names."""
    ask = Asker(engine)
    currencies = tuple(_currency(ask, row["currency"]) for row in ask.rows(_CURRENCIES))
    findings = _counts(ask.rows(_FINDINGS))
    faults = _counts(ask.rows(_FAULTS))
    grave = ask.one("select count(*) from finding where grave")
    every = ask.one(f"select count(*) from ({_FAULTY})")
    return Summary(
        on=on,
        files=ask.one("select count(*) from source"),
        documents=_counts(ask.rows(_DOCUMENTS)),
        firms=ask.one("select count(distinct firm_id) from firm"),
        firms_without_balance=ask.one(_NO_BALANCE),
        currencies=currencies,
        findings=findings,
        grave=grave,
        faults=faults,
        faults_all=every,
        coverage=ask.one("select max(share) from coverage where scope = 'book'"),
        judged=ask.one("select coalesce(max(claims), 0) from coverage where scope = 'book'"),
        next=tuple(_advice(currencies, findings, grave=grave, faults=every, where=where)),
    )


class Asker:
    """Small questions to an engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def rows(self, query: str) -> list[dict[str, Any]]:
        return self.engine.sql(query).to_pylist()

    def row(self, query: str) -> dict[str, Any]:
        return self.rows(query)[0]

    def one(self, query: str) -> Any:
        return next(iter(self.row(query).values()))


_CURRENCIES = """
    select currency from (
        select currency, sum(amount_minor) as amount from claim group by 1)
    order by amount desc, currency"""
_DOCUMENTS = "select kind as name, count(*) as count from document group by 1 order by 2 desc, 1"
_FINDINGS = """
    select test as name, count(*) as count, cast(sum(coalesce(amount_minor, 0)) as bigint) as amount_minor
    from finding group by test order by bool_or(grave) desc, 2 desc, 1"""
# A record that contradicts itself is a fault like one that cannot be read.
_FAULTY = "select what from fault union all select what from contradiction"
_FAULTS = f"""
    select regexp_replace(what, '[0-9]+', '#', 'g') as name, count(*) as count
    from ({_FAULTY}) group by 1 order by 2 desc, 1 limit 8"""
_NO_BALANCE = """
    select count(*) from (
        select debtor_id as firm_id from obligation union select creditor_id from obligation)
    where firm_id not in (select firm_id from cash)"""


def _counts(rows: list[dict[str, Any]]) -> tuple[Count, ...]:
    return tuple(Count(**row) for row in rows)


def _currency(ask: Asker, currency: str) -> CurrencyFigures:
    here = f"currency = '{currency}'"
    claim = ask.row(f"""
        select count(*) as claims, cast(sum(amount_minor) as bigint) as invoiced_minor,
               count(*) filter (amount_minor > credited_minor + paid_minor) as unpaid,
               cast(sum(greatest(amount_minor - credited_minor - paid_minor, 0)) as bigint) as debt_minor
        from claim where {here}""")
    obligation = ask.row(f"""
        select count(*) as obligations, cast(coalesce(sum(amount_minor), 0) as bigint) as proven_minor
        from obligation where {here}""")
    cleared = ask.row(f"""
        select cast(coalesce(sum(amount_minor), 0) as bigint) as cleared_minor,
               count(distinct obligation_id) as touched from set_off where {here}""")
    paid = ask.row(f"""
        select count(*) as instructed, cast(coalesce(sum(amount_minor), 0) as bigint) as instructed_minor
        from instruction where {here}""")
    needs = {c.name: c for c in _counts(ask.rows(_NEEDS.format(here=here)))}
    stages = tuple(needs.get(s, Count(name=s, count=0)) for s in ("before", "cleared", "left"))
    return CurrencyFigures(
        currency=currency,
        **claim,
        **obligation,
        **cleared,
        **paid,
        verdicts=_counts(ask.rows(_VERDICTS.format(currency=currency))),
        held_out_minor=ask.one(_HELD_OUT.format(currency=currency)),
        cycles=ask.one(f"select count(distinct cycle_id) from cycle where {here}"),
        bilateral_minor=ask.one(
            f"select cast(coalesce(sum(bilateral_minor), 0) as bigint) from clearing where {here}"
        ),
        due_minor=ask.one(
            f"select cast(coalesce(sum(due_minor), 0) as bigint) from due where {here}"
        ),
        need_before_minor=stages[0].amount_minor,
        need_cleared_minor=stages[1].amount_minor,
        need_left_minor=stages[2].amount_minor,
        needs=stages,
        met=_counts(ask.rows(_MET.format(here=here))),
    )


_NEEDS = """
    select stage as name, count(*) as count, cast(sum(amount_minor) as bigint) as amount_minor
    from need where {here} group by 1"""
_VERDICTS = """
    select verdict as name, count(*) as count,
           cast(sum(case when verdict = 'unproven'
                         then c.amount_minor - c.credited_minor - c.paid_minor
                         else greatest(v.proven_minor - c.paid_minor, 0) end) as bigint) as amount_minor
    from verdict v join claim c using (claim_id)
    where c.currency = '{currency}' and c.amount_minor > c.credited_minor + c.paid_minor
    group by 1 order by case verdict when 'proven' then 0 when 'partly' then 1 else 2 end"""
_HELD_OUT = """
    select cast(coalesce(sum(greatest(v.proven_minor - c.paid_minor, 0)), 0) as bigint)
    from verdict v join claim c using (claim_id)
    where c.currency = '{currency}'
      and c.claim_id in (select claim_id from finding where grave and claim_id is not null)"""
_MET = """
    select case when buyer_id = debtor_id then 'debtor'
                when starts_with(buyer_id, 'funder:') then 'outside' else 'member' end as name,
           count(*) as count, cast(sum(price_at_purchase_minor) as bigint) as amount_minor
    from contract where {here} group by 1 order by 1"""


def _advice(
    currencies: tuple[CurrencyFigures, ...],
    findings: tuple[Count, ...],
    *,
    grave: int,
    faults: int,
    where: str,
) -> Iterator[str]:
    """Yield what to do next, most pressing first, each with the command that shows it."""
    if grave:
        names = ", ".join(sorted({c.name for c in findings if c.name in GRAVE}))
        yield f"look into {grave:,} grave findings ({names}): tailrace view {where} finding"
    for c in currencies:
        if c.instructed:
            yield (
                f"pay {text(c.instructed_minor, c.currency)} in {c.instructed:,} instructions: "
                f"{where}/out/instructions"
            )
    if any(c.need_left_minor for c in currencies):
        yield f"choose how to meet the needs that are left: tailrace offers {where}"
    if any(v.name != "proven" and v.count for c in currencies for v in c.verdicts):
        yield f"ask for the missing records: tailrace prove {where} --open"
    if faults:
        yield f"mend {faults:,} faults: tailrace view {where} fault, or contradiction"


GRAVE = ("duplicate_invoice", "no_goods", "round_trip", "stranger_paid")
