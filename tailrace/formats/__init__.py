"""Formats: one file is one document standard; a mapping table reads it and writes it.

In: bytes with a name. Out: rows of the record tables, and faults beside them. `sniff` finds the
format; nothing but this room knows how a standard spells things.
"""
