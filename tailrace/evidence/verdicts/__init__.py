"""Verdicts: how much of each claim is proven, by what, and what is missing."""
