"""Names, addresses and mailboxes: signs for a person to weigh. Nothing here joins two firms.

A candidate's weight is the plain sum of the weights of what speaks for and against it, each named,
as Fellegi and Sunter's record linkage adds up agreements ("A Theory for Record Linkage", 1969); the
weights are set in the rules and not learned. Firms are compared only where they share a sign few
others have, so that a book of many firms is not compared all with all.
"""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence.rules import EvidenceRules, WhoRules

PLAIN = "trim(regexp_replace(lower(strip_accents(replace({text}, '.', ''))), '[^\\p{{L}}\\p{{N}}]+', ' ', 'g'))"
_POST_CODE = "regexp_extract(p.address, '\\b[0-9]{4,6}\\b')"
SHORTEST = 3  # letters of a word, signs of an address: below that they say nothing


def quoted(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


@step(reads=("party", "firm"), writes="called", version=1)
def called(evidence: EvidenceRules) -> str:
    """List what firms are called, without legal forms: "Müller & Co. GmbH" is muller."""
    forms = ", ".join(quoted(form) for form in evidence.who.legal_forms)
    return f"""
        with said as (
            select distinct firm_id, {PLAIN.format(text="told")} as told
            from (select f.firm_id, unnest([p.name, p.legal_name]) as told
                  from party p join firm f using (party_id))
            where told is not null),
        parted as (
            select firm_id, told, list_filter(string_split(told, ' '), lambda x: x not in ({forms}))
                   as words
            from said where told <> '')
        select distinct firm_id, coalesce(nullif(array_to_string(words, ' '), ''), told) as root,
               coalesce(words[1], told) as word
        from parted"""


@step(
    reads=("called", "party", "party_identifier", "firm", "account", "known_by", "in_force"),
    writes="likely",
    version=1,
)
def likely(evidence: EvidenceRules) -> str:
    """Add up what speaks for two firms being one. Pairs a person has parted are left out."""
    who = evidence.who
    weights = ", ".join(f"({quoted(name)}, {weight})" for name, weight in who.weights.items())
    return f"""
        with {_signs(who)},
        few as (
            select sign, key from sign group by 1, 2 having count(*) between 2 and
                case when sign in ('same name', 'word') then {who.word_max} else {who.shared_max} end),
        met as materialized (
            select a.sign, a.firm_id, b.firm_id as other_id
            from sign a semi join few using (sign, key)
            join sign b on b.sign = a.sign and b.key = a.key and a.firm_id < b.firm_id),
        pair as materialized (select distinct firm_id, other_id from met),
        {_beside(who)},
        weighed as (
            select firm_id, other_id, sign, weight
            from (select distinct sign, firm_id, other_id from met union select * from beside)
            join (values {weights}) w(sign, weight) using (sign)),
        parted as (
            select least(a.firm_id, b.firm_id) as firm_id, greatest(a.firm_id, b.firm_id) as other_id
            from in_force d join firm a on a.party_id = d.party_id
            join firm b on b.party_id = d.other_id where d.what = 'split')
        select firm_id, other_id, cast(sum(weight) as bigint) as weight,
               string_agg(sign || ' ' || weight, ', ' order by -weight, sign) as reasons
        from weighed anti join parted using (firm_id, other_id)
        group by 1, 2 having sum(weight) >= {who.likely_min}"""


def _signs(who: WhoRules) -> str:
    """The signs by which two firms come to be compared, once each for a firm."""
    return f"""
        place as materialized (
            select distinct f.firm_id, p.country, {PLAIN.format(text="p.address")} as address,
                   nullif({_POST_CODE}, '') as post_code
            from party p join firm f using (party_id)),
        mail as (
            select distinct firm_id, lower(value) as mailbox
            from party_identifier join firm using (party_id) where scheme = 'EMAIL'),
        sign as materialized (
            select 'same name' as sign, root as key, firm_id from called
            union select 'word', word, firm_id
                from (select firm_id, unnest(string_split(root, ' ')) as word from called)
                where length(word) >= {SHORTEST}
            union select 'same address', address, firm_id from place
                where length(address) > {SHORTEST}
            union select 'same mailbox', mailbox, firm_id from mail
            union select 'same mail domain', split_part(mailbox, '@', 2), firm_id from mail
                where contains(mailbox, '@')
            union select 'same account', account, firm_id from account)"""


def _beside(who: WhoRules) -> str:
    """What else speaks for or against pairs that came to be compared."""
    return f"""
        number as materialized (
            select distinct f.firm_id, k.kind, k.token from known_by k join firm f using (party_id)
            where k.kind = 'LEI' or k.kind like 'VAT %' or k.kind like 'REG %'),
        against as (
            select firm_id, other_id from pair p
            join number a using (firm_id) join number b on b.firm_id = p.other_id and b.kind = a.kind
            group by 1, 2, a.kind having not bool_or(a.token = b.token)),
        land as (select firm_id, min(country) as country from place group by 1),
        beside as (
            select distinct 'near name' as sign, p.firm_id, p.other_id
            from pair p join called a using (firm_id) join called b on b.firm_id = p.other_id
            where a.root <> b.root and jaro_winkler_similarity(a.root, b.root) >= {who.alike_min}
              and (p.firm_id, p.other_id) not in (
                select (firm_id, other_id) from met where sign = 'same name')
            union select 'same post code', p.firm_id, p.other_id
            from pair p join place a using (firm_id)
            join place b on b.firm_id = p.other_id and b.post_code = a.post_code
            union select 'same country', firm_id, other_id from pair join land a using (firm_id)
            join land b on b.firm_id = other_id and b.country = a.country
            union select 'other country', firm_id, other_id from pair join land a using (firm_id)
            join land b on b.firm_id = other_id and b.country <> a.country
            union select 'other number', firm_id, other_id from against)"""
