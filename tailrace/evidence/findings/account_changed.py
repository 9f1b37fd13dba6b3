"""An invoice that asks for payment to another account than the seller's invoices before it."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence.finding import test_of
from tailrace.evidence.rules import EvidenceRules


@step(reads=("claim", "account", "firm"), writes="found_account_changed", version=1)
def account_changed(evidence: EvidenceRules) -> str:
    """Find the first invoice to an account that the seller's invoices of a currency never named.

    It needs `account_history` invoices of earlier days. An account that a bank gives to the seller
    is no change, nor is that of a payee the invoice names. Grave where the account is another
    firm's; else told: firms do change banks.
    """
    query = f"""
        with asked as (
            select claim_id, document_id, number, amount_minor, currency, creditor_id, issued_on,
                   payee_account,
                   count(*) over (partition by creditor_id, currency order by issued_on
                       range between unbounded preceding and interval 1 day preceding) as before,
                   row_number() over (partition by creditor_id, currency, payee_account
                       order by issued_on, claim_id) as place
            from claim
            where payee_account is not null and coalesce(payee_id, creditor_id) = creditor_id),
        fresh as (select * from asked where place = 1 and before >= {evidence.account_history}),
        owner as (
            select a.account, min(n.name) as name
            from account a join (select distinct firm_id, name from firm) n using (firm_id)
            join fresh f on f.payee_account = a.account and f.creditor_id <> a.firm_id
            where a.strong and a.banked group by 1),
        usual as (
            select f.claim_id, arg_max(a.payee_account, (a.issued_on, a.claim_id)) as account
            from fresh f join asked a on a.creditor_id = f.creditor_id and a.currency = f.currency
             and a.issued_on < f.issued_on group by 1)
        select f.*, u.account as usual_account, o.name
        from fresh f join usual u using (claim_id) left join owner o on o.account = f.payee_account
        anti join (select account, firm_id from account where banked) own
          on own.account = f.payee_account and own.firm_id = f.creditor_id"""
    return test_of(
        "account_changed",
        query,
        cause="claim_id",
        grave="name is not null",
        claim_id="claim_id",
        document_id="document_id",
        amount_minor="amount_minor",
        currency="currency",
        count="before",
        what="""'invoice ' || number || ' asks for payment to account ' || payee_account
            || coalesce(', that of ' || name, '') || '; the seller''s ' || before
            || ' invoices before it did not, the last named ' || usual_account""",
    )
