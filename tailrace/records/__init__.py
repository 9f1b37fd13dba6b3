"""The vocabulary: what every document standard becomes.

In: nothing. Out: the declared tables of the record model (`tables.py`) and the ids of their rows
(`ids.py`). Formats write them; every later room reads them and nothing else of the outside world.
EN 16931 gives the meanings (BT and BG numbers), UBL the names.
"""
