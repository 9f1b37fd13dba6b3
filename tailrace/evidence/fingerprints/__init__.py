"""Blinded fingerprints of claims, by which two lenders find invoices that both of them hold.

In: `claim`, `line`, `party_identifier`, `known_by`, `firm` and a key that only the two lenders know. Out: rows
of (kind, digest), sorted; and for the lender alone, which claim each digest stands for. Pure
functions that return SQL; the command `tailrace fingerprint` runs them.
"""
