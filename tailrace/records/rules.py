"""Limits on what comes in: how large, how deep, how far it may expand."""

from __future__ import annotations

from msgspec import Struct


class RecordRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of the gates and readers; every one is an argument, none is hidden in code."""

    skip: tuple[str, ...]  # names at the top of a folder that are not records
    bytes_max: int  # of a file, or of a ZIP member once unpacked
    depth_max: int  # elements inside one another
    attributes_max: int  # of one element
    text_max: int  # characters of one element
    expansion_max: int  # unpacked bytes for each packed byte
    files_a_page: int  # files whose rows share a page
