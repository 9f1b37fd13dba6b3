"""One firm: the descriptions it is made of, what makes them one, and what joins nobody."""

from __future__ import annotations

from typing import Any

from tailrace.base.ports import Engine
from tailrace.evidence.who.numbers import BORNE, TORN

Told = dict[str, Any]
# Where a party stands in the records: its part, and the kind of record.
_STANDS = """
    select buyer_id as party_id, 'buyer' as part, kind from document
    union all select seller_id, 'seller', kind from document
    union all select payee_id, 'payee', kind from document where payee_id is distinct from seller_id
    union all select ship_to_id, 'place of receipt', kind from document
    union all select ship_from_id, 'place of despatch', kind from document
    union all select debtor_id, 'payer', 'payment' from payment
    union all select creditor_id, 'payee', 'payment' from payment
    union all select owner_id, 'holder of the account', 'bank line' from statement_entry"""


def firm_told(engine: Engine, party: str) -> Told:
    """Return the firm of a party: descriptions, numbers, what joins nobody, decisions, affiliates."""
    [firm] = engine.begins("firm", "party_id", party).to_pylist()
    chosen = f"f.firm_id = '{firm['firm_id']}'"  # an id of ours: hexadecimal digits
    return {
        "firm_id": firm["firm_id"],
        "name": firm["name"],
        "parties": engine.sql(_parties(chosen)).to_pylist(),
        "numbers": engine.sql(_numbers(chosen)).to_pylist(),
        "unused": engine.sql(_unused(chosen)).to_pylist(),
        "decisions": engine.sql(_decisions(chosen)).to_pylist(),
        "affiliates": engine.sql(f"""
            with named as (select distinct firm_id, name from firm)
            select f.other_id, n.name, f.reason from affiliate f
            join named n on n.firm_id = f.other_id where {chosen} order by 1""").to_pylist(),
    }


def _parties(chosen: str) -> str:
    """Return the SQL of the firm's descriptions, those that stand in most records first."""
    return f"""
        with own as (select party_id, reason from firm f where {chosen}),
        counted as (
            select party_id, part, kind, count(*) as n
            from ({_STANDS}) semi join own using (party_id) group by 1, 2, 3),
        parted as (
            select party_id, part, sum(n) as many, part || ' in ' || string_agg(
                n || ' ' || replace(kind, '_', ' ') || case when n = 1 then ''
                    when kind like '%ch' then 'es' else 's' end, ', ' order by n desc, kind) as says
            from counted group by 1, 2),
        standing as (
            select party_id, sum(many) as many, string_agg(says, '; ' order by many desc, part) as says
            from parted group by 1)
        select o.party_id, o.reason, min(coalesce(p.name, p.legal_name)) as called,
               min(p.address) as address, min(p.country) as country,
               coalesce(min(s.says), 'stands in no record') as stands_as
        from own o left join party p using (party_id) left join standing s using (party_id)
        group by 1, 2 order by coalesce(min(s.many), 0) desc, 1"""


def _numbers(chosen: str) -> str:
    """Return the SQL of the numbers that count, with the descriptions that carry each."""
    return f"""
        select k.token as number, case when bool_or(k.banked) then 'a bank' else 'documents' end
                   as told_by, list(distinct k.party_id order by k.party_id) as parties
        from known_by k join firm f using (party_id) left join contested c using (token)
        where {chosen} and (c.token is null or c.token in (
            select token from known_by join firm f using (party_id) where {chosen}
            group by 1 having count(*) > 1))
        group by k.token, k.rank order by k.rank, k.token"""


def _unused(chosen: str) -> str:
    """Return the SQL of what the firm says and nothing is made of, or not for others, and why."""
    return f"""
        with own as (select party_id from firm f where {chosen}),
        strongest as (
            select firm_id, arg_min(token, (rank, token)) as token
            from known_by anti join contested using (token) join firm using (party_id)
            where rank < 9 group by 1),
        others as (
            select c.token, c.declared, f.firm_id, min(f.name) || coalesce(' (' || min(s.token)
                   || ')', ' (by this number alone)') as name
            from contested c join known_by k using (token) join firm f using (party_id)
            left join strongest s using (firm_id) where not ({chosen}) group by 1, 2, 3)
        select distinct b.token as number, b.wrong as why from ({BORNE}) b semi join own using (party_id)
        where b.wrong is not null
        union select t.token || ' and ' || t.other, 'one description says both, and a firm has one'
        from ({TORN}) t semi join own using (party_id)
        union select token, case when declared then 'the rules say it is a VAT group''s; '
                   else 'stronger numbers keep apart who carries it; ' end
               || 'it is carried too by ' || string_agg(name, ', ' order by name)
        from others where token in (select token from known_by semi join own using (party_id))
        group by token, declared order by 1"""


def _decisions(chosen: str) -> str:
    """Return the SQL of the decisions that name one of the firm's descriptions."""
    return f"""
        select distinct d.decision_id, d.what, d.party_id, d.other_id, d.reason, d.decided_on,
               d.decided_by, i.decision_id is not null as stands
        from decision d left join in_force i using (decision_id)
        join firm f on f.party_id in (d.party_id, d.other_id)
        where {chosen} and d.what <> 'undo' order by d.decided_on, d.decision_id"""
