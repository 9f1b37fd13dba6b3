"""Contracts: terms in ACTUS names, projected into events and cash flows.

In: a table of terms (one row a contract, ACTUS names in snake_case) and observed events. Out: a
table of events with payoff and state. One file in `types/` is one contract type, found by its code.
Offers price with it; the ledger books what falls due.
"""
