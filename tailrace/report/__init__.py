"""The report: one self-contained page of a run, no network, readable in light, dark and on a phone.

In: the tables a run left in an engine and its summary. Out: HTML as text. `figures.py` asks the
tables, `draw.py` makes SVG, `page.py` lays the page out. The pictures of a clearing are the same for a
file: `seen.py` says what they rest on, `clearing.py` which there are, `clearing_sections.py` lays them out.
"""
