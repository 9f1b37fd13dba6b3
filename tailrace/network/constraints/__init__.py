"""Constraints: the rules of a circle as bounds, costs and nodes, over the exact solver.

`reading` turns rules into bounds on what is set off; `extended` lays those bounds out as a network of
more nodes and arcs; `flow` finds its greatest circulation with the solver's own routing; `solving`
goes through the stages of priority; `after` holds the two rules that no exact method keeps at size;
`check` proves an answer from the rules alone, without any of the others but `reading`.
"""
