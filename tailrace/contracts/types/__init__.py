"""Contract types: one file for one ACTUS code, found by it. Each has CODE, schedule, payoff, transition."""
