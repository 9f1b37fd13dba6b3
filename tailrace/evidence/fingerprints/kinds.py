"""What is digested: each claim in one exact and several near ways, each with a name of its own.

A firm stands by its VAT number, else LEI, register number, GLN or DUNS, as who is who writes it: its
`firm_id` is of this book alone. Of a firm whose every number fails its check the VAT number stands as
written, since both lenders hold the same paper. A claim with a firm of no number has no fingerprint.
"""

from __future__ import annotations

from tailrace.evidence.fingerprints.digest import sql_hmac
from tailrace.evidence.who.schemes import ACCOUNT_RANK, DUNS, GLN, LEI, RANK, REG, VAT

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
_SCHEMES = (VAT, LEI, REG, GLN, DUNS)
_BARE = "upper(regexp_replace({text}, '[^0-9A-Za-z]', '', 'g'))"


def fingerprints(key: bytes) -> str:
    """Return the SQL of (kind, digest, row), one row for each kind that a claim allows.

    Reads `claim`, `line`, `firm`, `known_by`, `party_identifier`. The day is told in two buckets of two
    days, one shifted, so that invoices a day apart share one. A claim is spelled once and digested eight
    times, which is what it all costs: for a million claims, sixteen million hashes.
    """
    parts = [_one(key, EXACT, ("raw", "amount_minor", "currency", "issued_on"), "true")]
    parts += [_one(key, kind, fields, _allowed(kind)) for kind, fields in NEAR.items()]
    shifted = ("amount_minor", "currency", "shifted")
    parts.append(_one(key, "near_day", shifted, "true"))
    return f"with {_told(key)}, {_spelled()} " + " union all ".join(parts)


def rows(key: bytes) -> str:
    """Return the SQL of (row, claim_id, number), one row for each claim that has fingerprints."""
    return f"with {_told(key)} select row, claim_id, number from told"


def _one(key: bytes, kind: str, fields: tuple[str, ...], where: str) -> str:
    message = " || ".join((f"'{VERSION}/{kind}/' || parties", *map(_measured, fields)))
    digest = sql_hmac(key, message)
    return f"select '{kind}' as kind, {digest} as digest, row from spelled where {where}"


def _measured(field: str) -> str:
    """Return a field's text behind its length, so that no two lists of fields read alike."""
    text = f"cast({field} as varchar)"
    return f"length({text}) || ':' || {text}"


def _allowed(kind: str) -> str:
    """Return the condition under which a claim has this kind: it must say what is digested."""
    return {
        "digits": "length(digits) >= 3",
        "lines": "lines is not null",
        "number": "loose <> ''",
        "any_amount": "loose <> ''",
    }.get(kind, "true")


def _told(key: bytes) -> str:
    """Return common tables of the claims whose firms are both known, with row and firms spelled.

    `row` is the finder's own number of a claim: a keyed digest, which says nothing to who lacks the book.
    """
    row = sql_hmac(key, f"'{VERSION}/row/' || c.claim_id")
    bare = _BARE.format(text="value")
    return f"""
        borne as (
            select party_id, token, list_position({[RANK[scheme] for scheme in _SCHEMES]}, rank) as place
            from known_by where rank < {ACCOUNT_RANK}
            union all select party_id, 'VAT ' || {bare}, {len(_SCHEMES) + 1}
            from party_identifier where scheme = 'VAT'),
        known as materialized (
            select firm_id, arg_min(token, (place, token)) as name
            from borne join firm using (party_id) group by 1),
        told as (
            select c.claim_id, c.document_id, left({row}, 16) as row,
                   {_measured("s.name")} || {_measured("b.name")} as parties,
                   c.number, c.amount_minor, c.currency, c.issued_on
            from claim c join known s on s.firm_id = c.creditor_id
            join known b on b.firm_id = c.debtor_id)"""


def _spelled() -> str:
    """Return common tables with each claim's parts in the spelling that both lenders share."""
    number = _BARE.format(text="c.number")
    loose = f"regexp_replace({number}, '(^|[^0-9])0+([0-9])', '\\1\\2', 'g')"
    return f"""
        bag as (
            select l.document_id, string_agg(coalesce(cast(l.quantity as varchar), '') || ' '
                       || coalesce(l.unit, '') || ' ' || coalesce(cast(l.net_minor as varchar), ''),
                       '/' order by l.quantity, l.unit, l.net_minor) as lines
            from line l semi join claim using (document_id) group by 1),
        spelled as materialized (
            select c.row, c.parties, trim(c.number) as raw, {loose} as loose,
                   ltrim(regexp_replace(c.number, '[^0-9]', '', 'g'), '0') as digits,
                   c.amount_minor, c.currency, c.issued_on, g.lines,
                   strftime(c.issued_on, '%Y-%m') as month,
                   (c.issued_on - date '1970-01-01') // 2 * 2 as bucket,
                   (c.issued_on - date '1970-01-01' + 1) // 2 * 2 - 1 as shifted
            from told c left join bag g using (document_id))"""
