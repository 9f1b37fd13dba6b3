"""Who is who: parties joined into firms by strong identifiers and by the accounts banks tell.

Names never join. Two numbers of one strong scheme never part a firm either: whoever shares one is
one. An account joins only where at most one firm with a strong identifier has it, or where a bank's
statement says whose it is, so that an account written on an invoice by a fraud makes nobody one
with the fraud's owner.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tailrace.base.steps import array_step, step
from tailrace.evidence.components import Ints, components
from tailrace.evidence.working import SAME_FIRM
from tailrace.records.ids import STRONG

ACCOUNT_RANK = 9
# What people write where there is no number.
_NONE = "('NA', 'NONE', 'UNKNOWN', 'KEINE', 'NULL', 'TBD')"
_RANKS = " ".join(f"when '{scheme}' then {rank}" for rank, scheme in enumerate(STRONG))


# Whose account a bank says it is: the payer's bank knows the payer, the payee's the payee. The payee a
# payer names beside an account is the payer's word, so a debit says nothing of the payee's account.
_BANKED = """
    select debtor_id as party_id, debtor_account as value from payment where told_by = 'bank'
    union all select creditor_id, creditor_account from payment
    where told_by = 'bank' and direction = 'credit'"""


@step(
    reads=("party", "party_identifier", "payment", "statement_entry"), writes="known_by", version=1
)
def known_by() -> str:
    """List by what each party is known, once each.

    A number of a company register counts within its country only: registers do not know each other.
    """
    return f"""
        with country as (
            select party_id, coalesce(min(country), '') as country from party group by 1),
        told as (
            select party_id, scheme, upper(regexp_replace(value, '[\\s.]', '', 'g')) as value
            from party_identifier where scheme in {(*STRONG, "IBAN")}),
        good as (
            select party_id, scheme, case scheme when 'REG' then c.country || ' ' else '' end
                   || value as value
            from told left join country c using (party_id)
            where regexp_matches(value, '[1-9A-Z]') and length(value) >= 3 and value not in {_NONE}),
        banked as (
            select owner_id as party_id, account as value from statement_entry
            union all {_BANKED})
        select party_id, scheme || ' ' || value as token, case scheme {_RANKS} end as rank,
               false as banked
        from (select distinct party_id, scheme, value from good where scheme <> 'IBAN')
        union all
        select party_id, 'IBAN ' || value, {ACCOUNT_RANK}, bool_or(banked)
        from (select party_id, value, false as banked from good where scheme = 'IBAN'
              union all
              select party_id, upper(replace(value, ' ', '')), true from banked
              where party_id is not null and value is not null)
        group by 1, 2"""


@array_step(reads=("known_by",), writes="same_firm", version=1)
def same_firm(known_by: pa.Table) -> pa.Table:
    """Join parties that share a strong identifier, then those that share an account.

    known_by -> same_firm: one row for each party that has any; firm_id is the smallest party_id.
    """
    if known_by.num_rows == 0:
        return SAME_FIRM.empty()
    parties, party = _coded(known_by["party_id"])
    tokens, token = _coded(known_by["token"])
    rank = known_by["rank"].to_numpy()
    banked = known_by["banked"].to_numpy(zero_copy_only=False)
    strong = rank < ACCOUNT_RANK
    label = components(len(parties), *_shared(party[strong], token[strong]))
    named = np.zeros(len(parties), np.bool_)
    named[label[party[strong]]] = True
    weak = ~strong
    a, b = _by_account(label[party[weak]], token[weak], banked[weak], named)
    every = np.arange(len(parties), dtype=np.int64)
    firm = components(len(parties), np.concatenate([every, a]), np.concatenate([label, b]))
    return pa.table(
        {
            "party_id": parties,
            "firm_id": parties.take(pa.array(firm)),
            "reason": _reasons(firm, party, token, rank, tokens),
        }
    )


@step(reads=("party", "party_identifier", "same_firm"), writes="firm", version=1)
def firm() -> str:
    """Name each firm by the name most of its rows bear; parties without a number stand alone."""
    return """
        with everyone as (
            select party_id from party union select party_id from party_identifier),
        joined as (
            select e.party_id, coalesce(s.firm_id, e.party_id) as firm_id,
                   coalesce(s.reason, 'alone') as reason
            from everyone e left join same_firm s using (party_id)),
        called as (
            select firm_id, coalesce(name, legal_name) as name, count(*) as often
            from party join joined using (party_id)
            where coalesce(name, legal_name) is not null group by 1, 2),
        best as (
            select firm_id, arg_min(name, {'n': -often, 'name': name}) as name from called group by 1)
        select party_id, firm_id, coalesce(b.name, 'firm ' || left(firm_id, 8)) as name, reason
        from joined left join best b using (firm_id)"""


@step(
    reads=("known_by", "firm", "party_identifier", "payment", "statement_entry"),
    writes="account",
    version=1,
)
def account() -> str:
    """Say whose each account is: as banks tell, else as the firms' own documents do."""
    return f"""
        with strong as (
            select distinct firm_id from known_by join firm using (party_id) where rank < 9),
        told as (
            select party_id, value as account, false as banked from party_identifier
            where scheme in ('IBAN', 'ACCOUNT')
            union all select owner_id, account, true from statement_entry
            union all select party_id, value, true from ({_BANKED})),
        owner as (
            select upper(replace(account, ' ', '')) as account, firm_id, bool_or(banked) as banked
            from told join firm using (party_id) where account is not null group by 1, 2)
        select account, firm_id, banked, firm_id in (select firm_id from strong) as strong
        from owner"""


