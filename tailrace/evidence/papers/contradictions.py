"""Records that contradict themselves or their order: each names both figures, and how to mend it.

Nothing is proven by a contradiction and nothing is unproven by it in silence: an invoice whose
figures give two amounts is proven up to the smaller one. Source: EN 16931-1, BR-CO-10 to BR-CO-16.
"""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa

from tailrace.base.ids import sql_id
from tailrace.base.money import EXPONENTS, Money
from tailrace.base.steps import array_step, step
from tailrace.base.tables import rows_of
from tailrace.evidence import words
from tailrace.evidence.papers.codes import CURRENCIES, UNITS
from tailrace.evidence.papers.working import RECKONED
from tailrace.evidence.rules import EvidenceRules

_TOTALLED = "('order', 'invoice', 'credit_note')"
_LARGE = 10**15  # a line beyond this is no trade: see AMOUNT_MAX
_MEND = (
    "the issuer corrects it: a credit note and a new {kind}; until then the smaller figure counts"
)


@step(
    reads=("line", "paper", "document", "allowance_charge", "tolerance"),
    writes="misread",
    version=1,
)
def misread(evidence: EvidenceRules) -> str:
    """List the lines whose amount is further from quantity times price than the buyer forgives."""
    factor = f"(10.0 ** {words.places('currency')})"
    return f"""
        with extra as (
            select line_id, sum(case when charge then amount_minor else -amount_minor end) as minor
            from allowance_charge where line_id is not null group by 1),
        flat as (
            select l.line_id, l.quantity, l.price, l.price_base_quantity, d.currency, l.net_minor,
                   cast(coalesce(e.minor, 0) as bigint) as extra_minor,
                   coalesce(t.amount_minor, {evidence.amount_tolerance_minor}) as most_minor,
                   cast(coalesce(t.amount_rel, {evidence.amount_tolerance}) as double) as most_rel
            from line l join paper p using (document_id) join document d using (document_id)
            left join extra e using (line_id) left join tolerance t on t.firm_id = p.buyer_id
            where p.kind in {_TOTALLED} and l.quantity is not null and l.price is not null
              and l.net_minor is not null and d.currency is not null
              and coalesce(l.price_base_quantity, 1) > 0)
        select * exclude (net_minor, most_minor, most_rel) from flat
        where abs(cast(quantity as double) * cast(price as double)
                  / cast(coalesce(price_base_quantity, 1) as double) * {factor}
                  + extra_minor - net_minor)
              > 0.5 + greatest(most_minor, most_rel * abs(net_minor))"""


@array_step(reads=("misread",), writes="reckoned", version=1)
def reckoned(misread: pa.Table) -> pa.Table:
    """Work out what those lines come to: quantity times price, rounded half up, with extras."""
    made = []
    for row in rows_of(misread):
        amount = row["quantity"] * row["price"] / (row["price_base_quantity"] or Decimal(1))
        if row["currency"] in EXPONENTS and abs(amount) < _LARGE:
            money = Money.of(abs(amount), row["currency"], rounding="ROUND_HALF_UP")
            signed = money.amount_minor if amount >= 0 else -money.amount_minor
            made.append({"line_id": row["line_id"], "net_minor": signed + row["extra_minor"]})
    return RECKONED.rows(made)


@step(
    reads=(
        "paper",
        "twice",
        "document",
        "line",
        "reference",
        "allowance_charge",
        "tax_subtotal",
        "reckoned",
    ),
    writes="checked",
    version=2,
)
def checked(evidence: EvidenceRules) -> str:
    """Hold every figure of a document against the figures it follows from, and its days."""
    tests = [*_totals(evidence), *_days(), *_codes()]
    return f"with {_PAPERS} " + " union all ".join(f"select * from ({test})" for test in tests)


