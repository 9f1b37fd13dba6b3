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
    version=1,
)
def checked(evidence: EvidenceRules) -> str:
    """Hold every figure of a document against the figures it follows from, and its days."""
    tests = [*_totals(evidence.amount_tolerance_minor), *_days(), *_codes()]
    return f"with {_PAPERS} " + " union all ".join(f"select * from ({test})" for test in tests)


_PAPERS = """
    flat as (
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
        select distinct document_id, number from (
            select document_id, to_number as number from reference where to_kind = 'order'
            union all select document_id, order_ref from line where order_ref is not null))"""


def _totals(tolerance: int) -> list[str]:
    """Return the tests of sums: what is stated against what it follows from."""
    stated = {
        "lines": ("line_total_minor", "s.net_minor", "the line total (BT-106)", "its lines"),
        "allowances": (
            "-allowance_total_minor",
            "-a.minor",
            "the sum of allowances (BT-107)",
            "its allowances",
        ),
        "charges": ("charge_total_minor", "c.minor", "the sum of charges (BT-108)", "its charges"),
        "exclusive": (
            "tax_exclusive_minor",
            "line_total_minor - coalesce(allowance_total_minor, 0) "
            "+ coalesce(charge_total_minor, 0)",
            "the total without tax (BT-109)",
            "line total, allowances and charges",
        ),
        "taxes": ("tax_total_minor", "x.minor", "the tax (BT-110)", "its tax breakdown"),
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
    made = [_sum(test, *said, tolerance) for test, said in stated.items()]
    return [*made, _line_amount()]


def _sum(test: str, said: str, follows: str, name: str, of: str, tolerance: int) -> str:
    """A stated total that does not follow from its parts."""
    mend = _MEND.format(kind="invoice")
    return f"""
        with pair as (
            select f.document_id, f.name, f.currency, f.payable_minor, {said} as said_minor,
                   {follows} as follows_minor
            from flat f left join summed s using (document_id)
            left join extras a on a.document_id = f.document_id and not a.charge
            left join extras c on c.document_id = f.document_id and c.charge
            left join taxed x on x.document_id = f.document_id
            where f.kind in {_TOTALLED} and f.currency is not null)
        select '{test}' as test, document_id, cast(null as varchar) as line_id,
               cast(payable_minor - greatest(said_minor - follows_minor, 0) as bigint) as cap_minor,
               name || ' states ' || {words.money("abs(said_minor)", "currency")}
               || ' as {name}; {of} come to ' || {words.money("abs(follows_minor)", "currency")}
                   as what, '{mend}' as mend
        from pair where abs(said_minor - follows_minor) > {tolerance}"""


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
    before = f"""
        select 'ordered', f.document_id, null, null,
               f.name || ' of ' || f.issued_on || ' is older than order ' || b.number || ' of '
               || b.ordered_on, '{mend}'
        from flat f join names n using (document_id)
        join begun b on b.buyer_id = f.buyer_id and b.number = n.number
        where f.kind = 'invoice' and f.issued_on < b.ordered_on
        qualify row_number() over (partition by f.document_id order by b.ordered_on desc, b.number) = 1"""
    delivered = f"""
        select 'delivered', f.document_id, null, null,
               f.name || ' says the goods were delivered on ' || least(f.delivered_on, l.day)
               || ', before order ' || b.number || ' of ' || b.ordered_on, '{mend}'
        from flat f
        left join (select document_id, min(delivered_on) as day from line
                   where delivered_on is not null group by 1) l using (document_id)
        join names n on n.document_id = f.document_id
        join begun b on b.buyer_id = f.buyer_id and b.number = n.number
        where f.kind in ('despatch', 'receipt', 'invoice')
          and least(f.delivered_on, l.day) < b.ordered_on
        qualify row_number() over (partition by f.document_id order by b.ordered_on desc, b.number) = 1"""
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
