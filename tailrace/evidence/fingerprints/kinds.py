"""What is digested: each claim in one exact and several near ways, each with a name of its own.

A firm stands by its VAT number, else LEI, register number, GLN or DUNS, in capitals without signs: its
`firm_id` is of this book alone. A claim whose two firms carry no such number has no fingerprint.
"""

from __future__ import annotations

from tailrace.evidence.fingerprints.digest import sql_hmac

VERSION = "tailrace fingerprint 1"
EXACT = "exact"
# Kind and the text it digests beside seller and buyer. `number` is without signs and, in runs of
# digits, without leading zeros; `digits` is its digits alone.
NEAR = {
    "number": ("loose", "amount_minor", "currency"),
    "digits": ("digits", "amount_minor", "currency"),
    "month": ("amount_minor", "currency", "month"),
    "near_day": ("amount_minor", "currency", "bucket"),
    "lines": ("lines", "currency"),
    "any_amount": ("loose",),
}
KINDS = (EXACT, *NEAR)
_SCHEMES = ("VAT", "LEI", "REG", "GLN", "DUNS")
_BARE = "upper(regexp_replace({text}, '[^0-9A-Za-z]', '', 'g'))"


def fingerprints(key: bytes) -> str:
    """Return the SQL of (kind, digest, claim_id), one row for each kind that a claim allows.

    Reads `claim`, `line`, `firm`, `party_identifier`. The day is told in two buckets of two days, one
    shifted, so that invoices a day apart share one.
    """
    parts = [_one(key, EXACT, ("raw", "amount_minor", "currency", "issued_on"), "true")]
    parts += [_one(key, kind, fields, _allowed(kind)) for kind, fields in NEAR.items()]
    shifted = ("amount_minor", "currency", "shifted")
    parts.append(_one(key, "near_day", shifted, "true"))
    union = " union all ".join(parts)
    return f"with {_spelled()} select distinct kind, digest, claim_id from ({union})"


def _one(key: bytes, kind: str, fields: tuple[str, ...], where: str) -> str:
    texts = ("seller", "buyer", *fields)
    spelled = " || ".join(
        f"length(cast({t} as varchar)) || ':' || cast({t} as varchar)" for t in texts
    )
    message = f"'{VERSION}/{kind}/' || {spelled}"
    return (
        f"select '{kind}' as kind, {sql_hmac(key, message)} as digest, claim_id "
        f"from spelled where {where}"
    )


def _allowed(kind: str) -> str:
    """Return the condition under which a claim has this kind: it must say what is digested."""
    return {
        "digits": "length(digits) >= 3",
        "lines": "lines is not null",
        "number": "loose <> ''",
        "any_amount": "loose <> ''",
    }.get(kind, "true")


def _spelled() -> str:
    """Return common tables with each claim's parts in the spelling that both lenders share."""
    rank = " ".join(f"when '{scheme}' then {place}" for place, scheme in enumerate(_SCHEMES))
    schemes = ", ".join(f"'{scheme}'" for scheme in _SCHEMES)
    bare = _BARE.format(text="i.value")
    number = _BARE.format(text="c.number")
    loose = f"regexp_replace({number}, '(^|[^0-9])0+([0-9])', '\\1\\2', 'g')"
    return f"""
        known as (
            select f.firm_id, arg_min(i.scheme || ' ' || {bare},
                       (case i.scheme {rank} end, {bare})) as name
            from party_identifier i join firm f using (party_id)
            where i.scheme in ({schemes}) group by 1),
        bag as (
            select l.document_id, string_agg(coalesce(cast(l.quantity as varchar), '') || ' '
                       || coalesce(l.unit, '') || ' ' || coalesce(cast(l.net_minor as varchar), ''),
                       '/' order by l.quantity, l.unit, l.net_minor) as lines
            from line l semi join claim using (document_id) group by 1),
        spelled as (
            select c.claim_id, s.name as seller, b.name as buyer, trim(c.number) as raw,
                   {loose} as loose,
                   ltrim(regexp_replace(c.number, '[^0-9]', '', 'g'), '0') as digits,
                   c.amount_minor, c.currency, c.issued_on, g.lines,
                   strftime(c.issued_on, '%Y-%m') as month,
                   (c.issued_on - date '1970-01-01') // 2 * 2 as bucket,
                   (c.issued_on - date '1970-01-01' + 1) // 2 * 2 - 1 as shifted
            from claim c join known s on s.firm_id = c.creditor_id
            join known b on b.firm_id = c.debtor_id left join bag g using (document_id))"""
