"""The numbers parties tell, each distinct one checked once."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.steps import array_step, step
from tailrace.evidence.who import schemes
from tailrace.evidence.who.working import NUMBER

# What people write where there is no number.
NONE = "('NA', 'NONE', 'UNKNOWN', 'KEINE', 'NULL', 'TBD')"
BARE = "upper(regexp_replace({value}, '[\\s./-]', '', 'g'))"
COUNTRY = "select party_id, coalesce(min(country), '') as country from party group by 1"
# Who carries which number, as it is written in one way, right or wrong. Reads party, party_identifier, number.
BORNE = f"""
    select party_id, n.token, n.rank, n.kind, n.wrong
    from party_identifier i left join ({COUNTRY}) c using (party_id)
    join number n on n.scheme = i.scheme and n.country = coalesce(c.country, '')
         and n.value = {BARE.format(value="i.value")}"""
# A firm has one LEI, and one VAT number of a country: who says two at once contradicts itself.
TORN = f"""
    select party_id, kind, min(token) as token, max(token) as other
    from ({BORNE}) where wrong is null and rank <= {schemes.RANK[schemes.VAT]}
    group by 1, 2 having min(token) <> max(token)"""
_CHECKS: dict[str, Callable[[Iterable[str]], list[str | None]]] = {
    schemes.LEI: schemes.lei_faults,
    schemes.GLN: schemes.gln_faults,
    schemes.DUNS: schemes.duns_faults,
    schemes.IBAN: schemes.iban_faults,
}


@step(reads=("party", "party_identifier"), writes="told_number", version=1)
def told_number() -> str:
    """List the numbers parties tell that say who they are, once each, without blanks and signs."""
    return f"""
        with country as ({COUNTRY}),
        told as (
            select scheme, coalesce(country, '') as country, {BARE.format(value="value")} as value
            from party_identifier left join country using (party_id)
            where scheme in {tuple(schemes.NAMES)})
        select distinct scheme, country, value from told
        where regexp_matches(value, '[1-9A-Z]') and length(value) >= 3 and value not in {NONE}"""


@array_step(reads=("told_number",), writes="number", version=1)
def number(told_number: pa.Table) -> pa.Table:
    """Write each number in one way, with its rank, and say what is wrong with it.

    told_number -> number: one row for one row. `kind` is what a firm has one of: LEI, VAT DE, REG DE.
    """
    rows = told_number.to_pydict()
    scheme, country, value = rows["scheme"], rows["country"], rows["value"]
    names = [schemes.NAMES[s] for s in scheme]
    token = [f"{name} {v}" for name, v in zip(names, value, strict=True)]
    kind = list(names)
    wrong: list[str | None] = [None] * len(names)
    named = np.array(names, dtype=object)
    for name, check in _CHECKS.items():
        at = np.flatnonzero(named == name)
        for place, fault in zip(at.tolist(), check([value[n] for n in at]), strict=True):
            wrong[place] = fault
    for place in np.flatnonzero((named == schemes.VAT) | (named == schemes.REG)).tolist():
        if names[place] == schemes.VAT:
            number, land, fault = schemes.vat(value[place], country[place])
            token[place] = f"VAT {number}"
        else:
            number, land, fault = schemes.register(scheme[place], value[place], country[place])
            token[place] = f"REG {land} {number}"
        kind[place], wrong[place] = f"{names[place]} {land}", fault
    rank = [schemes.RANK[name] for name in names]
    made = {"token": token, "rank": rank, "kind": kind, "wrong": pa.array(wrong, pa.string())}
    return NUMBER.cast(pa.table({**rows, **made}))


def coded(column: pa.ChunkedArray) -> tuple[pa.Array, np.ndarray]:
    """Return the distinct values in their own order, and each row's place among them."""
    column = column.combine_chunks()
    found = pc.dictionary_encode(column)
    found = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
    order = pc.sort_indices(found.dictionary).to_numpy()
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return found.dictionary.take(pa.array(order)), place[found.indices.to_numpy()]