_PAPERS = f"""
    flat as not materialized (
        select p.document_id, replace(p.kind, '_', ' ') || ' ' || p.number as name, p.kind,
               p.buyer_id, d.*exclude (document_id, kind, buyer_id)
        from paper p join document d using (document_id)),
    summed as (
        select document_id, count(*) as lines, cast(sum(net_minor) as hugeint) as net_minor
        from line where parent_ref is null group by 1 having count(*) = count(net_minor)),
    extras as (
        select document_id, charge, sum(amount_minor) as minor from allowance_charge
        where line_id is null group by 1, 2),
    taxed as (
        select t.document_id, sum(t.tax_minor) as minor
        from tax_subtotal t join document d using (document_id)
        where coalesce(t.currency, d.currency) = d.currency group by 1
        having count(*) = count(t.tax_minor)),
    begun as (
        select o.buyer_id, o.number, min(least(o.issued_on, coalesce(d.issued_on, o.issued_on)))
                   as ordered_on
        from paper o left join twice t on t.kept_id = o.document_id
        left join document d on d.document_id = t.document_id
        where o.kind = 'order' and o.buyer_id is not null group by 1, 2),
    names as (
        select document_id, order_ref as number from line where order_ref is not null
        union select document_id, to_number from reference where to_kind = 'order'),
    asking as materialized (
        select p.document_id, p.kind, p.buyer_id, n.number, d.issued_on,
               coalesce(least(d.delivered_on, l.day), case when p.kind = 'receipt' then d.issued_on end)
                   as delivered_on
        from names n join paper p using (document_id) join document d using (document_id)
        left join (select document_id, min(delivered_on) as day from line
                   where delivered_on is not null group by 1) l using (document_id)
        where p.kind in ('despatch', 'receipt', 'invoice')),
    late as materialized (
        select a.*, b.ordered_on from asking a join begun b using (buyer_id, number)
        where (a.kind = 'invoice' and a.issued_on < b.ordered_on)
           or a.delivered_on < b.ordered_on),
    figures as materialized (
        select d.document_id, d.currency, d.payable_minor, d.line_total_minor,
               d.allowance_total_minor, d.charge_total_minor, d.tax_exclusive_minor,
               d.tax_total_minor, d.tax_inclusive_minor, d.prepaid_minor, d.rounding_minor,
               s.net_minor as lines_minor, a.minor as allowances_minor, c.minor as charges_minor,
               x.minor as taxes_minor,
               coalesce(d.tax_inclusive_minor, d.payable_minor + coalesce(d.prepaid_minor, 0)
                        - coalesce(d.rounding_minor, 0)) as asked_minor,
               coalesce(d.tax_exclusive_minor, coalesce(d.line_total_minor, s.net_minor)
                        - coalesce(d.allowance_total_minor, a.minor, 0)
                        + coalesce(d.charge_total_minor, c.minor, 0)) as bare_minor,
               coalesce(d.tax_total_minor, x.minor) as tax_minor
        from paper p join document d using (document_id) left join summed s using (document_id)
        left join (from extras where not charge) a using (document_id)
        left join (from extras where charge) c using (document_id)
        left join taxed x using (document_id)
        where p.kind in {_TOTALLED} and d.currency is not null)"""


