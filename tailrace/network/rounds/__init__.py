"""Rounds: a clearing as schemes run it, from the call for debts to one deed that binds.

In: obligations that are open, what the parties say of them, the rule book of the round. Out: lines
(each debt, whether it takes part and what of it is set off), reservations, and on adoption the rows
of a clearing. `tables.py` says what is recorded; see docs/rounds.md.
"""
