"""The report: one self-contained page of a run, no network, readable in light, dark and on a phone.

In: the tables a run left in an engine and its summary. Out: HTML as text. `figures.py` asks the
tables, `draw.py` and `network.py` make SVG, `page.py` lays the page out.
"""