def _coded(column: pa.ChunkedArray) -> tuple[pa.Array, Ints]:
    """Return the distinct values in their own order, and each row's place among them."""
    coded = pc.dictionary_encode(column.combine_chunks())
    coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
    order = pc.sort_indices(coded.dictionary).to_numpy()
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return coded.dictionary.take(pa.array(order)), place[coded.indices.to_numpy()]


def _shared(party: Ints, token: Ints) -> tuple[Ints, Ints]:
    """Return edges that join all parties of a token to the smallest of them."""
    first = np.full(int(token.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, token, party)
    return party, first[token]


def _by_account(
    firm: Ints, token: Ints, banked: NDArray[np.bool_], named: NDArray[np.bool_]
) -> tuple[Ints, Ints]:
    """Return edges from firms known only by accounts to the owner of the account.

    The owner is the one strongly known firm to which a bank gives the account, else the one that
    claims it and to which no bank gives another. Where there is none, the weak ones join each other.
    """
    count = int(token.max(initial=-1)) + 1
    with_bank = np.zeros(len(named), np.bool_)
    with_bank[firm[banked]] = True
    told = _only(firm, token, named[firm] & banked, count)
    claimed = _only(firm, token, named[firm] & ~with_bank[firm], count)
    contested = _many(firm, token, named[firm] & banked, count)
    owner = np.where(told >= 0, told, np.where(contested, -1, claimed))
    weak = ~named[firm]
    least = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(least, token[weak], firm[weak])
    goal = np.where(owner[token] >= 0, owner[token], least[token])
    torn = _many(goal, firm, weak & (owner[token] >= 0), len(named))
    joins = weak & ~torn[firm]
    return firm[joins], goal[joins]


def _only(value: Ints, key: Ints, rows: NDArray[np.bool_], count: int) -> Ints:
    """Return for each key the one value its rows have; -1 where they have none or several."""
    low = np.full(count, np.iinfo(np.int64).max)
    high = np.full(count, -1)
    np.minimum.at(low, key[rows], value[rows])
    np.maximum.at(high, key[rows], value[rows])
    return np.where(low == high, high, -1)


def _many(value: Ints, key: Ints, rows: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
    """Return for each key whether its rows have more than one value."""
    low = np.full(count, np.iinfo(np.int64).max)
    high = np.full(count, -1)
    np.minimum.at(low, key[rows], value[rows])
    np.maximum.at(high, key[rows], value[rows])
    return low < high


def _reasons(firm: Ints, party: Ints, token: Ints, rank: Ints, tokens: pa.Array) -> pa.Array:
    """Return for each party the strongest token it shares inside its firm, or alone."""
    key = firm[party] * len(tokens) + token
    _, at, many = np.unique(key, return_inverse=True, return_counts=True)
    rows = np.flatnonzero(many[at] > 1)
    rows = rows[np.lexsort((token[rows], rank[rows], party[rows]))]
    first = np.unique(party[rows], return_index=True)[1]
    chosen = np.full(len(firm), -1)
    chosen[party[rows[first]]] = token[rows[first]]
    names = tokens.take(pa.array(chosen, mask=chosen < 0))
    return pc.fill_null(names, "alone")
