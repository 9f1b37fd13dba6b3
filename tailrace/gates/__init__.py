"""How bytes come and go. One file is one way in: a folder, a ZIP, standard input.

In: a path or `-`, and limits as plain arguments. Out: Items, smallest name first, and a Fault for
each thing refused. The intake of formats and the command line rely on it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO

from tailrace.base.errors import NotFound
from tailrace.base.ports import Gate


def open_gate(
    path: str | Path,
    *,
    skip: tuple[str, ...],
    bytes_max: int,
    expansion_max: int,
    stdin: BinaryIO | None = None,
) -> Gate:
    """Return the gate for a folder, a ZIP file, one file, or `-` for standard input.

    Raises `NotFound` where nothing has that name.
    """
    from tailrace.gates.folder import FileGate, FolderGate
    from tailrace.gates.stdin import StdinGate
    from tailrace.gates.zip import ZipGate

    if str(path) == "-":
        stream = stdin if stdin is not None else sys.stdin.buffer
        return StdinGate(stream=stream, skip=skip, bytes_max=bytes_max, expansion_max=expansion_max)
    path = Path(path)
    if path.is_dir():
        return FolderGate(path=path, skip=skip, bytes_max=bytes_max, expansion_max=expansion_max)
    if path.suffix.lower() == ".zip" and path.is_file():
        return ZipGate(
            path=path, prefix="", skip=skip, bytes_max=bytes_max, expansion_max=expansion_max
        )
    if path.is_file():
        return FileGate(path=path, bytes_max=bytes_max, expansion_max=expansion_max)
    mend = "name a folder, a ZIP file, a file, or - for standard input"
    raise NotFound("no such file or folder", where=str(path), mend=mend)
