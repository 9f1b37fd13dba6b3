"""SEPA characters: the same in Python and in SQL, and never outside the set."""

from __future__ import annotations

import re

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.base.sepa import PAIRS, sepa, sql_creditor_reference, sql_sepa

SET = re.compile(r"[a-zA-Z0-9/?:().,'+ -]*")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Müller & Söhne GmbH", "Muller + Sohne GmbH"),
        ("  two   blanks  ", "two blanks"),
        ("Œuvre_№5", "OEuvre-.5"),
        ("東京", ".."),
        ("", ""),
    ],
)
def test_text_is_put_into_the_set(text: str, kept: str) -> None:
    assert sepa(text) == kept


@settings(max_examples=300)
@given(st.text())
def test_nothing_outside_the_set_is_left_and_twice_is_as_once(text: str) -> None:
    once = sepa(text)
    assert SET.fullmatch(once)
    assert sepa(once) == once


def in_sql(expression: str, texts: list[str]) -> list[str | None]:
    db = duckdb.connect(":memory:")
    query = f"select {expression} from (select unnest(?) as t, unnest(range({len(texts)})) as n) order by n"
    return [row[0] for row in db.execute(query, [texts]).fetchall()]


def test_sql_writes_the_same_as_python() -> None:
    latin = "".join(map(chr, range(32, 0x180)))
    texts = [f"a{c}z" for c in latin + "".join(PAIRS) + "東Ж"] + [latin, " x  y "]
    assert in_sql(sql_sepa("t"), texts) == [sepa(t) for t in texts]


def _valid(body: str) -> str:
    turned = "".join(str(int(c, 36)) for c in body + "RF00")
    return f"RF{98 - int(turned) % 97:02}{body}"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.from_regex(r"[A-Z0-9]{1,21}", fullmatch=True), min_size=1, max_size=20))
def test_a_creditor_reference_is_known_by_its_check_digits(bodies: list[str]) -> None:
    good = [_valid(body) for body in bodies]
    bad = [f"RF{(int(r[2:4]) + 1) % 100:02}{r[4:]}" for r in good]
    assert in_sql(sql_creditor_reference("t"), good) == good
    assert in_sql(sql_creditor_reference("t"), bad) == [None] * len(bad)
