"""Two files of fingerprints against each other: which digests both hold, and what that means."""

from __future__ import annotations

from tailrace.evidence.fingerprints.kinds import EXACT

NUMBERED = (
    "number",
    "digits",
)  # the number and amount agree, the way of writing or the day does not


def matches(left: str, right: str) -> str:
    """Return the SQL of what two tables of (kind, digest, row) share, the strongest sign a pair.

    `row` is the finder's own number of the claim within its file, drawn by the key: it says which
    fingerprints of one file are of one claim, and nothing of its place in the book.
    """
    numbered = ", ".join(f"'{kind}'" for kind in NUMBERED)
    return f"""
        with shared as (
            select a.row as left_row, b.row as right_row, list_sort(list(distinct a.kind)) as kinds
            from {left} a join {right} b on a.kind = b.kind and a.digest = b.digest
            group by 1, 2)
        select case when list_contains(kinds, '{EXACT}') then 'same'
                    when list_has_any(kinds, [{numbered}]) then 'near-same'
                    when list_contains(kinds, 'any_amount') then 'inflated'
                    else 'near-same' end as match,
               left_row, right_row, array_to_string(kinds, ', ') as kinds
        from shared order by match desc, left_row, right_row"""
