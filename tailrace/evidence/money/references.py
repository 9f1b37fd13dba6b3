"""Creditor references: one spelling, and check digits that must be right.

A reference is written for people in groups, with signs around it or zeros before it; the bank may
pass it on without. A wrong check digit is a slip of a digit, so what it meets is met by chance.
Schemes: ISO 11649 (RF, modulo 97), Belgium (modulo 97), Switzerland (QR reference, modulo 10
recursive), Finland (weights 7, 3, 1), Norway (KID, modulo 10 or 11), Sweden (OCR, modulo 10),
Slovenia (SI12, modulo 11). Digits alone are judged by the country of the account they are for.
"""

from __future__ import annotations

from tailrace.base.steps import step

_SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_VALUES = f"list_transform(string_split({{0}}, ''), lambda c: strpos('{_SIGNS}', c) - 1)"
_BACK = f"list_reverse({_VALUES.format('bare')})"
_TURNED = _VALUES.format("substr(bare, 5) || left(bare, 4)")
_IN_TURN = "[0, 9, 4, 6, 8, 2, 7, 1, 3, 5]"  # the table of modulo 10 recursive


def _weighed(weight: str) -> str:
    """Return the sum of digits from the right, each times its weight; the check digit is i = 1."""
    return f"list_sum(list_transform({_BACK}, lambda d, i: d * ({weight})))"


_LUHN = f"""list_sum(list_transform({_BACK}, lambda d, i:
    case when i % 2 = 1 then d when d > 4 then 2 * d - 9 else 2 * d end)) % 10 = 0"""
_MOD11 = f"{_weighed('case when i = 1 then 1 else 2 + (i - 2) % 6 end')} % 11 = 0"
_SLOVENE = _weighed("case when i = length(bare) or i > length(bare) - 4 or i = 1 then 0 else i end")
# scheme: (which references are of it, whether the check digits of `bare` are right)
_SCHEMES = {
    "ISO 11649": (
        "regexp_full_match(bare, 'RF[0-9]{2}[0-9A-Z]{1,21}')",
        f"""list_reduce(list_prepend(cast(0 as bigint), {_TURNED}),
            lambda a, d: (a * case when d > 9 then 100 else 10 end + d) % 97) = 1""",
    ),
    "Slovenian SI12": (
        "regexp_full_match(bare, 'SI12[0-9]{2,13}')",
        f"""right(bare, 1) = cast(case when {_SLOVENE} % 11 < 2 then 0
            else 11 - {_SLOVENE} % 11 end as varchar)""",
    ),
    "Belgian": (
        "regexp_full_match(bare, '[0-9]{12}') and (country = 'BE' or left(told, 3) in ('+++', '***'))",
        """cast(right(bare, 2) as bigint) = case when cast(left(bare, 10) as bigint) % 97 = 0
            then 97 else cast(left(bare, 10) as bigint) % 97 end""",
    ),
    "QR reference": (
        "regexp_full_match(bare, '[0-9]{27}')",
        f"""list_reduce(list_prepend(cast(0 as bigint), {_VALUES.format("bare")}),
            lambda a, d: {_IN_TURN}[cast((a + d) % 10 + 1 as bigint)]) = 0""",
    ),
    "Finnish": (
        "country = 'FI' and regexp_full_match(bare, '[0-9]{4,20}')",
        f"{_weighed('case when i = 1 then 1 else [7, 3, 1][cast((i - 2) % 3 + 1 as bigint)] end')}"
        " % 10 = 0",
    ),
    "KID": (
        "country = 'NO' and regexp_full_match(bare, '[0-9]{2,25}') and right(told, 1) <> '-'",
        f"({_LUHN}) or ({_MOD11})",
    ),
    "OCR": ("country = 'SE' and regexp_full_match(bare, '[0-9]{2,25}')", _LUHN),
}
_IN_TEXT = (
    "RF[0-9]{2}(?: ?[0-9]{1,4})+",
    "RF[0-9]{2}[0-9A-Z]{1,21}",
    "[+*]{3}[0-9]{3}/[0-9]{4}/[0-9]{5}[+*]{3}",
)


@step(reads=("paid_once", "bill"), writes="referred", version=1)
def referred() -> str:
    """Bring creditor references to one spelling and test their check digits.

    Of free text only what looks like a reference of its own accord is taken: RF and +++.
    """
    which = " ".join(f"when {found} then '{name}'" for name, (found, _) in _SCHEMES.items())
    sound = " ".join(f"when '{name}' then {test}" for name, (_, test) in _SCHEMES.items())
    texts = " union all ".join(
        f"select payment_id, creditor_account, "
        f"unnest(regexp_extract_all(upper(remittance_text), '{pattern}')) as told from texts"
        for pattern in _IN_TEXT
    )
    return f"""
        with texts as (
            select payment_id, creditor_account, remittance_text from paid_once
            where told_by = 'bank' and (upper(remittance_text) like '%RF%'
                                        or remittance_text like '%+++%'
                                        or remittance_text like '%***%')),
        every as (
            select 'payment' as kind, payment_id as subject, structured_ref as told,
                   creditor_account as account
            from paid_once where structured_ref is not null
            union all
            select 'claim', claim_id, payment_ref, payee_account from bill
            where payment_ref is not null
            union all
            select distinct 'text', payment_id, told, creditor_account from ({texts})),
        bared as (
            select *, regexp_replace(upper(told), '[^0-9A-Z]', '', 'g') as bare,
                   case when regexp_full_match(account, '[A-Z]{{2}}[0-9]{{2}}.+')
                        then left(account, 2) end as country
            from every),
        schemed as (select *, case {which} end as scheme from bared where bare <> '')
        select kind, subject, told,
               case when regexp_full_match(bare, '[0-9]+') then coalesce(
                   nullif(ltrim(bare, '0'), ''), '0') else bare end as ref,
               scheme, case scheme {sound} end as sound
        from schemed"""
