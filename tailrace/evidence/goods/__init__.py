"""Goods and services: lines on both sides of the proof, and what each contributes."""
