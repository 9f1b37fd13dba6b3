"""The solver: integer arrays in, the greatest set-off and the prices that prove it out.

`solve(debtor, creditor, amount, weight)` merges, cuts away what lies on no ring, routes what is left
and returns a `Solution`; `circulate` is the same with the set-offs given out by row. See
docs/clearing.md for the method and `compiled.py` for how one source runs with Numba and without.
"""

from __future__ import annotations

from tailrace.network.solver.front import Curve, Solution, circulate, curve_of, solve

__all__ = ["Curve", "Solution", "circulate", "curve_of", "solve"]
