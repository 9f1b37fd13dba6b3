"""Who is who: parties joined into firms by decisions, strong identifiers and the accounts banks tell.

Names never join. An account joins only where at most one firm with a strong identifier has it, or
where a bank's statement says whose it is, so that an account written on an invoice by a fraud makes
nobody one with the fraud's owner.
"""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence.who import schemes
from tailrace.evidence.who.numbers import BARE, BORNE, TORN

# Whose account a bank says it is: the payer's bank knows the payer, the payee's the payee. The payee a
# payer names beside an account is the payer's word, so a debit says nothing of the payee's account.
_BANKED = """
    select debtor_id as party_id, debtor_account as value from payment where told_by = 'bank'
    union all select creditor_id, creditor_account from payment
    where told_by = 'bank' and direction = 'credit'"""


@step(
    reads=("party", "party_identifier", "number", "document", "payment", "statement_entry"),
    writes="known_by",
    version=3,
)
def known_by() -> str:
    """List by what each party is known, once each; numbers that are wrong are left out.

    Nor does a party's LEI or VAT number count where it says two of a kind: else one invoice that names
    another's number beside its own would make the two one firm. A number of a company register counts within its country only: registers do not know each other.
    An account a seller names for somebody else who is to be paid is not the seller's.
    """
    return f"""
        with told as (
            select party_id, token, rank, kind
            from ({BORNE}) anti join ({TORN}) using (party_id, kind) where wrong is null),
        payees as (
            select distinct seller_id as party_id,
                   'IBAN ' || {BARE.format(value="payee_account")} as token
            from document where payee_id <> seller_id and payee_account is not null),
        banked as (
            select owner_id as party_id, account as value from statement_entry
            union all {_BANKED})
        select party_id, token, min(rank) as rank, min(kind) as kind, bool_or(banked) as banked
        from (select *, false as banked from told anti join payees using (party_id, token)
              union all
              select party_id, 'IBAN ' || {BARE.format(value="value")}, {schemes.ACCOUNT_RANK},
                     'IBAN', true
              from banked where party_id is not null and value is not null)
        group by 1, 2"""


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
            select party_id, value as account, 0 as weight from party_identifier
            where scheme in ('IBAN', 'ACCOUNT')
            union all select owner_id, account, 2 from statement_entry
            union all select party_id, value, 1 from ({_BANKED})),
        owner as (
            select upper(replace(account, ' ', '')) as account, firm_id, max(weight) as weight
            from told join firm using (party_id) where account is not null group by 1, 2)
        select account, firm_id,
               weight > 0 and weight = max(weight) over (partition by account) as banked, firm_id in (select firm_id from strong) as strong
        from owner"""
