"""Event logs: what an order item's events alone prove, by existence, order, count and reversal.

In: events of a process log, told in the vocabulary of `rules.toml [logs]`. Out: `counted`, an
obligation for each invoice receipt, and `case_state`, a row for each case. No amount is matched: a
log tells the item's net worth, which bounds what an invoice can be from above.
"""
