"""What should stand in the ledger: every fact and decision as legs, in SQL.

A leg is `(rule, cause_kind, cause_id, valid_on, sequence, debit, credit, unit, amount)`: what one
cause has moved in all, so far as the book knows on the day. `steps.deed` compares the legs with
what is posted and posts the difference, so a fact that grows, shrinks or goes away is a further
deed and never a change. An amount below zero runs the other way.

The obligation unit: `proof` issues it (creditor/free against debtor/owed) as far as goods prove the
claim; set-offs, sales and payments use it up; the floor of `free` refuses to use it twice.
"""

from __future__ import annotations

from tailrace.base.ids import sql_id

# The order in which rules are decided within one batch. What gives back comes before what takes:
# a credit note after payment first returns what the payment had redeemed, then unproves it.
RANKS = {
    "merge": 0,
    "receipt": 1,
    "claim": 2,
    "credit": 3,
    "proof": 5,
    "set_off": 6,
    "sale": 7,
    "payment": 8,
    "maturity": 8,
    "price": 8,
    "redemption": 9,
}
RETURNS = 4  # rank of a redemption that is taken back
LOT = "ZZ"  # UN/ECE Rec. 20: mutually defined, where a record names no unit
MILLIONTHS = 1_000_000  # goods are counted in the sixth decimal, the last a record may have

UNIT = f"""'obligation:' || {sql_id("'obligation'", "claim_id")}"""
DECLARED = "declared:"  # unit of a debt known by the parties' word alone: no document issues it


def firm_now(column: str) -> str:
    """Return the SQL of the firm that an id names today: firms found to be one share an id."""
    return f"coalesce((select w.firm_id from firm w where w.party_id = {column}), {column})"


def causes() -> str:
    """Return the common table expressions that the legs rest on."""
    return f"""
        posted_proof as (
            select cause_id as claim_id,
                   sum(case when credit like '%/owed' then amount else -amount end) as issued
            from transfer where rule = 'proof' group by all),
        posted_use as (
            select unit, sum(amount) as used
            from transfer where rule in ('set_off', 'sale') and credit like '%/free' group by all),
        grave as (select distinct claim_id from finding where grave and claim_id is not null),
        proven_day as (
            select m.claim_id, max(d.issued_on) as proven_on
            from match m join document d on d.document_id = m.with_document_id
            where m.role = 'received' group by all),
        credited_day as (
            select m.claim_id, max(d.issued_on) as credited_on
            from match m join document d on d.document_id = m.with_document_id
            where m.role = 'credited' group by all),
        told as (
            select i.instruction_id, i.end_to_end_ref, i.reason, i.claim_id, i.contract_id,
                   i.payer_id, i.payee_id, i.currency, max(p.booked_on) as paid_on,
                   cast(sum(p.amount_minor) as bigint) as amount
            from instruction i
            join paid_once p on p.end_to_end_ref = i.end_to_end_ref and p.currency = i.currency
            where i.contract_id is not null and p.told_by = 'bank' and not p.reversed
            group by all),
        heard as (
            select m.match_id, m.claim_id, m.amount_minor, p.booked_on as paid_on
            from match m join paid_once p on p.payment_id = m.with_payment_id
            where m.role = 'paid'
              and coalesce(p.end_to_end_ref not in (select end_to_end_ref from told), true)),
        paid as (
            select claim_id, cast(sum(amount_minor) as bigint) as paid, max(paid_on) as paid_on
            from heard group by all),
        set_off_sum as (
            select claim_id, cast(sum(amount_minor) as bigint) as amount from set_off group by all),
        sold_sum as (
            select claim_id, cast(sum(notional_minor) as bigint) as amount
            from contract group by all),
        issue as (
            select c.claim_id, c.debtor_id, c.creditor_id, {UNIT.replace("claim_id", "c.claim_id")} as unit,
                   greatest(c.issued_on, coalesce(d.proven_on, c.issued_on)) as proven_on,
                   greatest(case when g.claim_id is null then v.proven_minor else 0 end,
                            least(coalesce(k.issued, 0), coalesce(u.used, 0))) as amount
            from claim c
            join verdict v on v.claim_id = c.claim_id
            left join grave g on g.claim_id = c.claim_id
            left join proven_day d on d.claim_id = c.claim_id
            left join posted_proof k on k.claim_id = c.claim_id
            left join posted_use u on u.unit = {UNIT.replace("claim_id", "c.claim_id")})"""


