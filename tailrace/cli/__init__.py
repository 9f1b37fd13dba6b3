"""The command line: one file is one verb, `cli/prove.py`, with its manual beside it, `prove.md`."""