def _totals(evidence: EvidenceRules) -> list[str]:
    """Return the tests of sums: what is stated against what it follows from."""
    stated = {
        "lines": ("line_total_minor", "lines_minor", "the line total (BT-106)", "its lines"),
        "allowances": (
            "-allowance_total_minor",
            "-allowances_minor",
            "the sum of allowances (BT-107)",
            "its allowances",
        ),
        "charges": (
            "charge_total_minor",
            "charges_minor",
            "the sum of charges (BT-108)",
            "its charges",
        ),
        "exclusive": (
            "tax_exclusive_minor",
            "line_total_minor - coalesce(allowance_total_minor, 0) "
            "+ coalesce(charge_total_minor, 0)",
            "the total without tax (BT-109)",
            "line total, allowances and charges",
        ),
        "taxes": ("tax_total_minor", "taxes_minor", "the tax (BT-110)", "its tax breakdown"),
        "inclusive": (
            "tax_inclusive_minor",
            "tax_exclusive_minor + tax_total_minor",
            "the total with tax (BT-112)",
            "the total without tax and the tax",
        ),
        "payable": (
            "payable_minor",
            "tax_inclusive_minor - coalesce(prepaid_minor, 0) + coalesce(rounding_minor, 0)",
            "the amount payable (BT-115)",
            "the total with tax less what was prepaid",
        ),
    }
    wrong = " union all ".join(
        f"""select '{test}' as test, document_id, {said} as said_minor, {follows} as follows_minor,
                   '{name}' as title, '{of}' as parts
            from figures where abs(said_minor - follows_minor) > {evidence.amount_tolerance_minor}"""
        for test, (said, follows, name, of) in stated.items()
    )
    return [_sums(f"{wrong} union all {_asked(evidence)}"), _line_amount(), *_line_figures()]


def _asked(evidence: EvidenceRules) -> str:
    """An amount beyond its lines, where a total between them is left out.

    An invoice that says no tax at all may ask for its lines and the highest tax there is.
    """
    return f"""
        select 'asked', document_id, asked_minor, bare_minor + coalesce(tax_minor, 0),
               case when tax_inclusive_minor is null then 'the amount payable (BT-115)'
                    else 'the total with tax (BT-112)' end,
               'its lines with allowances, charges and what tax it says'
        from figures
        where (tax_inclusive_minor is null or tax_exclusive_minor is null or tax_total_minor is null)
          and cast(asked_minor - bare_minor as double) > {evidence.amount_tolerance_minor} + coalesce(
              cast(tax_minor as double),
              greatest(cast(bare_minor as double), 0) * cast({evidence.tax_most} as double))"""


def _line_figures() -> list[str]:
    """Lines with figures that no delivery has."""
    mend = "the issuer corrects the line; it proves and asks for nothing as it stands"
    base = f"""
        select 'base ' || l.line_ref, document_id, l.line_id, null,
               'line ' || l.line_ref || ' of ' || f.name || ' gives its price for a price base quantity of '
               || {words.number("l.price_base_quantity")} || '; it must be above 0',
               'the issuer corrects the line; its price is compared with none'
        from line l join flat f using (document_id)
        where f.kind in {_TOTALLED} and l.price_base_quantity <= 0"""
    minus = f"""
        select 'below zero ' || l.line_ref, document_id, l.line_id, null,
               'line ' || l.line_ref || ' of ' || f.name || ' counts '
               || {words.unit("l.quantity", "l.unit")} || ' at ' || {words.number("l.price")}
               || ': both are below zero', '{mend}'
        from line l join flat f using (document_id)
        where f.kind in {_TOTALLED} and l.quantity < 0 and l.price < 0"""
    return [base, minus]


def _sums(wrong: str) -> str:
    """Tell the stated totals that do not follow from their parts."""
    return f"""
        select test, document_id, cast(null as varchar) as line_id,
               cast(payable_minor - greatest(said_minor - follows_minor, 0) as bigint) as cap_minor,
               name || ' states ' || {words.money("abs(said_minor)", "currency")} || ' as ' || title
               || '; ' || parts || ' come to ' || {words.money("abs(follows_minor)", "currency")}
                   as what, '{_MEND.format(kind="invoice")}' as mend
        from ({wrong}) join flat using (document_id)"""


def _line_amount() -> str:
    """A line whose amount is not its quantity times its price."""
    return f"""
        select 'amount', f.document_id, l.line_id,
               f.payable_minor - greatest(l.net_minor - r.net_minor, 0),
               'line ' || l.line_ref || ' of ' || f.name || ' asks for '
               || {words.money("l.net_minor", "f.currency")} || '; '
               || {words.unit("l.quantity", "l.unit")} || ' at ' || {words.number("l.price")}
               || ' for ' || {words.number("coalesce(l.price_base_quantity, 1)")} || ' come to '
               || {words.money("r.net_minor", "f.currency")}, '{_MEND.format(kind="invoice")}'
        from reckoned r join line l using (line_id) join flat f using (document_id)"""


