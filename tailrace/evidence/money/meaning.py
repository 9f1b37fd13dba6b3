"""What a payment by bank means: by what it lists, by reference, by text, by content.

Only what a bank tells makes a claim paid. A remittance advice says what a payment means.
"""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence.rules import EvidenceRules


@step(reads=("paid_once",), writes="advice", version=1)
def advice(evidence: EvidenceRules) -> str:
    """Say which remittance advices speak of which payment by bank, each payment of itself among them.

    By end-to-end reference and amount; where one of the two has none, by payer, payee, amount and
    near day, if that is one payment only.
    """
    return f"""
        with bank as (
            select payment_id, debtor_id, creditor_id, amount_minor, currency, end_to_end_ref,
                   booked_on
            from paid_once where told_by = 'bank' and not reversed),
        told as (select * from paid_once where told_by = 'debtor'),
        bare as (
            select min(b.payment_id) as payment_id, t.payment_id as advice_id
            from bank b join told t
              on t.debtor_id = b.debtor_id and t.currency = b.currency
             and t.amount_minor = b.amount_minor
            where (t.end_to_end_ref is null or b.end_to_end_ref is null)
              and t.creditor_id is not distinct from coalesce(b.creditor_id, t.creditor_id)
              and abs(t.booked_on - b.booked_on) <= {evidence.payment_days}
            group by t.payment_id having count(*) = 1)
        select payment_id, payment_id as advice_id from bank
        union
        select b.payment_id, t.payment_id from bank b join told t
          using (end_to_end_ref, currency, amount_minor)
        union
        select payment_id, advice_id from bare"""


@step(reads=("advice", "paid_once", "telling", "allocation", "referred"), writes="said", version=2)
def said() -> str:
    """List the numbers a payment by bank gives: those it lists, its references, those in its text.

    A creditor reference whose check digits are wrong is no number.
    """
    return """
        with bank as (
            select payment_id, structured_ref, end_to_end_ref, remittance_text
            from paid_once semi join advice using (payment_id)),
        word as (
            select payment_id, trim(unnest(string_split_regex(
                       upper(remittance_text), '[\\s,;()]+')), '.:#') as ref
            from bank where remittance_text is not null),
        every as (
            select a.payment_id, upper(trim(l.to_number)) as ref, 0 as rank, l.amount_minor
            from advice a join telling t on t.payment_id = a.advice_id
            join allocation l on l.payment_id = t.told_id
            where l.to_kind = 'invoice' and coalesce(l.amount_minor, 1) > 0
            union all
            select payment_id, upper(replace(structured_ref, ' ', '')), 1, null
            from bank where structured_ref is not null and payment_id not in (
                select subject from referred where kind = 'payment' and not sound)
            union all
            select subject, ref, 1, null from referred semi join bank on payment_id = subject
            where (kind = 'payment' and sound is distinct from false) or (kind = 'text' and sound)
            union all
            select payment_id, upper(trim(end_to_end_ref)), 2, null
            from bank where end_to_end_ref is not null
            union all
            select payment_id, ref, 3, null
            from word where length(ref) >= 2 and regexp_matches(ref, '[0-9]'))
        select payment_id, ref, rank, max(amount_minor) as amount_minor from every group by 1, 2, 3"""


@step(
    reads=("advice", "telling", "allocation", "paid_once", "paper", "credit"),
    writes="taken",
    version=1,
)
def taken() -> str:
    """Say what a payment takes off a claim by a credit note it lists."""
    return """
        with note as (
            select p.number, p.seller_id, k.claim_id from paper p join credit k using (document_id)
            where p.kind = 'credit_note' and k.claim_id is not null),
        listed as (
            select a.payment_id, l.to_number as number, x.creditor_id as seller_id, l.amount_minor
            from advice a join telling t on t.payment_id = a.advice_id
            join allocation l on l.payment_id = t.told_id
            join paid_once x on x.payment_id = a.payment_id
            where l.to_kind = 'credit_note' and l.amount_minor < 0)
        select payment_id, claim_id, -sum(amount_minor) as amount_minor
        from listed join note using (number, seller_id) group by 1, 2"""


