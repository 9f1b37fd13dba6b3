"""The fraud drill: frauds as published cases describe them, planted among honest trade, and counted.

In: a pack (`packs/`, a Python file that holds one, or a folder of records with the truth beside), a
seed, how many firms, parameters. Out: for each kind planted how many were found, how many honest
claims were suspected, and why each miss was missed.

    papers.py, scene.py, sales.py   rows laid among those of an honest town
    frauds.py, paperwork.py, series.py, slips.py, lenders.py   what is planted, a function a kind
    oddities.py                     honest sales of unusual shape
    kinds.py                        what counts as caught
    judging.py, measure.py, misses.py   evidence on the records, the counts, the misses explained
    folder.py, writing.py           a pack as a folder of documents
"""