def receipts() -> str:
    """Goods the buyer says arrived and kept: the very lines that may prove a claim."""
    return f"""
        select 'receipt' as rule, 'line' as cause_kind, g.line_id as cause_id, g.day as valid_on,
               1 as sequence, g.buyer_id || '/stock' as debit, g.seller_id || '/delivered' as credit,
               'goods:' || coalesce(l.item_ref, l.buyer_item_ref, l.standard_item_ref, l.item_name)
                   || '|' || coalesce(l.unit, '{LOT}') as unit,
               cast(cast(g.quantity as decimal(38, 6)) * {MILLIONTHS} as bigint) as amount
        from goods g join paper p on p.document_id = g.document_id
        join line l on l.line_id = g.line_id
        where g.role = 'received' and p.writer_id = g.buyer_id and g.seller_id <> g.buyer_id
          and coalesce(l.item_ref, l.buyer_item_ref, l.standard_item_ref, l.item_name) is not null"""


def claims() -> str:
    """What is invoiced and what credit notes undo, in both firms' books."""
    return _money(
        "claim",
        "claim",
        "claim_id",
        "select claim_id, creditor_id, debtor_id, currency, issued_on as valid_on, "
        "amount_minor as amount from claim",
        ("creditor_id", "receivable", "sales"),
        ("debtor_id", "purchases", "payable"),
    )


def credit_notes() -> str:
    """What credit notes undo, in both firms' books."""
    return _money(
        "credit",
        "claim",
        "claim_id",
        "select c.claim_id, c.creditor_id, c.debtor_id, c.currency, c.credited_minor as amount, "
        "coalesce(d.credited_on, c.issued_on) as valid_on "
        "from claim c left join credited_day d on d.claim_id = c.claim_id",
        ("creditor_id", "sales", "receivable"),
        ("debtor_id", "payable", "purchases"),
    )


def proofs() -> str:
    """The obligation unit, issued as far as the claim is proven and not under a grave finding."""
    return """
        select 'proof', 'claim', claim_id, proven_on, 1,
               creditor_id || '/free', debtor_id || '/owed', unit, amount
        from issue"""


def payments() -> str:
    """What the bank paid to the creditor, as far as evidence says which claim it was for."""
    return _money(
        "payment",
        "match",
        "match_id",
        """select h.match_id, c.debtor_id, c.creditor_id, c.currency, h.paid_on as valid_on,
                  h.amount_minor as amount
           from heard h join claim c on c.claim_id = h.claim_id""",
        ("debtor_id", "payable", "bank"),
        ("creditor_id", "bank", "receivable"),
    )


def maturities() -> str:
    """What the bank paid to the buyer of a claim sold: the instruction's reference came back."""
    source = f"""
        select instruction_id, currency, paid_on as valid_on, amount,
               {firm_now("payer_id")} as debtor_id, {firm_now("payee_id")} as buyer_id
        from told where reason = 'obligation'"""
    return _money(
        "maturity",
        "instruction",
        "instruction_id",
        source,
        ("debtor_id", "payable", "bank"),
        ("buyer_id", "bank", "bought"),
    )


def redemptions() -> str:
    """What payments take off the obligation unit: the creditor's part, and the buyers' part."""
    return f"""
        select 'redemption', 'claim', i.claim_id, greatest(i.proven_on, p.paid_on), 1,
               i.debtor_id || '/owed', i.creditor_id || '/free', i.unit,
               greatest(0, least(p.paid, i.amount - coalesce(s.amount, 0) - coalesce(n.amount, 0)))
        from issue i
        join paid p on p.claim_id = i.claim_id
        left join set_off_sum s on s.claim_id = i.claim_id
        left join sold_sum n on n.claim_id = i.claim_id
        union all
        select 'redemption', 'instruction', t.instruction_id, t.paid_on, 1,
               i.debtor_id || '/owed', {firm_now("t.payee_id")} || '/held', i.unit,
               least(t.amount, k.notional_minor)
        from told t
        join contract k on k.contract_id = t.contract_id
        join issue i on i.claim_id = t.claim_id
        where t.reason = 'obligation'"""


