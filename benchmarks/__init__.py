"""Benchmarks: one file is one promise of speed, with a peer measured in the same run.

`./run bench [NAME] [--json]` runs them; the last results stand in `benchmarks/results/`.
"""
