"""One account that several firms, each known by a number, give as theirs."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence.finding import test_of


@step(reads=("account", "firm"), writes="found_shared_account", version=1)
def shared_account() -> str:
    """Tell accounts that banks give to several firms, or that several claim and no bank tells."""
    query = """
        with named as (select distinct firm_id, name from firm),
        counted as (
            select account, bool_or(banked) as banked from account where strong group by 1),
        owner as (
            select a.account, a.firm_id, n.name, c.banked
            from account a join counted c using (account) join named n using (firm_id)
            where a.strong and a.banked = c.banked)
        select account, min(name) as least, max(name) as most, count(*) as firms,
               bool_or(banked) as banked
        from owner group by 1 having count(*) > 1"""
    return test_of(
        "shared_account",
        query,
        cause="account",
        count="firms",
        what="""'account ' || account || case when banked then ' is, as banks say, that of '
            else ' is claimed by ' end || firms || ' firms, from ' || least || ' to ' || most""",
    )
