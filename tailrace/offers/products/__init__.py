"""Products: one file for one way to meet a need. Each has NAME, SOURCE and candidates(market)."""
