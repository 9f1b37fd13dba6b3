"""Work spread over processes: one function, many slices, answers in order.

Each process is a fresh Python that imports the function by its name. Nothing is forked, so no lock of
another thread is kept; the caller's script is not run again, so it needs no guard and may be a
notebook. Arrays and Arrow tables travel as their bytes (pickle protocol 5, no copy on the way out).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from tailrace.base.errors import BadTerms, Unreachable
from tailrace.base.worker import read_frame, write_frame

Given = Mapping[str, Any]  # the work's arguments by name


def spread(
    work: Callable[..., Any], slices: Iterable[Given], processes: int, *, ahead: int = 1
) -> Iterator[Any]:
    """Yield what the work returns for each slice, in their order, done by so many processes.

    One process is this one. Of the slices and answers no more than processes + ahead are held at a
    time. Raises what the work raises; `BadTerms` where the work cannot be found by its name in another
    process; `Unreachable` where a process ends before its work does.
    """
    if processes <= 1:
        for given in slices:
            yield work(**given)
        return
    name = _name_of(work)
    started: list[_Process] = []
    idle: SimpleQueue[_Process] = SimpleQueue()
    waiting: deque[Future[Any]] = deque()
    threads = ThreadPoolExecutor(processes)  # each waits for the answer of one process
    try:
        for given in slices:
            if len(started) < processes:
                started.append(_Process(name))
                idle.put(started[-1])
            waiting.append(threads.submit(_done, given, idle))
            if len(waiting) >= processes + ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for process in started:
            process.child.kill()
        threads.shutdown(cancel_futures=True)
        for process in started:
            process.close()


def _done(given: Given, idle: SimpleQueue[_Process]) -> Any:
    process = idle.get()
    try:
        return process.answer(given)
    finally:
        idle.put(process)


class _Process:
    """One process and the pipes to it."""

    def __init__(self, name: tuple[str, str]) -> None:
        # The package as this process finds it, wherever that is; never what lies in the folder.
        path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
        self.name = ":".join(name)
        self.child = subprocess.Popen(
            [sys.executable, "-P", "-m", "tailrace.base.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
        )
        self._say(name)

    def answer(self, given: Given) -> Any:
        self._say(dict(given))
        try:
            succeeded, answer = read_frame(self.child.stdout)  # type: ignore[arg-type]
        except EOFError:
            raise self._dead() from None
        if not succeeded:
            raise answer
        return answer

    def _say(self, value: Any) -> None:
        try:
            write_frame(self.child.stdin, value)  # type: ignore[arg-type]
        except OSError:
            raise self._dead() from None

    def _dead(self) -> Unreachable:
        code = self.child.wait()
        how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
        mend = "run again with one process; if memory ran out, with fewer"
        return Unreachable(f"a working process {how}", where=self.name, mend=mend)

    def close(self) -> None:
        """Let go of a process that has been ended."""
        self.child.wait()
        for pipe in (self.child.stdin, self.child.stdout):
            with suppress(OSError):  # what was not yet sent is for nobody
                if pipe is not None:
                    pipe.close()


def _name_of(work: Callable[..., Any]) -> tuple[str, str]:
    """Return module and name by which another process finds this function or step."""
    made = getattr(work, "function", work)
    module, name = str(made.__module__), str(made.__name__)
    held = getattr(sys.modules.get(module), name, None)
    if module == "__main__" or held is not work:
        what = f"{module}.{name} is not to be found by that name in another process"
        mend = "define it at the top of a module that can be imported, or use one process"
        raise BadTerms(what, where="spread", mend=mend)
    return module, name
