"""Who is not independent of whom: declared, or by what they share.

What two firms share and may still be two: a VAT group's number, an account a bank gives to both, a
mailbox, or an address together with a rare first word of the name. An address, mailbox, account or
word of more than `shared_max` firms is no sign: it is an accountant's, a bank's or a common word.
"""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence.rules import EvidenceRules
from tailrace.evidence.who.names import PLAIN, SHORTEST, quoted


@step(
    reads=(
        "known_by",
        "contested",
        "account",
        "called",
        "firm",
        "party",
        "party_identifier",
        "in_force",
    ),
    writes="affiliate",
    version=1,
)
def affiliate(evidence: EvidenceRules) -> str:
    """Pair the firms that are not independent of each other, both ways round."""
    most = evidence.who.shared_max
    return f"""
        with number as (
            select distinct f.firm_id, k.token, k.kind from known_by k join firm f using (party_id)),
        {_shared()},
        place as (
            select distinct f.firm_id, {PLAIN.format(text="p.address")} as address
            from party p join firm f using (party_id)
            where length({PLAIN.format(text="p.address")}) > {SHORTEST}),
        rare as (
            select word from called where length(word) >= {SHORTEST}
            group by 1 having count(distinct firm_id) between 2 and {most}),
        quiet as (select address from place group by 1 having count(*) between 2 and {most}),
        sign as (
            select reason, firm_id from shared
            union select 'one address and name: ' || word || ', ' || address, firm_id
            from place semi join quiet using (address)
            join (select distinct firm_id, word from called semi join rare using (word))
              using (firm_id)),
        few as (
            select reason from sign group by 1 having count(*) between 2 and {most}),
        told as (
            select reason, firm_id from sign semi join few using (reason)
            union {_declared(evidence)}),
        pair as (
            select a.firm_id, b.firm_id as other_id, a.reason
            from told a join told b on b.reason = a.reason and b.firm_id <> a.firm_id
            union {_decided("party_id", "other_id")} union {_decided("other_id", "party_id")})
        select firm_id, other_id, string_agg(reason, '; ' order by reason) as reason
        from pair where firm_id <> other_id group by 1, 2"""


def _shared() -> str:
    """What firms share beside address and name, with the reason it gives."""
    return """
        shared as (
            select 'one VAT number: ' || token as reason, firm_id from number
            semi join contested using (token) where kind like 'VAT %'
            union select 'one account: ' || account, firm_id from account where banked
            union select 'one mailbox: ' || lower(value), firm_id
            from party_identifier join firm using (party_id) where scheme = 'EMAIL')"""


def _declared(evidence: EvidenceRules) -> str:
    """Return the SQL of firms the rules declare to belong together, by the groups' names."""
    groups = [(f"declared: {g.name}", member) for g in evidence.affiliate for member in g.members]
    for group in evidence.vat_group:
        name, own = f"declared VAT group: VAT {group.vat}", f"VAT {group.vat}"
        groups += [(name, member) for member in (own, *group.members)]
    rows = ", ".join(f"({quoted(name)}, {quoted(member)})" for name, member in groups)
    if not rows:
        return "select reason, firm_id from sign where false"
    return (
        f"select g.reason, firm_id from number join (values {rows}) g(reason, token) using (token)"
    )


def _decided(one: str, other: str) -> str:
    """Return the SQL of firms a person said are affiliates."""
    return f"""
        select a.firm_id, b.firm_id as other_id,
               'decided ' || cast(d.decided_on as varchar) || ': ' || d.reason as reason
        from in_force d join firm a on a.party_id = d.{one}
        join firm b on b.party_id = d.{other} where d.what = 'affiliate'"""
