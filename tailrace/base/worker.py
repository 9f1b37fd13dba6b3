"""A working process: does one piece of work after another for the process that started it.

Started by `processes.spread` as `python -m tailrace.base.worker`. Frames come in by standard input and
go out by what was standard output; it ends when its input does, so it never outlives its starter.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from importlib import import_module
from typing import Any, BinaryIO

from tailrace.base.errors import TailraceError, Unreachable

_WIDTH = 8  # bytes of a length


def write_frame(to: BinaryIO, value: Any) -> None:
    """Write a value; what arrays and tables hold follows as it is, without a copy."""
    buffers: list[pickle.PickleBuffer] = []
    body = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    parts = [memoryview(body), *(buffer.raw() for buffer in buffers)]
    head = [len(parts), *(part.nbytes for part in parts)]
    to.write(b"".join(number.to_bytes(_WIDTH, "little") for number in head))
    for part in parts:
        to.write(part)
    to.flush()


def read_frame(source: BinaryIO) -> Any:
    """Return the next value; raise `EOFError` where the other side has ended."""
    count = int.from_bytes(_exactly(source, _WIDTH), "little")
    sizes = [int.from_bytes(_exactly(source, _WIDTH), "little") for _ in range(count)]
    body, *buffers = [_exactly(source, size) for size in sizes]
    return pickle.loads(body, buffers=buffers)


def _exactly(source: BinaryIO, size: int) -> bytearray:
    """Return so many bytes, in memory that an array may be written to."""
    body = bytearray(size)
    view, at = memoryview(body), 0
    while at < size:
        got = source.readinto(view[at:])  # type: ignore[attr-defined]
        if not got:
            raise EOFError("the other side has ended")
        at += got
    return body


def found(module: str, name: str) -> Any:
    """Return the function or step of this name."""
    return getattr(import_module(module), name)


def _answer(work: Any, given: dict[str, Any]) -> tuple[bool, Any]:
    """Return whether the work succeeded, and its answer or what it raised."""
    try:
        return True, work(**given)
    except TailraceError as why:
        return False, why
    except Exception as why:
        try:
            pickle.loads(pickle.dumps(why))
        except Exception:
            mend = "run it in one process to see where it fails"
            return False, Unreachable(f"{type(why).__name__}: {why}", where="a process", mend=mend)
        return False, why


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the starter is told, and ends this process
    source = sys.stdin.buffer
    to = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what the work prints is no frame
    try:
        work = found(*read_frame(source))
        while True:
            write_frame(to, _answer(work, read_frame(source)))
    except (EOFError, BrokenPipeError):
        os._exit(0)  # the starter has what it wanted, or has ended


if __name__ == "__main__":
    main()
