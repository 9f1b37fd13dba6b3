"""The steps of the ledger, in order: what is held, what is wanted, what is posted, the balances."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.ids import LENGTH, sql_id
from tailrace.base.steps import array_step, step
from tailrace.ledger import deeds
from tailrace.ledger.chart import FLOORS
from tailrace.ledger.post import post as post_deeds
from tailrace.ledger.tables import TRANSFER

FACTS = (
    "document",
    "line",
    "goods",
    "paper",
    "firm",
    "claim",
    "verdict",
    "finding",
    "match",
    "paid_once",
    "clearing",
    "set_off",
    "contract",
    "instruction",
)


@step(reads=("transfer",), writes="balance", version=1)
def balance() -> str:
    """The trial balance: debits, credits and their difference by account and unit.

    transfer -> balance, one row for each account and unit ever touched. Debits and credits of a
    unit sum to the same, over all accounts, always.
    """
    return """
        with side as (
            select debit as account, unit, amount as debit, 0 as credit from transfer
            union all
            select credit, unit, 0, amount from transfer)
        select account, unit, sum(debit) as debits, sum(credit) as credits,
               sum(debit) - sum(credit) as balance, count(*) as transfers
        from side group by account, unit"""


@step(reads=(*FACTS, "transfer", "balance"), writes="deed", version=2)
def deed(on: date) -> str:
    """What should be posted and is not: the legs of every cause less what stands in the book.

    A cause seen for the first time gives its legs as they are. One that was posted before gives a
    further deed of the differences, perhaps none; one that has gone away, the whole back. Firms
    found to be one are merged first, account by account. A book that has recorded a later day than
    `on` gives nothing: what it recorded then is not undone by looking from an earlier day.
    """
    day = f"date '{on.isoformat()}'"
    return f"""
        with {deeds.causes()},
        leg as materialized (
            select rule, cause_kind, cause_id, sequence, unit, valid_on, {_PAIR}, {_CAUSE} as cause
            from ({deeds.legs()}) where amount <> 0),
        {_MOVED},
        {_STANDING},
        difference as (
            select rule, cause_kind, cause_id, sequence, unit, a, b, signed, valid_on, cause
            from fresh
            union all
            select coalesce(w.rule, k.rule), coalesce(w.cause_kind, k.cause_kind),
                   coalesce(w.cause_id, k.cause_id), coalesce(w.sequence, k.sequence + {_OLD}),
                   coalesce(w.unit, k.unit), coalesce(w.a, k.a), coalesce(w.b, k.b),
                   coalesce(w.signed, 0) - coalesce(k.signed, 0), coalesce(w.valid_on, {day}),
                   coalesce(w.cause, k.cause)
            from changed w
            full join booked k
              on k.cause = w.cause and k.sequence = w.sequence and k.unit = w.unit
             and k.a = w.a and k.b = w.b),
        turned as (
            select d.rule, d.cause_kind, d.cause_id, {_BACK} as back, coalesce(t.turns, 0) as turns,
                   d.sequence, d.unit, if(signed > 0, a, b) as debit, if(signed > 0, b, a) as credit,
                   abs(signed) as amount, d.valid_on
            from difference d left join turn t on t.cause = d.cause
            where signed <> 0),
        every as (
            select *, cast(turns as varchar) || if(back, ' back', '') as turn from turned
            union all by name
            select 'merge' as rule, 'firm' as cause_kind, party_id as cause_id, false as back,
                   concat_ws(' ', account, now, unit) as turn, 1 as sequence, unit,
                   if(balance > 0, now, account) as debit, if(balance > 0, account, now) as credit,
                   abs(balance) as amount, {day} as valid_on
            from moved where balance <> 0)
        select {_RANK} as rank, {sql_id("'deed'", "rule", "cause_id", "turn")} as deed_id, sequence,
               debit, credit, unit, amount, valid_on, rule, cause_kind, cause_id
        from every
        where coalesce((select max(recorded_on) from transfer) <= {day}, true)"""


# Accounts of firms that are another firm now, and what they are called.
_MOVED = """
        moved as (
            select b.account, b.unit, b.balance, w.party_id,
                   w.firm_id || right(b.account, length(b.account) - length(w.party_id)) as now
            from balance b
            join firm w on w.party_id = left(b.account, length(b.account)
                                             - strpos(reverse(b.account), '/'))
            where w.firm_id <> w.party_id),
        renamed as (select distinct account, now from moved)"""

_OLD = 100  # a leg on accounts that are no longer its own is taken back under its place + 100

# A leg has one sense whichever way it ran: `signed` moves from `b` to `a`, the lesser of the two.
_PAIR = """least(debit, credit) as a, greatest(debit, credit) as b,
                   if(debit < credit, amount, -amount) as signed"""
# Causes are compared as numbers, not as texts: MD5 is sixteen bytes, and nobody gains by a twin.
# What a cause says in all is the sum of 64 bits a leg; a change keeps it once in 10 ** 19.
_CAUSE = "md5_number(rule || chr(31) || cause_id)"
_PRINT = """count(*) as legs,
                   sum(md5_number_lower(concat_ws(chr(31), sequence, unit, a, b, signed))) as print"""

_STANDING = f"""
        side as not materialized (
            select rule, cause_kind, cause_id, sequence % {_OLD} as sequence, unit, deed_id,
                   {_PAIR}, {_CAUSE} as cause
            from (
                select t.* replace (coalesce(x.now, t.debit) as debit,
                                    coalesce(y.now, t.credit) as credit)
                from transfer t
                left join renamed x on x.account = t.debit
                left join renamed y on y.account = t.credit
                where t.rule <> 'merge')),
        posted as materialized (select cause, {_PRINT} from side group by cause),
        asked as (
            select l.cause, {_PRINT} from leg l semi join posted p on p.cause = l.cause
            group by l.cause),
        unsettled as materialized (
            select cause from posted p
            anti join asked q on q.cause = p.cause and q.legs = p.legs and q.print = p.print),
        fresh as not materialized (
            select l.* from leg l anti join posted p on p.cause = l.cause),
        changed as (select l.* from leg l semi join unsettled u on u.cause = l.cause),
        restated as materialized (
            select s.* from side s semi join unsettled u on u.cause = s.cause),
        turn as (
            select cause, count(distinct deed_id) as turns from restated group by cause),
        booked as (
            select rule, cause_kind, cause_id, cause, sequence, unit, a, b, sum(signed) as signed
            from restated group by all having sum(signed) <> 0)"""

# What a payment redeemed is given back, in a deed of its own: `owed` gets less on its debit side.
_BACK = "d.rule = 'redemption' and (signed > 0) = (d.b like '%/owed')"
_RANK = (
    f"case when back then {deeds.RETURNS}"
    + "".join(f" when rule = '{rule}' then {rank}" for rule, rank in deeds.RANKS.items())
    + " end"
)


@step(reads=("deed", "transfer"), writes="twin", version=1)
def twin() -> str:
    """Posted transfers whose deed is wanted again; seldom any, and never posted twice."""
    return "select t.* from transfer t semi join deed d on d.deed_id = t.deed_id"


@array_step(
    reads=("deed", "balance", "twin", "refusal"),
    writes=("transfer", "refusal"),
    version=2,
    binds=True,
)
def post(
    deed: pa.Table, balance: pa.Table, twin: pa.Table, refusal: pa.Table, on: date
) -> dict[str, pa.Table]:
    """Post the deeds that are wanted, in order; say which were refused and why.

    A deed refused before is tried again, for what was missing may have come since; its refusal is
    told once, on the day it was first given.
    """
    accepted, refused = post_deeds(deed, held=balance, posted=twin, floors=FLOORS)
    refused = _declared(refused, deed)
    told = pc.is_in(refused["deed_id"], value_set=refusal["deed_id"].combine_chunks())
    return {"transfer": _named(accepted, on), "refusal": refused.filter(pc.invert(told))}


def _declared(refused: pa.Table, deed: pa.Table) -> pa.Table:
    """Return the refusals, those of set-offs of declared debts told as what they are.

    No claim issues such a debt, so the floor of `free` refuses to use it: nobody overdrew anything.
    """
    units = deed.filter(pc.starts_with(deed["unit"], deeds.DECLARED))
    at = pc.index_in(refused["deed_id"], value_set=units["deed_id"].combine_chunks())
    amount = units["amount"].cast(pa.string()).take(at)
    debt = pc.replace_substring(units["unit"].take(at), deeds.DECLARED, "", max_replacements=1)
    said = pc.binary_join_element_wise(
        "set off in a round by the parties' word: ", amount, " of debt ", debt,
        ", of which the book has no document; it is cleared, and there is no claim to book it on",
        "",
    )  # fmt: skip
    plain = at.is_valid()
    for name, words in (("status", "undocumented"), ("what", said)):
        place = refused.column_names.index(name)
        refused = refused.set_column(place, name, pc.if_else(plain, words, refused[name]))
    return refused


def _named(accepted: pa.Table, on: date) -> pa.Table:
    """Return deeds as transfers: each with its id, all recorded on the day."""
    place = pc.utf8_lpad(accepted["sequence"].cast(pa.string()), 3, "0")
    cut = pc.utf8_slice_codeunits(accepted["deed_id"], 0, LENGTH - 3)
    ids = pc.binary_join_element_wise(cut, place, "")
    days = pa.repeat(pa.scalar(on, pa.date32()), accepted.num_rows)
    named = accepted.append_column("transfer_id", ids).append_column("recorded_on", days)
    return named.select(TRANSFER.names)


STEPS = (balance, deed, twin, post, balance)
