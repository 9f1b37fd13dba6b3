"""Outlook: how each party pays, the cash to come, and who will need what and when.

In: claims (past delays), what remains due after clearing, bank balances. Out: a delay distribution
for each debtor with its measured coverage, a dated cash curve for each firm, and needs.
Offers rely on needs; the report shows the curve.
"""
