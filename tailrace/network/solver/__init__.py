"""The solver: integer arrays in, the greatest set-off and the prices that prove it out.

`solve(debtor, creditor, amount, weight)` merges, cuts away what lies on no ring, routes what is left
and returns a `Solution`; `circulate` is the same with the set-offs given out by row, `solve_each`
solves several networks, their components in other processes where asked. See
docs/clearing.md for the method and `compiled.py` for how one source runs with Numba and without.
"""

from __future__ import annotations

from tailrace.network.solver.curve import Curve, curve_of
from tailrace.network.solver.front import Owed, Solution, circulate, solve, solve_each
from tailrace.network.solver.routing import in_processes

__all__ = [
    "Curve",
    "Owed",
    "Solution",
    "circulate",
    "curve_of",
    "in_processes",
    "solve",
    "solve_each",
]
