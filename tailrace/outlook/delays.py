"""How late debtors pay, from this book's own past, and how often that interval covered.

A delay is `settled_on - due_on` in days; below zero is early. A claim that is still open has waited
`on - due_on` days at least: it counts among those at risk up to there (Kaplan and Meier), since a
past of settled claims alone knows only the quick payers. Quantiles are delays that did happen: the
smallest whose estimated share reaches p. Where that share is never reached, or most claims are still
open, the past is too short to know how late "late" is: such an own past gives way to the book's,
and such a book's past is used with the largest delay known, but not judged.
Source: Kaplan and Meier (1958), "Nonparametric Estimation from Incomplete Observations".
"""

from __future__ import annotations

from datetime import date

from tailrace.base.errors import BadTerms
from tailrace.base.steps import step
from tailrace.outlook.rules import OutlookRules

MEDIAN = "0.5"


@step(reads=("claim",), writes="delay", version=2)
def delay(on: date, outlook: OutlookRules) -> str:
    """Give each debtor the interval and median of its delays: its own, or the book's.

    claim -> delay, one row for each debtor of a claim. A debtor with fewer than
    `own_past_min` settled claims gets the book's; before anything is settled, 0 days.
    """
    day = f"date '{on}'"
    return f"""
        with waited as ({_waited(day)}),
        cell as (
            select debtor_id, days, sum(ended) as ended, count(*) as claims
            from waited group by 1, 2),
        own as ({_quantiles("select debtor_id, days, ended, claims from cell", "debtor_id", outlook)}),
        book as ({_quantiles("select 0 as one, days, ended, claims from cell", "one", outlook)}),
        debtor as (select distinct debtor_id from claim)
        select debtor.debtor_id,
               coalesce(own.paid, book.paid, 0) as paid,
               coalesce(own.low, book.low, 0) as days_low,
               coalesce(own.mid, book.mid, 0) as days_mid,
               coalesce(own.high, book.high, 0) as days_high,
               case when own.paid is not null then 'own'
                    when book.paid is not null then 'all' else 'none' end as basis
        from debtor
        left join own on own.debtor_id = debtor.debtor_id and own.known
                     and own.paid >= {outlook.own_past_min}
        left join book on true"""


@step(reads=("claim",), writes="coverage", version=2)
def coverage(on: date, outlook: OutlookRules) -> str:
    """Judge the interval honestly: each claim by what was known before it was issued.

    claim -> coverage, three rows: `own` (judged by the debtor's own past), `all` (by the book's),
    `book` (the two together). Intervals are made anew each month from what was known on its first
    day. A claim is judged once its interval has run out, whether it was paid or not: judging only
    what was paid would favour the quick. Claims issued while the past was too short to know its upper quantile are not.
    """
    months = "select asked.{key} as {key}, asked.month, days, ended, claims"
    own_past = f"""{months.format(key="debtor_id")}
        from (select distinct debtor_id, month from judged) asked
        join past on past.debtor_id = asked.debtor_id and past.month = asked.month"""
    book_past = f"""{months.format(key="one")}
        from (select distinct 0 as one, month from judged) asked
        join (select month, days, sum(ended) as ended, sum(claims) as claims from past group by 1, 2)
          every on every.month = asked.month"""
    return f"""
        with asked as (
            select distinct cast(date_trunc('month', issued_on) as date) as month from claim),
        past as (
            select month, debtor_id, days, sum(ended) as ended, count(*) as claims
            from asked, lateral ({_waited("asked.month", strictly=True)}) known
            group by 1, 2, 3),
        judged as (
            select debtor_id, due_on, settled_on - due_on as days,
                   cast(date_trunc('month', issued_on) as date) as month
            from claim where amount_minor > credited_minor and amount_minor > 0),
        own as ({_quantiles(own_past, "debtor_id, month", outlook)}),
        book as ({_quantiles(book_past, "one, month", outlook)}),
        told as (
            select case when own.paid is not null then 'own' else 'all' end as scope,
                   judged.days, judged.due_on,
                   coalesce(own.low, book.low) as low, coalesce(own.high, book.high) as high
            from judged
            left join book on book.month = judged.month and book.known
            left join own on own.debtor_id = judged.debtor_id and own.month = judged.month
                         and own.known and own.paid >= {outlook.own_past_min}
            where book.known or own.known),
        counted as (
            select scope.scope, count(told.scope) as claims,
                   count(told.scope) filter (days between low and high) as covered
            from (values ('own'), ('all'), ('book')) scope(scope)
            left join told on (told.scope = scope.scope or scope.scope = 'book')
                          and told.due_on + cast(high as integer) <= date '{on}'
            group by 1)
        select scope, claims, covered,
               cast(covered as double) / cast(nullif(claims, 0) as double) as share
        from counted"""


def _waited(day: str, *, strictly: bool = False) -> str:
    """Return SQL for each claim known on a day: how long it had waited, and whether that was all.

    A claim credited in full is never paid, so it tells nothing.
    """
    before = "<" if strictly else "<="
    return f"""
        select debtor_id,
               case when settled_on {before} {day} then settled_on else {day} end - due_on as days,
               case when settled_on {before} {day} then 1 else 0 end as ended
        from claim
        where issued_on {before} {day} and amount_minor > credited_minor and amount_minor > 0"""


def _quantiles(cells: str, key: str, rules: OutlookRules) -> str:
    """Return SQL for the low, middle and high delay by key of cells (key, days, ended, claims).

    The share still unpaid after d days is the product of 1 - ended / at risk over all days up to d.
    """
    low, high = _interval(rules)
    marks = ((low, "low"), (MEDIAN, "mid"), (high, "high"))
    picked = ", ".join(
        f"coalesce(min(days) filter (ended > 0 and unpaid <= 1 - {p} + 1e-12),"
        f" max(days) filter (ended > 0)) as {name}"
        for p, name in marks
    )
    return f"""
        select {key}, cast(sum(ended) as bigint) as paid, min(unpaid) <= 1 - {high} + 1e-12 and 2 * sum(ended) >= sum(claims) as known,
               {picked}
        from (select {key}, days, ended, claims,
                     exp(sum(case when ended < risk then ln(1 - ended / risk) else -50 end)
                         over (partition by {key} order by days)) as unpaid
              from (select {key}, days, claims, cast(ended as double) as ended,
                           cast(sum(claims) over (partition by {key} order by days desc) as double)
                               as risk
                    from (select {key}, days, sum(ended) as ended, sum(claims) as claims
                          from ({cells}) group by {key}, days)))
        group by {key} having sum(ended) > 0"""


def _interval(rules: OutlookRules) -> tuple[str, str]:
    """Return the two quantiles as exact decimals; raise `BadTerms` where they are no interval."""
    low, high = rules.interval
    if not 0 < low < 0.5 < high < 1:
        mend = "two shares around the median, as interval = [0.1, 0.9]"
        raise BadTerms(f"{low} and {high} are no interval", where="outlook.interval", mend=mend)
    return f"{low:.6f}", f"{high:.6f}"
