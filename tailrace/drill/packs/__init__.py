"""Packs of the drill: one file for each case with its page beside; the folder is the list.

A pack holds `plant(scene, *, ...)`, whose keyword arguments are its parameters: `--set NAME=VALUE`
on the command line. Rules it needs go into `scene.rules`, written as `tailrace.toml` would hold them.
"""
