"""Settlement: instructions out, statements in, the two reconciled.

In: what is still due after clearing and offers, contracts, bank payments heard. Out: instructions
(pain.001.001.09), remittance advices (UBL), and which instruction each statement line answers.
What it hears back is journalled as records and read again: the street is a ring.
"""
