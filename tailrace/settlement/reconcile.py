"""Which payment answers which instruction: the end-to-end reference comes back as it went out."""

from __future__ import annotations


def reconciled_sql() -> str:
    """Return the SQL of kind `reconciled`, one row for each instruction.

    A payment counts once however many statements tell it, and not at all once it was taken back;
    one in another currency answers nothing.
    """
    return """
        with heard as (
            select i.instruction_id, count(p.payment_id) as payments,
                   arg_min(p.payment_id, (p.booked_on, p.payment_id)) as payment_id,
                   coalesce(sum(p.amount_minor) filter (not p.reversed), 0) as paid_minor
            from instruction i
            left join paid_once p
              on p.end_to_end_ref = i.end_to_end_ref and p.currency = i.currency
             and p.told_by = 'bank'
            group by i.instruction_id)
        select i.instruction_id,
               case when h.payments = 0 then 'unheard'
                    when h.paid_minor = i.amount_minor then 'paid'
                    when h.paid_minor < i.amount_minor then 'short' else 'over' end as status,
               h.payment_id, h.paid_minor, i.amount_minor, i.currency
        from instruction i join heard h on h.instruction_id = i.instruction_id"""
