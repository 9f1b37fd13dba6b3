"""Payments: each once however often it was told, and the claims it pays.

Only what a bank tells makes a claim paid. A remittance advice says what a payment means.
"""

from __future__ import annotations

from datetime import date
from itertools import groupby

import pyarrow as pa

from tailrace.base.steps import array_step, step
from tailrace.base.tables import rows_of
from tailrace.evidence.claims import AMOUNT_MAX
from tailrace.evidence.rules import EvidenceRules
from tailrace.evidence.working import SPREAD

# A payment is the same in two statements by its UETR, else by its end-to-end reference, amount and
# currency, else by accounts (parties where no account is said), amount, currency and day.
_BETWEEN = """
    concat_ws(chr(31), p.told_by, least(p.from_ref, p.to_ref), greatest(p.from_ref, p.to_ref),
              p.amount_minor, p.currency)"""
_KEY = f"""
    coalesce('u ' || p.uetr, 'e ' || p.told_by || chr(31) || p.end_to_end_ref || chr(31)
        || p.amount_minor || chr(31) || p.currency, 'a ' || {_BETWEEN})"""


@step(reads=("payment", "document", "firm"), writes="telling", version=1)
def telling(on: date) -> str:
    """Say which rows tell the same payment.

    The same payment made twice stands twice in one statement, or on two days of one side. The k-th
    on the payer's side is the k-th on the payee's; a statement that was delivered again tells
    nothing new. A telling without a reference belongs to one with a reference that the other side
    alone tells, of the same accounts, amount and day. Reversals are counted alike and stand by
    themselves. Amounts beyond AMOUNT_MAX are not payments.
    """
    return f"""
        with spoken as (
            select p.*, coalesce(p.booked_on, p.value_on, d.issued_on) as day,
                   coalesce(p.debtor_account, x.firm_id, '') as from_ref,
                   coalesce(p.creditor_account, y.firm_id, '') as to_ref,
                   p.debtor_account is not null and p.creditor_account is not null as placed
            from payment p left join document d using (document_id)
            left join firm x on x.party_id = p.debtor_id
            left join firm y on y.party_id = p.creditor_id
            where coalesce(p.booked_on, p.value_on, d.issued_on) <= date '{on}'
              and p.amount_minor between 0 and {AMOUNT_MAX}),
        keyed as (
            select p.payment_id, p.document_id, p.position, p.reversal,
                   coalesce(p.direction, '') as side, {_KEY} as key, {_BETWEEN} as between, p.placed,
                   p.uetr is null and p.end_to_end_ref is null as bare, p.day
            from spoken p),
        alone as (
            select k.*, row_number() over same as place from keyed k
            anti join (select key, side from keyed where not bare) other
              on other.key = k.key and other.side <> k.side
            where not k.bare and k.placed
            window same as (partition by between, day, reversal, side order by payment_id)),
        lost as (
            select k.*, row_number() over same as place from keyed k where k.bare and k.placed
            window same as (partition by between, day, reversal, side order by payment_id)),
        adopted as (
            select l.payment_id, a.key from lost l join alone a
              on a.between = l.between and a.day = l.day and a.reversal = l.reversal
             and a.place = l.place and a.side <> l.side),
        told as (
            select k.* replace (coalesce(a.key, k.key) as key, k.bare and a.key is null as bare)
            from keyed k left join adopted a using (payment_id)),
        nth as (
            select *, row_number() over (
                       partition by key, reversal, side, day, document_id
                       order by position, payment_id) as n,
                   case when bare and not reversal then cast(day as varchar) else '' end as only_on
            from told),
        ranked as (
            select *, dense_rank() over (
                       partition by key, only_on, reversal, side order by day, n) as run
            from nth)
        select payment_id as told_id, min(payment_id) over same as payment_id, key,
               run, reversal, min(day) over same as booked_on, side
        from ranked window same as (partition by key, only_on, reversal, run)"""


