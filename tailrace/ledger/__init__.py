"""Ledger: double entry in money, goods and obligations.

In: what happened (receipts, claims, credit notes, payments) and what was decided (set-offs, sales).
Out: deeds as transfers, appended; balances and the trial balance, derived; books for beancount and
hledger. One transfer is one debit, one credit, one unit, one positive amount.
"""
