"""Named tests of what is odd in the records, one file for each; the folder is the list.

A test is a query step of the file's name: `no_goods.py` holds `no_goods`, which writes
`found_no_goods`. Its page in the manual is `docs/findings/no_goods.md`, its cases are golden files.
"""
