"""A number that says who a party is and cannot be right: it joins nobody."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence.finding import test_of
from tailrace.evidence.who.numbers import BARE, COUNTRY


@step(
    reads=("number", "party", "party_identifier", "firm"),
    writes="found_bad_identifier",
    version=1,
)
def bad_identifier() -> str:
    """Tell each number that fails its check, once, with the firms that carry it."""
    query = f"""
        with country as ({COUNTRY}),
        carried as (
            select n.token, min(n.wrong) as wrong, min(f.name) as name,
                   count(distinct f.firm_id) as firms
            from number n
            join party_identifier i on i.scheme = n.scheme
                 and {BARE.format(value="i.value")} = n.value
            left join country c using (party_id)
            join firm f using (party_id)
            where n.wrong is not null and coalesce(c.country, '') = n.country
            group by 1)
        select * from carried"""
    return test_of(
        "bad_identifier",
        query,
        cause="token",
        count="firms",
        what="""token || ' of ' || name || case when firms > 1 then ' and ' || (firms - 1) || ' more'
            else '' end || ' cannot be right: ' || wrong || '; it makes nobody one firm'""",
    )
