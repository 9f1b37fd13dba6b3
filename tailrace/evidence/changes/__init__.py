"""What changed: breaks in how firms order, deliver, charge and pay, and the need each suggests.

In: claims, matches, papers and goods of evidence, and the day `since` which a change is looked for.
Out: `series` (every series, judged or not, with its p and q), `change` (those that broke and matter)
and `change_point` (what a change was seen on, for drawing). The steps need the day `since`, so they
are run when it is asked what changed and never by a run of the street.

`measures.py` names what is watched, `told.py` gathers it, `layers.py` lays it into series,
`ranks.py` tests, `breaks.py` sizes and dates, `needs.py` works out what a change asks for.
"""