@step(
    reads=("paid_once", "advice", "said", "taken", "bill", "credit", "referred"),
    writes="meant",
    version=2,
)
def meant() -> str:
    """Find the claims each payment by bank means.

    What it lists, itself or in a remittance advice for it, comes first, less the credit notes listed
    with it; then its references and the numbers in its text; then, where there are none, the one
    open claim of the same parties with this very amount. A number counts only beside a party: both
    parties before the creditor alone, the creditor before the debtor.
    """
    return f"""
        with bank as (
            select payment_id, debtor_id, creditor_id, creditor_account, amount_minor, currency,
                   booked_on
            from paid_once semi join advice using (payment_id)),
        {_FOUND},
        {_REFERRED},
        {_ALIKE}
        select payment_id, claim_id, amount_minor,
               case rank when 0 then 'listed' when 1 then 'creditor reference'
                         when 2 then 'end-to-end reference' else 'remittance text' end as rule
        from referred_to
        union all
        select payment_id, claim_id, null, 'parties and amount' from alike
        where claims = 1 and payments = 1"""


_SAME = "o.ref = a.ref and o.currency = a.currency"
# Who of the invoice is the payment's: 0 both parties, 1 the creditor or its payee, 2 the debtor.
_SIDES = (
    ("case when a.debtor_id = o.debtor_id then 0 else 1 end", "o.creditor_id = a.creditor_id"),
    ("1", "o.payee_id = a.creditor_id"),
    ("1", "o.payee_account = a.creditor_account"),
    ("2", "o.debtor_id = a.debtor_id"),
)
_BESIDE = " union all ".join(
    f"select a.payment_id, a.ref, a.rank, o.claim_id, {side} as side "
    f"from asked a join called o on {_SAME} and {party}"
    for side, party in _SIDES
)
# Every claim that a payment's numbers name, beside a party of it.
_FOUND = f"""
        called as (
            select upper(trim(number)) as ref, claim_id, currency, debtor_id, creditor_id, payee_id,
                   payee_account from bill
            union
            select upper(replace(payment_ref, ' ', '')), claim_id, currency, debtor_id, creditor_id,
                   payee_id, payee_account from bill where payment_ref is not null and claim_id not in (
                       select subject from referred where kind = 'claim' and not sound)
            union
            select r.ref, claim_id, currency, debtor_id, creditor_id, payee_id, payee_account
            from bill join referred r on r.subject = claim_id
            where r.kind = 'claim' and r.sound is distinct from false),
        asked as (
            select s.payment_id, s.ref, s.rank, b.currency, b.debtor_id, b.creditor_id,
                   b.creditor_account
            from said s join bank b using (payment_id)),
        found as ({_BESIDE})"""
# The claims of each number on its nearest side; what is listed leaves nothing to other numbers.
_REFERRED = """
        best as (select payment_id, ref, rank, min(side) as side from found group by 1, 2, 3),
        first as (select payment_id, min(rank) = 0 as lists from found group by 1),
        chosen as (
            select f.payment_id, f.claim_id, min(f.rank) as rank, min(f.ref) as ref
            from found f join best using (payment_id, ref, rank, side) join first using (payment_id)
            where (f.rank = 0) = first.lists group by 1, 2),
        referred_to as (
            select c.payment_id, c.claim_id, c.rank,
                   case when s.amount_minor is not null
                        then greatest(s.amount_minor - coalesce(t.amount_minor, 0), 0) end
                       as amount_minor  -- greatest() would pass over a null
            from chosen c
            left join (select * from said where rank = 0) s using (payment_id, ref, rank)
            left join taken t on t.payment_id = c.payment_id and t.claim_id = c.claim_id)"""
# Payments that name nothing, and the claims of the same parties with the very amount.
_ALIKE = """
        credited as (
            select claim_id, sum(amount_minor) as amount_minor from credit group by 1),
        waiting as (
            select b.claim_id, b.debtor_id, b.creditor_id, b.currency, b.issued_on,
                   b.amount_minor - coalesce(c.amount_minor, 0) as open_minor
            from bill b left join credited c using (claim_id)
            anti join referred_to using (claim_id)),
        alike as (
            select p.payment_id, w.claim_id,
                   count(*) over (partition by p.payment_id) as claims,
                   count(*) over (partition by w.claim_id) as payments
            from (select * from bank anti join referred_to using (payment_id)) p join waiting w
              on w.debtor_id = p.debtor_id and w.creditor_id = p.creditor_id
             and w.currency = p.currency and w.open_minor = p.amount_minor
             and w.issued_on <= p.booked_on)"""
