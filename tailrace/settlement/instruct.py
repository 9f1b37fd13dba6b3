"""Which payments are to be made: the SQL of the instructions, written once each.

An obligation is paid by its debtor to whoever holds it. It is instructed when it falls due within
the days of the rules; what it grew by later is instructed again once the bank has told of all that
was instructed before and the claim shows it. A contract's price is paid by its buyer to its seller.

Money that does not go to the creditor of the invoice names it in one word with a slash, so that no
reader of a statement takes it for a payment of that invoice, or of another firm's of that number.
"""

from __future__ import annotations

from datetime import date

from tailrace.base.ids import sql_id
from tailrace.base.sepa import sql_creditor_reference, sql_sepa
from tailrace.settlement.rules import SettlementRules

# EndToEndId: 35 characters at most, so that two letters and one of O (obligation) or P (purchase)
# stand before the 32 of the id.
PREFIXES = {"obligation": "TRO", "purchase": "TRP"}


def instruction_sql(on: date, rules: SettlementRules) -> str:
    """Return the SQL of the instructions that are new on a day, in order of id."""
    day = f"date '{on.isoformat()}'"
    number = sql_sepa("w.number")
    most = rules.remittance_max
    return f"""
        with {_accounts()},
        {_earlier()},
        wanted as (
            {_obligations(day, rules.pay_within_days)}
            union all
            {_purchases()}),
        named as (
            select *, {sql_id("'instruction'", "reason", "cause_id", "turn")} as instruction_id
            from wanted)
        select w.instruction_id,
               case w.reason when 'purchase' then '{PREFIXES["purchase"]}'
                    else '{PREFIXES["obligation"]}' end || w.instruction_id as end_to_end_ref,
               w.reason, w.obligation_id, w.claim_id, w.contract_id, w.payer_id, w.payee_id,
               a.account as payer_account, coalesce(w.stated_account, b.account) as payee_account,
               w.currency, w.amount_minor, greatest(w.pay_on, {day} + 1) as execute_on,
               left(case when length({number}) + length(w.words) <= {most} then w.words else '' end
                    || {number}, {most}) as remittance_text,
               {sql_creditor_reference("w.payment_ref")} as structured_ref
        from named w
        left join iban a on a.firm_id = w.payer_id
        left join iban b on b.firm_id = w.payee_id
        order by w.instruction_id"""


def _accounts() -> str:
    """One account for each firm: of several, the first in order, the same on every machine."""
    return """
        iban as (
            select f.firm_id, min(i.value) as account
            from party_identifier i join firm f on f.party_id = i.party_id
            where i.scheme = 'IBAN' group by f.firm_id)"""


def _earlier() -> str:
    """What was instructed before, and whether the bank has told of it."""
    return """
        told as (
            select end_to_end_ref, currency, sum(amount_minor) as heard
            from paid_once where told_by = 'bank' and not reversed group by all),
        earlier as (
            select i.obligation_id, count(*) as turn, bool_or(t.heard is null) as waiting,
                   coalesce(sum(t.heard), 0) as heard
            from instruction i
            left join told t on t.end_to_end_ref = i.end_to_end_ref and t.currency = i.currency
            where i.reason = 'obligation' group by i.obligation_id),
        bought as (select distinct contract_id from instruction where reason = 'purchase'),
        sold as (
            select obligation_id, min(contract_id) as contract_id
            from contract group by obligation_id)"""


def _obligations(day: str, within: int) -> str:
    """What falls due: to the creditor, where the invoice says; to a buyer, at its own account."""
    stated = "upper(replace(c.payee_account, ' ', ''))"
    return f"""select 'obligation' as reason, d.obligation_id as cause_id,
                   coalesce(e.turn, 0) as turn, d.obligation_id, d.claim_id, k.contract_id,
                   d.debtor_id as payer_id,
                   case when d.holder_id = d.creditor_id then coalesce(c.payee_id, d.creditor_id)
                        else d.holder_id end as payee_id,
                   case when d.holder_id = d.creditor_id then {stated} end as stated_account,
                   d.currency, d.due_minor as amount_minor, d.due_on as pay_on,
                   case when d.holder_id = d.creditor_id then 'Invoice ' else 'Sold invoice/' end
                       as words,
                   c.number, case when d.holder_id = d.creditor_id then c.payment_ref end
                       as payment_ref
            from due d
            join claim c on c.claim_id = d.claim_id
            left join sold k on k.obligation_id = d.obligation_id
            left join earlier e on e.obligation_id = d.obligation_id
            where d.due_on <= {day} + {within} and d.holder_id <> d.debtor_id
              and d.round_id is null
              and not coalesce(e.waiting, false) and coalesce(e.heard, 0) <= c.paid_minor"""


def _purchases() -> str:
    """The price of what was sold or is paid early."""
    return """select 'purchase', k.contract_id, 0, k.obligation_id, k.claim_id, k.contract_id,
                   k.buyer_id, k.seller_id,
                   case when c.payee_id is null or c.payee_id = k.seller_id
                        then upper(replace(c.payee_account, ' ', '')) end,
                   k.currency, k.price_at_purchase_minor, k.purchase_on, 'Purchase invoice/',
                   c.number, null
            from contract k
            join claim c on c.claim_id = k.claim_id
            anti join bought b on b.contract_id = k.contract_id
            where k.price_at_purchase_minor > 0"""
