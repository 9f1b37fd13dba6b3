"""Work spread over processes: the same answers in order, clear errors, nothing left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tailrace.base.errors import BadTerms, Unreachable
from tailrace.base.processes import spread

HERE = str(Path(__file__).parent)


def doubled(values, by=2):
    """Return the values times two, written where they came, and the process that did it."""
    values *= by
    return values, os.getpid()


def rows_of(table):
    return table.num_rows


def dies_at_three(number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def fails(number):
    if number == 2:
        raise BadTerms("two is not allowed", where="row 2", mend="leave it out")
    if number == 4:
        raise Odd()
    return number


def prints(number):
    sys.stdout.write("this is no answer")
    return number


class Odd(Exception):
    """An exception that cannot be rebuilt elsewhere."""

    def __init__(self):
        super().__init__("odd", lambda: None)


def drawn():
    return [{"values": np.arange(n)} for n in range(7)]


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_answers_come_in_the_order_of_the_slices_whatever_the_number_of_processes(processes):
    answers = list(spread(doubled, drawn(), processes))
    assert [values.tolist() for values, _ in answers] == [
        (2 * np.arange(n)).tolist() for n in range(7)
    ]
    others = {process for _, process in answers} - {os.getpid()}
    assert len(others) <= processes and bool(others) == (processes > 1)


def test_tables_travel_and_what_the_work_prints_is_no_answer():
    tables = [{"table": pa.table({"a": list(range(n))})} for n in range(3)]
    assert list(spread(rows_of, tables, 2)) == [0, 1, 2]
    assert list(spread(prints, [{"number": n} for n in range(3)], 2)) == [0, 1, 2]


def test_no_more_slices_are_drawn_than_can_be_worked_on():
    taken = []

    def endless():
        for number in count():
            taken.append(number)
            yield {"number": number}

    answers = spread(prints, endless(), 2)
    assert [next(answers) for _ in range(3)] == [0, 1, 2]
    answers.close()
    assert len(taken) <= 2 + 1 + 3


def test_a_process_that_is_killed_is_an_error_that_says_so():
    with pytest.raises(Unreachable, match="a working process was ended by signal 9") as why:
        list(spread(dies_at_three, [{"number": n} for n in range(9)], 2))
    assert why.value.where.endswith("test_processes:dies_at_three")
    assert "one process" in why.value.mend


def test_what_the_work_raises_is_raised_here():
    with pytest.raises(BadTerms, match="two is not allowed") as why:
        list(spread(fails, [{"number": n} for n in range(4)], 2))
    assert why.value.mend == "leave it out"
    with pytest.raises(Unreachable, match="Odd"):
        list(spread(fails, [{"number": 4}], 2))


def test_work_that_another_process_cannot_find_is_refused():
    with pytest.raises(BadTerms, match="not to be found by that name"):
        list(spread(lambda number: number, [{"number": 1}], 2))


def test_a_script_needs_no_guard_and_is_not_run_again(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "print('once')\n"
        "from tailrace.base.processes import spread\n"
        "from test_processes import prints\n"
        "print(list(spread(prints, [{'number': n} for n in range(4)], 2)))\n",
        encoding="utf-8",
    )
    path = os.pathsep.join([HERE, *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.splitlines() == ["once", "[0, 1, 2, 3]"]


def test_work_defined_in_a_script_is_refused_with_words(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from tailrace.base.processes import spread\n"
        "def mine(number): return number\n"
        "list(spread(mine, [{'number': 1}], 2))\n",
        encoding="utf-8",
    )
    path = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "define it at the top of a module that can be imported" in done.stderr