def _days() -> list[str]:
    """Return the tests of days."""
    due = """
        select 'due', document_id, null, null,
               name || ' of ' || issued_on || ' is due on ' || due_on || ', before it was issued',
               'ask the issuer for the due day; until then it stands as said'
        from flat where due_on < issued_on"""
    mend = "compare both papers: one of the days, or the order number, is wrong"
    first = """
        qualify row_number() over (
            partition by document_id order by ordered_on desc, t.number) = 1"""
    before = f"""
        select 'ordered', document_id, null, null,
               name || ' of ' || f.issued_on || ' is older than order ' || t.number || ' of '
               || ordered_on, '{mend}'
        from late t join flat f using (document_id)
        where f.kind = 'invoice' and f.issued_on < ordered_on {first}"""
    delivered = f"""
        select 'delivered', document_id, null, null,
               name || ' says the goods were delivered on ' || t.delivered_on || ', before order '
               || t.number || ' of ' || ordered_on, '{mend}'
        from late t join flat f using (document_id) where t.delivered_on < ordered_on {first}"""
    return [due, before, delivered]


def _codes() -> list[str]:
    """Return the tests of codes: units of goods and currencies that no list has."""
    units, currencies = (
        ", ".join(f"('{code}')" for code in sorted(codes))
        for codes in (UNITS, CURRENCIES | EXPONENTS.keys())
    )
    unit = f"""
        select 'unit ' || l.unit, f.document_id, min(l.line_id), null,
               any_value(f.name) || ' counts ' || count(*) || case when count(*) = 1 then ' line'
               else ' lines' end || ' in ' || l.unit || ', a unit that UN/ECE Rec. 20 and 21 lack',
               'use a code of the list: H87 for pieces, KGM, LTR; it meets only lines of its own word'
        from line l join (
            select unit from (select distinct unit from line where unit is not null)
            where unit not in (select * from (values {units}))) u using (unit)
        join flat f using (document_id) group by f.document_id, l.unit"""
    currency = f"""
        select 'currency', document_id, null, null,
               name || ' is in ' || currency || ', a currency that ISO 4217 lacks',
               'ask the issuer for the currency; amounts in it meet only each other'
        from flat where currency is not null
          and currency not in (select * from (values {currencies}))"""
    return [unit, currency]


@step(
    reads=("checked", "paper", "document", "line", "bill"),
    writes="contradiction",
    version=1,
)
def contradiction() -> str:
    """Tell each contradiction as a fault: what, where and how to mend it."""
    return f"""
        select {sql_id("'contradiction'", "c.test", "c.document_id", "c.line_id")}
                   as contradiction_id, c.document_id, c.line_id, b.claim_id,
               coalesce(l.source_id, d.source_id) as source_id,
               coalesce(l.position, d.position) as position, c.what,
               replace(p.kind, '_', ' ') || ' ' || p.number || ' of ' || p.issued_on
               || coalesce(', line ' || l.line_ref, '') as "where", c.mend
        from checked c join document d using (document_id) join paper p using (document_id)
        left join line l on l.line_id = c.line_id
        left join bill b on b.document_id = c.document_id"""


@step(reads=("checked", "bill"), writes="held", version=1)
def held() -> str:
    """Say to which amount a claim is held by figures of its own that contradict each other."""
    return """
        select b.claim_id, greatest(min(c.cap_minor), 0) as held_minor,
               min_by(c.what, (c.cap_minor, c.test, coalesce(c.line_id, ''))) as words
        from checked c join bill b using (document_id)
        where c.cap_minor < b.amount_minor group by 1"""