@step(reads=("payment", "telling", "firm"), writes="paid_once", version=1)
def paid_once() -> str:
    """List payments once each, with firms in place of parties, numbered where they repeat.

    A reversal takes back the last payment before it that is like it and was not taken back yet: the
    two stand like brackets. Each side knows its own party best.
    """
    return """
        with like_reversed as (
            select distinct payment_id, key, reversal, booked_on from telling
            semi join (select key from telling where reversal) using (key)),
        depth as (
            select *, sum(case when reversal then -1 else 1 end) over (
                partition by key order by booked_on, reversal, payment_id
                rows unbounded preceding) as open
            from like_reversed),
        closed as (
            select payment_id, reversal, open, min(open) over (
                partition by key order by booked_on, reversal, payment_id
                rows between 1 following and unbounded following) as later
            from depth),
        back as (select payment_id from closed where not reversal and later < open),
        merged as (
            select t.payment_id, t.key, min(t.booked_on) as booked_on, min(p.told_by) as told_by,
                   min(p.amount_minor) as amount_minor, min(p.currency) as currency,
                   coalesce(min(d.firm_id) filter (t.side = 'debit'), min(d.firm_id)) as debtor_id,
                   coalesce(min(c.firm_id) filter (t.side = 'credit'), min(c.firm_id))
                       as creditor_id,
                   min(upper(replace(p.debtor_account, ' ', ''))) as debtor_account,
                   min(upper(replace(p.creditor_account, ' ', ''))) as creditor_account,
                   min(p.end_to_end_ref) as end_to_end_ref, min(p.structured_ref) as structured_ref,
                   min(p.remittance_text) as remittance_text
            from telling t join payment p on p.payment_id = t.told_id
            left join firm d on d.party_id = p.debtor_id
            left join firm c on c.party_id = p.creditor_id
            where not t.reversal group by t.payment_id, t.key),
        numbered as (
            select *, row_number() over up as run, first_value(payment_id) over up as made_id
            from merged window up as (partition by key order by booked_on, payment_id))
        select n.* exclude (key), n.payment_id in (select payment_id from back) as reversed
        from numbered n"""


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


@step(reads=("advice", "paid_once", "telling", "allocation"), writes="said", version=1)
def said() -> str:
    """List the numbers a payment by bank gives: those it lists, its references, those in its text."""
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
            from bank where structured_ref is not null
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


@step(reads=("paid_once", "advice", "said", "taken", "bill", "credit"), writes="meant", version=1)
def meant() -> str:
    """Find the claims each payment by bank means.

    What it lists, itself or in a remittance advice for it, comes first, less the credit notes listed
    with it; then its references and the numbers in its text; then, where there are none, the one
    open claim of the same parties with this very amount. A number counts only beside a party: both
    parties before the creditor alone, the creditor before the debtor.
    """
    same = "o.ref = a.ref and o.currency = a.currency"
    found = " union all ".join(
        f"select a.payment_id, a.ref, a.rank, o.claim_id, {side} as side "
        f"from asked a join called o on {same} and {party}"
        for side, party in (
            (
                "case when a.debtor_id = o.debtor_id then 0 else 1 end",
                "o.creditor_id = a.creditor_id",
            ),
            ("1", "o.payee_id = a.creditor_id"),
            ("1", "o.payee_account = a.creditor_account"),
            ("2", "o.debtor_id = a.debtor_id"),
        )
    )
    return f"""
        with bank as (
            select payment_id, debtor_id, creditor_id, creditor_account, amount_minor, currency,
                   booked_on
            from paid_once semi join advice using (payment_id)),
        called as (
            select upper(trim(number)) as ref, claim_id, currency, debtor_id, creditor_id, payee_id,
                   payee_account from bill
            union
            select upper(replace(payment_ref, ' ', '')), claim_id, currency, debtor_id, creditor_id,
                   payee_id, payee_account from bill where payment_ref is not null),
        asked as (
            select s.payment_id, s.ref, s.rank, b.currency, b.debtor_id, b.creditor_id,
                   b.creditor_account
            from said s join bank b using (payment_id)),
        found as ({found}),
        best as (select payment_id, ref, rank, min(side) as side from found group by 1, 2, 3),
        first as (select payment_id, min(rank) = 0 as lists from found group by 1),
        chosen as (
            select f.payment_id, f.claim_id, min(f.rank) as rank, min(f.ref) as ref
            from found f join best using (payment_id, ref, rank, side) join first using (payment_id)
            where (f.rank = 0) = first.lists group by 1, 2),
        referred as (
            select c.payment_id, c.claim_id, c.rank,
                   case when s.amount_minor is not null
                        then greatest(s.amount_minor - coalesce(t.amount_minor, 0), 0) end
                       as amount_minor  -- greatest() would pass over a null
            from chosen c
            left join (select * from said where rank = 0) s using (payment_id, ref, rank)
            left join taken t on t.payment_id = c.payment_id and t.claim_id = c.claim_id),
        credited as (
            select claim_id, sum(amount_minor) as amount_minor from credit group by 1),
        waiting as (
            select b.claim_id, b.debtor_id, b.creditor_id, b.currency, b.issued_on,
                   b.amount_minor - coalesce(c.amount_minor, 0) as open_minor
            from bill b left join credited c using (claim_id)
            anti join referred using (claim_id)),
        alike as (
            select p.payment_id, w.claim_id,
                   count(*) over (partition by p.payment_id) as claims,
                   count(*) over (partition by w.claim_id) as payments
            from (select * from bank anti join referred using (payment_id)) p join waiting w
              on w.debtor_id = p.debtor_id and w.creditor_id = p.creditor_id
             and w.currency = p.currency and w.open_minor = p.amount_minor
             and w.issued_on <= p.booked_on)
        select payment_id, claim_id, amount_minor,
               case rank when 0 then 'listed' when 1 then 'creditor reference'
                         when 2 then 'end-to-end reference' else 'remittance text' end as rule
        from referred
        union all
        select payment_id, claim_id, null, 'parties and amount' from alike
        where claims = 1 and payments = 1"""


