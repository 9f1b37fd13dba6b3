"""One number carried by firms that are several by stronger numbers: it joins nobody."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence.finding import test_of


@step(reads=("contested", "known_by", "firm"), writes="found_contested_number", version=1)
def contested_number() -> str:
    """Tell each number of several firms that the rules do not declare to be a VAT group's."""
    query = """
        select token, count(distinct firm_id) as firms, min(name) as least, max(name) as most
        from contested join known_by using (token) join firm using (party_id)
        where not declared group by 1"""
    return test_of(
        "contested_number",
        query,
        cause="token",
        count="firms",
        what="""token || ' is carried by ' || firms || ' firms that stronger numbers keep apart, from '
            || least || ' to ' || most || ': it joins none of them'
            || case when starts_with(token, 'VAT ') then '; declare it if it is a VAT group''s' else '' end""",
    )
