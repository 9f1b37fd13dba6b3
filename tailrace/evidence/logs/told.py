"""The events of a book as a log: which objects are one case, and what each event counts as."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.steps import array_step, step
from tailrace.evidence.components import components
from tailrace.evidence.logs.rules import LogRules, bare
from tailrace.evidence.logs.working import LOG_CASE


@step(reads=("event",), writes="log_tie", version=1)
def log_tie(logs: LogRules) -> str:
    """Return each object of a kind in `joins` that the log holds, and what it shares events with.

    An object that shares none is tied to itself; one that shares an event with several is tied to
    the smallest of them.
    """
    kinds = ", ".join(_text(kind) for kind in logs.joins) or "''"
    return f"""
        with held as (
            select event_id, object_kind, object_ref from event
            where known and object_ref is not null and object_kind in ({kinds})),
        many as (
            select event_id, min(row(object_kind, object_ref)) as least from held
            group by 1 having count(*) > 1)
        select object_kind, object_ref, object_kind as with_kind, object_ref as with_ref
        from (select distinct object_kind, object_ref from held)
        union
        select h.object_kind, h.object_ref, m.least[1], m.least[2]
        from held h join many m on m.event_id = h.event_id"""


@array_step(reads=("log_tie",), writes="log_case", version=1)
def log_case(log_tie: pa.Table, *, logs: LogRules) -> pa.Table:
    """Return the case of each object: objects that share an event, over any number of events.

    A case is named by the object whose kind stands first in `joins`, of several the one with the
    smallest id.
    """
    if not log_tie.num_rows:
        return LOG_CASE.empty()
    own = pc.binary_join_element_wise(log_tie["object_kind"], log_tie["object_ref"], "\x1f")
    other = pc.binary_join_element_wise(log_tie["with_kind"], log_tie["with_ref"], "\x1f")
    names = pc.unique(own)
    here, there = (pc.index_in(keys, names).to_numpy().astype(np.int64) for keys in (own, other))
    count = len(names)
    label = components(count, here, there)
    first = pa.array(np.unique(here, return_index=True)[1])
    kind, ref = (log_tie[c].take(first).combine_chunks() for c in ("object_kind", "object_ref"))
    rank = pc.index_in(kind, pa.array(logs.joins)).to_numpy()
    text = pc.rank(ref, tiebreaker="dense").to_numpy().astype(np.int64)
    best = np.lexsort((text, rank, label))
    leads = best[np.diff(label[best], prepend=-1) != 0]
    name = np.empty(count, dtype=np.int64)
    name[label[leads]] = leads
    case = ref.take(pa.array(name[label]))
    return pa.table({"object_kind": kind, "object_ref": ref, "case_ref": case})


@step(reads=("event", "log_case", "document", "party"), writes="log_event", version=1)
def log_event(logs: LogRules) -> str:
    """Return an event as a step of its case, once for each document of the kind the step makes.

    A document that is an object of the log is counted where it first appears: the second event
    that creates one invoice makes no second invoice; a payment executed again is told as such. What the log does not say beside the event
    (the amount of an invoice, the seller of an order) is taken from the documents it touches.
    """
    steps = _values({bare(name): word for name, word in logs.steps.items()})
    counting = _values(logs.documents)
    plain = "regexp_replace(lower(a.activity), '[^\\p{L}\\p{N}]', '', 'g')"
    return f"""
        with word(activity, step) as ({steps}), counting(kind, step) as ({counting}),
        act as (
            select a.activity, coalesce(w.step, 'other') as step
            from (select distinct activity from event) a left join word w on w.activity = {plain}),
        paper as (
            select d.kind, d.number, max(d.payable_minor) as payable_minor,
                   max(d.currency) as currency, min(p.name) as partner
            from document d left join party p on p.party_id = d.seller_id
            where exists (select 1 from event) group by 1, 2),
        touched as (
            select e.event_id, c.case_ref, a.step, e.happened_at, e.position, e.amount_minor,
                   e.currency, e.partner, e.category, p.payable_minor,
                   p.currency as paper_currency, p.partner as seller,
                   case when k.kind is not null then e.object_ref end as made
            from event e join act a on a.activity = e.activity
            join log_case c on c.object_kind = e.object_kind and c.object_ref = e.object_ref
            left join counting k on k.kind = e.object_kind and k.step = a.step
            left join paper p on p.kind = e.object_kind and p.number = e.object_ref),
        head as (
            select event_id, case_ref, step, min(happened_at) as "at", min(position) as position,
                   max(amount_minor) as amount_minor, max(currency) as currency,
                   coalesce(min(partner), min(seller)) as partner, min(category) as category
            from touched group by 1, 2, 3),
        made as (
            select event_id, case_ref, made, max(payable_minor) as payable_minor,
                   max(paper_currency) as currency,
                   row_number() over (
                       partition by case_ref, step, made
                       order by min(happened_at), min(position), event_id) as times
            from touched where made is not null group by event_id, case_ref, step, made)
        select h.case_ref,
               case when m.made is null or m.times = 1 then h.step
                    when h.step = 'clear' then 'clear_again' else 'other' end as step,
               h."at", h.position, coalesce(h.amount_minor, m.payable_minor) as amount_minor,
               case when h.amount_minor is null then m.currency else h.currency end as currency,
               h.partner, h.category, h.event_id
        from head h left join made m on m.event_id = h.event_id and m.case_ref = h.case_ref"""


def _values(pairs: dict[str, str]) -> str:
    """Return pairs of texts as a SQL table of two columns."""
    rows = ", ".join(f"({_text(a)}, {_text(b)})" for a, b in sorted(pairs.items()))
    return f"values {rows}" if rows else "select '', '' where false"


def _text(said: str) -> str:
    return "'" + said.replace("'", "''") + "'"
