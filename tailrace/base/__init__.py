"""Ground floor: money, quantity, dates, ids, tables, steps, the journal, ports and errors.

Nothing here knows of trade; every room relies on it and it relies on no room.
"""
