"""Names, addresses and mailboxes: signs for a person to weigh. Nothing here joins two firms.

A candidate's weight is the plain sum of the weights of what speaks for and against it, each named,
as Fellegi and Sunter's record linkage adds up agreements ("A Theory for Record Linkage", 1969); the
weights are set in the rules and not learned. Firms are compared only inside blocks: where they share
something that few others have, so that a book of many firms is not compared all with all.
"""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence.rules import EvidenceRules, WhoRules

PLAIN = "trim(regexp_replace(lower(strip_accents(replace({text}, '.', ''))), '[^\\p{{L}}\\p{{N}}]+', ' ', 'g'))"
_POST_CODE = "regexp_extract(p.address, '\\b[0-9]{4,6}\\b')"
_START = 6  # letters of a name run together: "media markt" and "mediamarkt" begin alike
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
    version=2,
)
def likely(evidence: EvidenceRules) -> str:
    """Add up what speaks for two firms being one. Pairs a person has parted are left out.

    A firm meets at most `word_max` others by each word of its name, and `shared_max` by each address,
    mailbox, mail domain and account: pairs grow as firms do. Each join is of two tables by a firm's
    id, or behind a materialized one: a planner that may join firms by country first joins all with all.
    """
    who = evidence.who
    weights = ", ".join(f"({quoted(name)}, {weight})" for name, weight in who.weights.items())
    return f"""
        with firms as materialized (
            select firm_id, row_number() over (order by firm_id) as n
            from (select distinct firm_id from firm)),
        {_blocks(who)},
        met as materialized (
            select distinct a.sign, a.n, b.n as m
            from block a join block b on b.sign = a.sign and b.key = a.key and a.n < b.n),
        pair as materialized (select distinct n, m from met),
        {_beside(who)},
        weighed as materialized (
            select n, m, sign, weight
            from (select sign, n, m from met union all select * from beside)
            join (values {weights}) w(sign, weight) using (sign)),
        parted as (
            select least(a.n, b.n) as n, greatest(a.n, b.n) as m
            from in_force d join firm f on f.party_id = d.party_id join firms a using (firm_id)
            join firm g on g.party_id = d.other_id join firms b on b.firm_id = g.firm_id
            where d.what = 'split'),
        enough as (
            select n, m from weighed anti join parted using (n, m)
            group by 1, 2 having sum(weight) >= {who.likely_min}),
        added as (
            select n, m, cast(sum(weight) as bigint) as weight,
                   string_agg(sign || ' ' || weight, ', ' order by -weight, sign) as reasons
            from weighed semi join enough using (n, m) group by 1, 2)
        select a.firm_id, b.firm_id as other_id, weight, reasons
        from added s join firms a using (n) join firms b on b.n = s.m"""


def _blocks(who: WhoRules) -> str:
    """What firms, by their number n, may meet by: once each for a firm, where few enough share it.

    Those named as a sign of the rules count for their weight too; the others only bring firms together.
    """
    named = "('name', 'word', 'start', 'word and post code')"
    return f"""
        party_of as materialized (
            select party_id, n from firm join firms using (firm_id)),
        place as materialized (
            select distinct n, p.country, {PLAIN.format(text="p.address")} as address,
                   nullif({_POST_CODE}, '') as post_code
            from party p join party_of using (party_id)),
        root as materialized (select n, root from called join firms using (firm_id)),
        spoken as materialized (
            select distinct n, word
            from (select n, unnest(string_split(root, ' ')) as word from root)
            where length(word) >= {SHORTEST}),
        mail as (
            select distinct n, lower(value) as mailbox
            from party_identifier join party_of using (party_id) where scheme = 'EMAIL'),
        sign as materialized (
            select 'name' as sign, root as key, n from root
            union select 'start', left(replace(root, ' ', ''), {_START}), n from root
            union select 'word', word, n from spoken
            union select 'word and post code', word || ' ' || post_code, n
                from spoken join place using (n) where post_code is not null
            union select 'same address', address, n from place
                where length(address) > {SHORTEST}
            union select 'same mailbox', mailbox, n from mail
            union select 'same mail domain', split_part(mailbox, '@', 2), n from mail
                where contains(mailbox, '@')
            union select 'same account', account, n from account join firms using (firm_id)),
        block as materialized (
            select sign, key, n from sign
            qualify count(*) over (partition by sign, key) between 2 and
                case when sign in {named} then {who.word_max} else {who.shared_max} end)"""


def _beside(who: WhoRules) -> str:
    """What else speaks for or against pairs that came to be compared."""
    return f"""
        number as materialized (
            select distinct n, k.kind, k.token from known_by k join party_of using (party_id)
            where k.kind = 'LEI' or k.kind like 'VAT %' or k.kind like 'REG %'),
        told as materialized (select n, m, kind, token from pair join number using (n)),
        against as (
            select t.n, t.m from told t join number b on b.n = t.m and b.kind = t.kind
            group by 1, 2, t.kind having not bool_or(t.token = b.token)),
        land as (
            select n, min(country) as country,
                   list(distinct post_code) filter (where post_code is not null) as codes
            from place group by 1),
        lands as materialized (
            select p.n, p.m, a.country, b.country as beside, list_has_any(a.codes, b.codes) as near
            from pair p join land a using (n) join land b on b.n = p.m),
        alike as (
            select p.n, p.m, bool_or(a.root = b.root) as same,
                   max(jaro_winkler_similarity(a.root, b.root)) as likeness
            from pair p join root a using (n) join root b on b.n = p.m group by 1, 2),
        beside as (
            select case when same then 'same name' else 'near name' end as sign, n, m
            from alike where same or likeness >= {who.alike_min}
            union all select 'same post code', n, m from lands where near
            union all select 'same country', n, m from lands where country = beside
            union all select 'other country', n, m from lands where country <> beside
            union all select distinct 'other number', n, m from against)"""
