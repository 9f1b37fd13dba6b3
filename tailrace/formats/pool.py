"""Pages read by several processes, given back in order as Arrow IPC bytes."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import pyarrow as pa

from tailrace.base.errors import Unreachable
from tailrace.base.ports import Item
from tailrace.formats.page import Page
from tailrace.formats.registry import formats

Work = Callable[[Sequence[Item]], Page]
_AHEAD = 2  # pages in flight for each worker: enough to keep it busy, few enough to bound memory
_work: Work | None = None


def in_order(
    work: Work, pages: Sequence[Sequence[Item]], workers: int
) -> Generator[Page, None, None]:
    """Yield `work` of each page, in order. One worker, or one page, is read in this process.

    Raises `Unreachable` where a reading process dies.
    """
    if workers <= 1 or len(pages) <= 1:
        yield from map(work, pages)
        return
    executor = ProcessPoolExecutor(
        min(workers, len(pages)),
        mp_context=_context(),
        initializer=_start,
        initargs=(work,),
    )
    waiting: deque[Future[tuple[Page, dict[str, bytes]]]] = deque()
    try:
        for page in pages:
            waiting.append(executor.submit(_run, page))
            if len(waiting) > workers * _AHEAD:
                yield _unpacked(*waiting.popleft().result())
        while waiting:
            yield _unpacked(*waiting.popleft().result())
    except BrokenProcessPool as why:
        mend = "run again with one worker; in a script, start under if __name__ == '__main__'"
        raise Unreachable(f"a reading process died: {why}", where="intake", mend=mend) from None
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _context() -> multiprocessing.context.BaseContext:
    """Return how processes start: from a clean server that has the formats loaded, where it can.

    A plain fork would keep the locks of this process's threads; a spawn loads everything each time.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["tailrace.formats.pool", *(f.module.__name__ for f in formats())]
    )
    return context


def _start(work: Work) -> None:
    global _work
    _work = work
    if "pandas" not in sys.modules:
        sys.meta_path.insert(0, _WithoutPandas())
    threading.Thread(target=_end_with_parent, daemon=True).start()


class _WithoutPandas:
    """Says there is no pandas, which no reader uses.

    Where it is installed, pyarrow imports it at its first array: two seconds for each process.
    """

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError("pandas is not used here", name=name)


def _end_with_parent() -> None:
    """End this process when the one that started it is killed: its queue would never say so."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _run(items: Sequence[Item]) -> tuple[Page, dict[str, bytes]]:
    assert _work is not None, "the initializer runs first"
    page = _work(items)
    packed = {kind: _packed(table) for kind, table in page.tables.items() if table.num_rows}
    return Page(read=page.read, loose=page.loose), packed


def _packed(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def _unpacked(page: Page, packed: dict[str, bytes]) -> Page:
    for kind, body in packed.items():
        page.tables[kind] = pa.ipc.open_stream(body).read_all()
    return page