@step(reads=("meant", "paid_once", "bill"), writes="plain", version=1)
def plain() -> str:
    """Say what payments pay where nothing is left to decide.

    One claim takes its payment whole. Amounts that are listed are taken as listed, up to the payment.
    """
    return """
        with flat as (
            select m.payment_id, m.claim_id, m.amount_minor as listed_minor, m.rule,
                   p.amount_minor as whole, p.booked_on, b.issued_on,
                   count(*) over (partition by m.payment_id) as claims,
                   count(m.amount_minor) over (partition by m.payment_id) as lists
            from meant m join paid_once p using (payment_id) join bill b using (claim_id))
        select payment_id, claim_id, whole as amount_minor, booked_on, rule
        from flat where claims = 1
        union all
        select payment_id, claim_id,
               least(listed_minor, greatest(whole - (sum(listed_minor) over (
                   partition by payment_id order by issued_on, claim_id
                   rows unbounded preceding) - listed_minor), 0)),
               booked_on, rule
        from flat where claims > 1 and lists = claims"""


@step(reads=("meant", "plain", "paid_once", "bill", "credit", "gross"), writes="shared", version=1)
def shared() -> str:
    """List the payments that mean several claims without saying how much of each.

    Beside each claim stands what plain payments and credit notes left of it: of what was received,
    and of all that is owed.
    """
    return """
        with open as (
            select payment_id, claim_id, rule from meant
            where payment_id not in (select payment_id from plain)),
        spent as (select claim_id, sum(amount_minor) as amount_minor from plain group by 1),
        credited as (select claim_id, sum(amount_minor) as amount_minor from credit group by 1)
        select o.payment_id, o.claim_id, o.rule, p.amount_minor, p.booked_on, b.issued_on,
               greatest(b.amount_minor - coalesce(c.amount_minor, 0)
                        - coalesce(s.amount_minor, 0), 0) as owed_minor,
               least(owed_minor, greatest(g.gross_minor - coalesce(s.amount_minor, 0), 0))
                   as proven_minor
        from open o join paid_once p using (payment_id) join bill b using (claim_id)
        join gross g using (claim_id) left join credited c using (claim_id)
        left join spent s using (claim_id)"""


@array_step(reads=("shared",), writes="spread", version=1)
def spread(shared: pa.Table) -> pa.Table:
    """Share those payments among their claims, the payments in order of their days.

    What was received is paid before what was not, the oldest claim first. One payment leaves the
    next what it did not pay, so this goes row by row; only payments for several claims that list no
    amounts come here.
    """
    rows = sorted(
        rows_of(shared),
        key=lambda r: (r["booked_on"], r["payment_id"], r["issued_on"], r["claim_id"]),
    )
    owed = {row["claim_id"]: row["owed_minor"] for row in rows}
    proven = {row["claim_id"]: row["proven_minor"] for row in rows}
    made = []
    for _, group in groupby(rows, key=lambda r: r["payment_id"]):
        parts = list(group)
        left = parts[0]["amount_minor"]
        for row in parts:
            row["part"] = min(left, proven[row["claim_id"]])
            left -= row["part"]
        for row in parts:
            claim = row["claim_id"]
            more = min(left, owed[claim] - proven[claim])
            left -= more
            proven[claim] -= row["part"]
            owed[claim] -= row["part"] + more
            made.append({**row, "amount_minor": row["part"] + more})
    names = set(SPREAD.names)
    return SPREAD.rows({k: row[k] for k in names} for row in made if row["amount_minor"])


@step(reads=("plain", "spread"), writes="paid", version=1)
def paid() -> str:
    """Put together what each payment pays of each claim."""
    return """
        select payment_id, claim_id, amount_minor, booked_on, rule from plain where amount_minor > 0
        union all select payment_id, claim_id, amount_minor, booked_on, rule from spread"""