def set_offs() -> str:
    """What a clearing set off: both firms' books through `clearing`, and the obligation unit."""
    source = f"""
        select s.set_off_id, s.currency, s.amount_minor as amount, k."on" as valid_on, s.claim_id,
               s.obligation_id,
               {firm_now("s.debtor_id")} as debtor_id, {firm_now("s.creditor_id")} as creditor_id
        from set_off s join clearing k on k.clearing_id = s.clearing_id"""
    money = _money(
        "set_off",
        "set_off",
        "set_off_id",
        source,
        ("debtor_id", "payable", "clearing"),
        ("creditor_id", "clearing", "receivable"),
    )
    return f"""{money}
        union all
        select 'set_off', 'set_off', set_off_id, valid_on, 3,
               debtor_id || '/owed', creditor_id || '/free',
               if(claim_id is null, '{DECLARED}' || obligation_id, {UNIT}), amount
        from ({source})"""


def sales() -> str:
    """An obligation sold, or paid early by its own debtor: unit, price to come and discount.

    The seller gives up the face amount for the price; the buyer takes an asset at face amount, the
    debtor that pays early gives up its debt. The unit moves to the buyer, or ends at the debtor.
    """
    source = f"""
        select contract_id, claim_id, currency, status_on as valid_on,
               price_at_purchase_minor as price,
               notional_minor - price_at_purchase_minor as discount, notional_minor as notional,
               {firm_now("seller_id")} as seller_id, {firm_now("buyer_id")} as buyer_id,
               case when {firm_now("buyer_id")} = {firm_now("debtor_id")}
                    then '/payable' else '/bought' end as asset,
               case when {firm_now("buyer_id")} = {firm_now("debtor_id")}
                    then '/owed' else '/held' end as place
        from contract"""
    legs = (
        ("seller_id || '/proceeds'", "seller_id || '/receivable'", "currency", "price"),
        ("seller_id || '/discount'", "seller_id || '/receivable'", "currency", "discount"),
        ("buyer_id || asset", "buyer_id || '/price_owed'", "currency", "price"),
        ("buyer_id || asset", "buyer_id || '/discount_earned'", "currency", "discount"),
        ("buyer_id || place", "seller_id || '/free'", UNIT, "notional"),
    )
    return "\n        union all\n".join(
        f"""
        select 'sale', 'contract', contract_id, valid_on, {place},
               {debit}, {credit}, {unit}, {amount} from ({source})"""
        for place, (debit, credit, unit, amount) in enumerate(legs, start=1)
    )


def prices() -> str:
    """The price of a claim sold or paid early, as the bank paid it."""
    source = f"""
        select instruction_id, currency, paid_on as valid_on, amount,
               {firm_now("payee_id")} as seller_id, {firm_now("payer_id")} as buyer_id
        from told where reason = 'purchase'"""
    return _money(
        "price",
        "instruction",
        "instruction_id",
        source,
        ("seller_id", "bank", "proceeds"),
        ("buyer_id", "price_owed", "bank"),
    )


def _money(rule: str, kind: str, cause: str, source: str, *legs: tuple[str, str, str]) -> str:
    """Return the legs of a source's rows, each (firm, debit, credit): money stays in a firm."""
    return "\n        union all".join(
        f"""
        select '{rule}' as rule, '{kind}' as cause_kind, {cause} as cause_id, valid_on,
               {place} as sequence, {firm} || '/{debit}' as debit, {firm} || '/{credit}' as credit,
               currency as unit, amount
        from ({source})"""
        for place, (firm, debit, credit) in enumerate(legs, start=1)
    )


def legs() -> str:
    """Return every leg, of every rule."""
    rules = (
        receipts(),
        claims(),
        credit_notes(),
        proofs(),
        set_offs(),
        sales(),
        payments(),
        maturities(),
        prices(),
        redemptions(),
    )
    return "\n        union all\n".join(f"({rule})" for rule in rules)
