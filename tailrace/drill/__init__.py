"""The fraud drill: frauds as published cases describe them, planted among honest trade, and counted.

In: a pack (`packs/`, or a folder of records with the truth beside), a seed, how many firms. Out: for
each kind planted how many were found, and how many honest claims were suspected. `scene.py` lays
planted papers into the town's records, `kinds.py` says what counts as caught, `measure.py` counts.
"""
