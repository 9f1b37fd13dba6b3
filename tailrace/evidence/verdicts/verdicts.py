"""Verdicts: how much of each claim is proven, by whose word, what holds it, and what is missing."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence import words
from tailrace.evidence.rules import EvidenceRules

VERSION = 3  # of the rules of proof, named in every verdict
LINES_TOLD = 3  # open lines, caps and sources a verdict tells one by one
_DOCUMENTS = {
    "received": "receipt",
    "worked": "timesheet",
    "metered": "reading",
    "accepted": "acceptance",
}


# Prepayments, and what each claim comes to: what is proven of what is left of it.
_TOLD = """
    ahead as (
        select claim_id from claim join document using (document_id) where type_code = '386'),
    told as (
        select c.claim_id, c.document_id, c.currency, c.debtor_id, c.creditor_id,
               s.net_minor,
               s.proven_net_minor, s.net_minor - s.proven_net_minor as open_net_minor,
               s.lines, s.open_lines,
               least(g.gross_minor, c.amount_minor - c.credited_minor) as proven_minor,
               c.amount_minor - c.credited_minor - least(
                   g.gross_minor, c.amount_minor - c.credited_minor) as open_minor
        from claim c join claim_state s using (claim_id) join gross g using (claim_id))"""


def _first(one: str, many: str) -> str:
    """Return the SQL that tells the first few words of a group by their place, and how many more."""
    told = ", ".join(f"max(words) filter (place = {nth})" for nth in range(1, LINES_TOLD + 1))
    rest = f"""case when count(*) > {LINES_TOLD} + 1
                        then ' and ' || (count(*) - {LINES_TOLD}) || ' {many}'
                    when count(*) > {LINES_TOLD} then ' and 1 {one}' else '' end"""
    return f"concat_ws('; ', {told}) || {rest}"


@step(
    reads=("demand", "quantity_cap", "price_cap", "firm", "share"),
    writes="backing",
    version=2,
)
def backing() -> str:
    """Say of each claim by which rules its proof was joined, by whose word, and what holds it.

    What one firm wrote is one source, however many papers there are.
    """
    called = " ".join(f"when '{role}' then '{word}'" for role, word in _DOCUMENTS.items())
    return f"""
        with named as (select distinct firm_id, name from firm),
        joined as (
            select distinct claim_id, concat_ws('; ', rule, turned) as rule, told_by_id, standing,
                   role, with_document_id as document_id from share),
        used as (select distinct claim_id, rule from joined),
        several as (select claim_id from used group by 1 having count(*) > 1),
        rule as (
            select claim_id, rule as joined_by from used anti join several using (claim_id)
            union all
            select claim_id, string_agg(rule, ', ' order by rule)
            from used semi join several using (claim_id) group by 1),
        source as (
            select claim_id, told_by_id, standing, role, count(distinct document_id) as papers
            from joined group by all),
        told as (
            select s.claim_id, papers || ' ' || case role {called} end
                   || case when papers = 1 then '' else 's' end || ' by ' || n.name
                   || ' (' || standing || ')' as words,
                   row_number() over (
                       partition by s.claim_id order by papers desc, n.name, role, told_by_id)
                       as place
            from source s join named n on n.firm_id = s.told_by_id),
        chorus as (select claim_id from source group by 1 having count(*) > 1),
        heard as (
            select claim_id, words as sources from told anti join chorus using (claim_id)
            union all
            select claim_id, {_first("more", "more")} as sources
            from told semi join chorus using (claim_id) group by 1),
        cap as (
            select d.claim_id, c.words, row_number() over (
                       partition by d.claim_id order by c.words, c.line_id) as place
            from (select line_id, words from quantity_cap
                  union all select line_id, words from price_cap) c join demand d using (line_id)),
        held as (
            select claim_id, {_first("more", "more")} as held_to from cap group by 1)
        select claim_id, r.joined_by, h.sources, c.held_to
        from rule r left join heard h using (claim_id) full join held c using (claim_id)"""


@step(
    reads=(
        "claim",
        "document",
        "held",
        "claim_state",
        "gross",
        "line_state",
        "demand",
        "line",
        "firm",
        "backing",
        "affiliate",
        "service_line",
    ),
    writes="verdict",
    version=VERSION,
)
def verdict(evidence: EvidenceRules) -> str:
    """Judge each claim: proven if nothing is open, unproven if nothing is proven, else partly.

    A credit note takes away first what is not proven, so what is proven never exceeds what is left
    of the claim.
    """
    open_quantity = words.unit("s.quantity - s.received", "d.unit")
    open_money = words.money("s.net_minor - s.proven_net_minor", "t.currency")
    whole_money = words.money("t.open_minor", "t.currency")
    return f"""
        with named as (select distinct firm_id, name from firm),
        {_TOLD},
        lacking as (
            select t.claim_id, n.name, l.line_ref, s.line_id,
                   case when v.line_id is null then 'no receipt for '
                        else 'nothing tells that the debtor had ' end
                   || {open_quantity} || ' of line ' || l.line_ref || case
                       when a.firm_id is not null then '; ' || n.name || ' is an affiliate of the '
                            || 'creditor (' || a.reason || '): a receipt of a third party for '
                       when v.meter_ref is not null then '; a reading of meter ' || v.meter_ref
                            || ' by another than the creditor, or an acceptance from ' || n.name
                            || ', for '
                       when v.line_id is not null then '; a timesheet or an acceptance from '
                            || n.name || ' for '
                       else '; a receipt advice from ' || n.name || ' for ' end || case
                       when d.order_line_ref is not null and d.order_ref is not null
                       then 'order ' || d.order_ref || ' line ' || d.order_line_ref
                       when d.order_ref is not null then 'order ' || d.order_ref
                       when d.despatch_ref is not null then 'despatch ' || d.despatch_ref
                       else coalesce('item ' || l.item_ref, l.item_name, 'this line') end
                   || ' would prove ' || {open_money} as words
            from told t join line_state s using (claim_id) join demand d using (line_id)
            join line l using (line_id) join named n on n.firm_id = t.debtor_id
            left join service_line v on v.line_id = s.line_id
            left join affiliate a on a.firm_id = t.debtor_id and a.other_id = t.creditor_id
            where t.open_minor > 0 and s.received < s.quantity),
        placed as (
            select *, row_number() over (
                partition by claim_id order by length(line_ref), line_ref, line_id) as place
            from lacking),
        missing as (
            select claim_id, {_first("more line", "more lines")} as words from placed group by 1)
        select t.claim_id, case when t.open_minor = 0 then 'proven'
                                when t.proven_minor = 0 then 'unproven' else 'partly' end as verdict,
               t.currency, t.net_minor, t.proven_net_minor, t.open_net_minor, t.proven_minor,
               t.open_minor,
               case when t.open_minor > 0 then coalesce(m.words, k.held_to, h.words, case
                    when a.claim_id is not null then 'it asks for money ahead of its goods; the '
                         || 'invoice that deducts it, with a receipt advice for its lines, would '
                         || 'prove ' || {whole_money}
                    when t.lines = 0
                    then 'the invoice has no lines; its lines with quantities, and a receipt advice '
                         || 'for them, would prove ' || {whole_money}
                    else 'no line asks for a quantity above zero; quantities on the invoice, and a '
                         || 'receipt advice for them, would prove ' || {whole_money} end) end
                   as missing,
               '{evidence.name.replace("'", "''")} evidence.verdict {VERSION}' as rule,
               k.joined_by, k.sources, nullif(concat_ws('; ', k.held_to, h.words), '') as held_to
        from told t left join missing m using (claim_id)
        left join backing k using (claim_id) left join held h using (claim_id)
        left join ahead a using (claim_id)"""
