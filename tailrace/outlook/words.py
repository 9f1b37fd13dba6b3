"""Why a need arises, in words with figures: SQL that the step `need` is made of."""

from __future__ import annotations

from datetime import date

from tailrace.base.money import EXPONENTS
from tailrace.outlook.flows import flows


def causes(on: date) -> str:
    """Return the CTEs `outflow` and `inflow`: one row for each row of a CTE `known`.

    outflow: the largest item the firm has to pay up to its deepest day. inflow: the largest item
    due to it by then but expected later than its due day and after the need has begun.
    """
    return f"""
        name as (select firm_id, min(name) as name from firm group by 1),
        flow as ({flows(on)}),
        going as (
            select f.* from flow f join known k
              on k.stage = f.stage and k.firm_id = f.payer_id and k.currency = f.currency
            where f.out_on <= k.deepest_on
            qualify row_number() over (partition by f.stage, f.payer_id, f.currency
                                       order by f.amount_minor desc, f.obligation_id) = 1),
        coming as (
            select f.* from flow f join known k
              on k.stage = f.stage and k.firm_id = f.payee_id and k.currency = f.currency
            where f.due_on <= k.deepest_on and f.mid_on > f.due_on and f.mid_on > k."on"
            qualify row_number() over (partition by f.stage, f.payee_id, f.currency
                                       order by f.amount_minor desc, f.obligation_id) = 1),
        outflow as (
            select stage, payer_id as firm_id, currency,
                   {sql_text("amount_minor", "currency")} || ' to ' || {_party("payee_id")}
                   || case when due_on <= date '{on}' then ' was due on ' else ' falls due on ' end
                   || cast(due_on as varchar) as words
            from going left join name on name.firm_id = going.payee_id),
        inflow as (
            select stage, payee_id as firm_id, currency,
                   {sql_text("amount_minor", "currency")} || ' from ' || {_party("payer_id")}
                   || ', due on ' || cast(due_on as varchar) || ', is expected on '
                   || cast(mid_on as varchar) as words
            from coming left join name on name.firm_id = coming.payer_id)"""


def sql_text(amount: str, currency: str) -> str:
    """Return SQL (DuckDB) that spells minor units for people, exactly as `money.text` does.

    The point is put between digits: nothing is divided.
    """
    sign = f"case when {amount} < 0 then '-' else '' end"
    digits = f"cast(abs({amount}) as varchar)"
    spelled = {e: _spelled(digits, e) for e in sorted(set(EXPONENTS.values()) - {2})}
    cases = " ".join(
        f"when {currency} in ({_codes(e)}) then {words}" for e, words in spelled.items()
    )
    return f"({sign} || case {cases} else {_spelled(digits, 2)} end || ' ' || {currency})"


def _spelled(digits: str, exponent: int) -> str:
    if exponent == 0:
        return f"format('{{:,}}', cast({digits} as bigint))"
    wide = f"cast(greatest(length({digits}), {exponent + 1}) as integer)"
    padded = f"lpad({digits}, {wide}, '0')"
    whole = f"cast(left({padded}, -{exponent}) as bigint)"
    return f"format('{{:,}}', {whole}) || '.' || right({padded}, {exponent})"


def _codes(exponent: int) -> str:
    return ", ".join(f"'{code}'" for code, e in sorted(EXPONENTS.items()) if e == exponent)


def _party(column: str) -> str:
    """Return SQL for a party's name; a funder has none but its id."""
    return f"coalesce(name.name, replace({column}, 'funder:', ''))"
