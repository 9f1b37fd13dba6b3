"""Evidence: lines are matched, and each claim is proven, partly proven or unproven.

In: the record tables. Out: who is who (`firm`), what is said to be owed (`claim`), which lines
prove or undo it (`match`), the verdict with the amount (`verdict`) and what is odd (`finding`).
The network relies on the proven, unpaid amounts; `why` relies on `match`.
"""
