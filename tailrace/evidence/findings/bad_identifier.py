"""A number that says who a party is and cannot be right: it joins nobody."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence.finding import test_of
from tailrace.evidence.who.numbers import BORNE, TORN


@step(
    reads=("number", "party", "party_identifier", "firm"),
    writes="found_bad_identifier",
    version=2,
)
def bad_identifier() -> str:
    """Tell each number that fails its check, once, with the firms that carry it.

    And each two numbers that one party says at once, where a firm has one.
    """
    query = f"""
        select b.token, min(f.name) as name, count(distinct f.firm_id) as firms,
               'cannot be right: ' || min(b.wrong) || '; it makes nobody one firm' as fault
        from ({BORNE}) b join firm f using (party_id) where b.wrong is not null group by 1
        union all
        select t.token || ' and ' || t.other, min(f.name), count(distinct f.firm_id),
               'cannot both be right: a firm has one; neither makes it anybody'
        from ({TORN}) t join firm f using (party_id) group by t.token, t.other"""
    return test_of(
        "bad_identifier",
        query,
        cause="token",
        count="firms",
        what="""token || ' of ' || name || case when firms > 1 then ' and ' || (firms - 1) || ' more'
            else '' end || ' ' || fault""",
    )
