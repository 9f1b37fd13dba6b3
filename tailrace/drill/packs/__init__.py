"""Packs of the drill: one file for each case with its page beside; the folder is the list.

A pack holds `plant(scene, ...)`, whose keyword arguments are its parameters.
"""
