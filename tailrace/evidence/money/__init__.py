"""Payments: each once, what it means, what it pays."""
