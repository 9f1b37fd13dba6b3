"""What each buyer forgives, and the conversions of units that were declared."""

from __future__ import annotations

from decimal import Decimal

from tailrace.base.steps import step
from tailrace.evidence.rules import EvidenceRules

_FIELDS = {
    "quantity_rel": "quantity_tolerance",
    "quantity_abs": "quantity_tolerance_absolute",
    "price_rel": "price_tolerance",
    "price_abs": "price_tolerance_absolute",
    "amount_rel": "amount_tolerance",
    "amount_minor": "amount_tolerance_minor",
    "content_days": "content_days",
}
# Numbers and names as people write them: capitals, blanks, dots, dashes and strokes mean nothing.
_BARE = "regexp_replace(upper({text}), '[\\s./-]', '', 'g')"
_CALLED = f"""
    select distinct firm_id, {_BARE.format(text="token")} as called
    from known_by join firm using (party_id)
    union select distinct firm_id, {_BARE.format(text="name")} from firm"""


@step(reads=("firm", "known_by"), writes="tolerance", version=1)
def tolerance(evidence: EvidenceRules) -> str:
    """Say for each firm what is forgiven where it buys: its own tolerances, else the rule set's.

    A buyer named twice has those named first.
    """
    values = ", ".join(
        f"{_chosen(column, name, evidence)} as {column}" for column, name in _FIELDS.items()
    )
    owned = "select null as firm_id, null as place, null as own where false"
    if evidence.buyer:
        rows = ", ".join(
            f"({i}, {quoted(b.buyer)}, {_BARE.format(text=quoted(b.buyer))})"
            for i, b in enumerate(evidence.buyer)
        )
        owned = f"""
            select c.firm_id, min(o.place) as place, arg_min(o.own, o.place) as own
            from (values {rows}) o(place, own, called) join ({_CALLED}) c using (called) group by 1"""
    return f"""
        with owned as ({owned})
        select f.firm_id, {values}, o.own as rule
        from (select distinct firm_id from firm) f left join owned o using (firm_id)"""


@step(reads=("firm", "known_by"), writes="factor", version=1)
def factor(evidence: EvidenceRules) -> str:
    """List the declared conversions of units, with the firm that sells where one is named."""
    empty = """
        select '' as unit, '' as into_unit, cast(1 as decimal(18, 6)) as factor,
               cast(null as varchar) as item, cast(null as varchar) as seller_id,
               cast(0 as bigint) as place where false"""
    if not evidence.unit:
        return empty
    rows = ", ".join(
        f"({i}, {_text(u.unit)}, {_text(u.into)}, {_number(u.factor)}, {_text(u.item)}, "
        f"{_BARE.format(text=_text(u.seller))})"
        for i, u in enumerate(evidence.unit)
    )
    return f"""
        with told as (select * from (values {rows}) t(place, unit, into_unit, factor, item, called)),
        called as ({_CALLED})
        select unit, into_unit, factor, item, c.firm_id as seller_id, place
        from told left join called c using (called) where called is null or c.firm_id is not null"""


def _chosen(column: str, name: str, evidence: EvidenceRules) -> str:
    """Return the SQL of one tolerance: a case for each buyer that has its own."""
    cases = "".join(
        f" when o.place = {i} then {_value(getattr(own, name))}"
        for i, own in enumerate(evidence.buyer)
        if getattr(own, name) is not None
    )
    general = _value(getattr(evidence, name))
    return f"case{cases} else {general} end" if cases else general


def _value(value: Decimal | int) -> str:
    return _number(value) if isinstance(value, Decimal) else f"cast({value} as bigint)"


def _number(value: Decimal) -> str:
    return f"cast({value} as decimal(18, 6))"


def quoted(value: str) -> str:
    """Return a text as SQL writes it."""
    return f"'{value.replace(chr(39), chr(39) * 2)}'"


def _text(value: str | None) -> str:
    return "cast(null as varchar)" if value is None else quoted(value)
