"""What is wrong with a file of debts is told with file and line, and how to mend it; the rest clears."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import csv, parquet

from tailrace.base.errors import BadTerms
from tailrace.cli.clear import command
from tailrace.cli.reading import lines
from tailrace.cli.reading.debts import read
from tailrace.cli.reading.lines import lines_of, not_utf8

HEAD = "obligation_id,debtor,creditor,currency,amount_minor,due_on\n"
# a ring of 5.00, and below it one more line at a time
RING = HEAD + "1,a,b,EUR,500,\n2,b,c,EUR,700,\n3,c,a,EUR,600,\n"


def run(path: Path, *words: str) -> Result:
    return CliRunner().invoke(command, [str(path), *words])


def told(path: Path) -> tuple[list[tuple[str, str, str]], int]:
    """Return the faults (where, what, mend) and what cleared all the same."""
    done = run(path, "--json")
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    said = json.loads(done.stdout)
    assert done.exit_code == (1 if said["faults"] else 0)
    faults = [(f["where"], f["what"], f["mend"]) for f in said["faults"]]
    return faults, sum(row["cleared_minor"] for row in said["totals"] if row["currency"] == "EUR")


@pytest.fixture
def debts(tmp_path: Path) -> Path:
    return tmp_path / "debts.csv"


def test_faults_of_several_kinds_are_told_in_the_order_of_lines(debts):
    debts.write_text(RING + "1,c,b,EUR,1,\n7,a,b,EUR,1.5,\n8,,b,EUR,5,\n9,a,b,EUR,-7,\n", "utf-8")
    where = [place for place, _, _ in told(debts)[0]]
    assert where == [f"{debts}, line {line}" for line in (2, 5, 6, 7, 8)]


BAD = [
    ("9,a,b,EUR,-7,", "the amount is below zero: -7", "turn them round"),
    ("9,a,b,EUR,12.50,", "the amount is not said in whole minor units: 12.50", "is 1250"),
    ("9,a,b,EUR,,", "the amount is not said in whole minor units", "is 1250"),
    ("9,a,b,EUR,ten,", "the amount is not said in whole minor units: ten", "is 1250"),
    ("9,a,b,EUR,1e3,", "the amount is not said in whole minor units: 1e3", "is 1250"),
    (
        f"9,a,b,EUR,{2**62 + 1},",
        f"the amount is above 2^62 minor units: {2**62 + 1}",
        "correct the amount",
    ),
    (
        f"9,a,b,EUR,{10**30},",
        f"the amount is above 2^62 minor units: {10**30}",
        "correct the amount",
    ),
    (f"9,a,b,EUR,-{10**30},", f"the amount is below zero: -{10**30}", "turn them round"),
    ("9,,b,EUR,5,", "the debtor is not said", "say who owes"),
    ("9,  ,b,EUR,5,", "the debtor is not said", "say who owes"),
    ("9,a,,EUR,5,", "the creditor is not said", "say who is owed"),
    (",a,b,EUR,5,", "the obligation has no id", "give the debt an id"),
    ("9,a,b,,5,", "the currency is not said", "write an ISO 4217 code"),
    ("9,a,b,eur,5,", "the currency 'eur' is no code", "write an ISO 4217 code"),
    ("9,a,b,€,5,", "the currency '€' is no code", "write an ISO 4217 code"),
    ("9,a,b,EUR,5,2026-02-30", "the due day is no day as 2026-03-31: 2026-02-30", "leave it empty"),
    ("9,a,b", "3 fields, and the header has 6", "as many fields as the header"),
    ("9,a,b,EUR,5,,,", "8 fields, and the header has 6", "as many fields as the header"),
]


@pytest.mark.parametrize(("row", "what", "mend"), BAD)
def test_a_bad_line_is_named_with_what_it_says_and_how_to_mend_it(debts, row, what, mend):
    debts.write_text(f"{RING}\n{row}\n4,a,b,EUR,1,\n", "utf-8")  # a blank line counts as one, too
    (fault,), cleared = told(debts)
    assert fault[:2] == (f"{debts}, line 6", what)
    assert mend in fault[2]
    assert cleared == 3 * 501  # with what the line below adds to the debt of a to b
    assert f"left out: {debts}, line 6: {what}" in run(debts).output


def test_an_id_used_twice_names_the_other_line(debts):
    debts.write_text(RING + "3,a,b,EUR,5,\n", "utf-8")
    faults, cleared = told(debts)
    assert [fault[:2] for fault in faults] == [
        (f"{debts}, line 4", "the id '3' is that of line 5 too"),
        (f"{debts}, line 5", "the id '3' is that of line 4 too"),
    ]
    assert cleared == 0  # nobody knows which of the two is meant


def test_a_debt_to_oneself_and_one_of_nothing_are_no_faults(debts):
    debts.write_text(RING + "8,a,a,EUR,40,\n9,a,b,EUR,0,\n", "utf-8")
    assert told(debts) == ([], 1540)


def test_white_space_round_a_value_is_none_of_it_and_a_firm_may_be_called_na(debts):
    debts.write_text(HEAD + " 1 ,NA , b,EUR , 5 ,\n2,b,NA,EUR,0000000000000000000005,\n", "utf-8")
    assert told(debts) == ([], 10)


def test_a_unit_of_the_circles_own_clears_by_itself_and_is_remarked_upon(debts):
    debts.write_text(RING + "4,a,b,SRX,7,\n5,b,a,SRX,6,\n", "utf-8")
    assert told(debts) == ([], 1500)
    assert "SRX is not in ISO 4217: a unit of its own" in run(debts).output


def test_the_largest_amount_there_is_is_read_to_its_last_digit(debts):
    debts.write_text(HEAD + f"1,a,b,EUR,{2**62},\n", "utf-8")
    assert read(str(debts)).table["amount_minor"].to_pylist() == [2**62]


@pytest.mark.parametrize(
    ("content", "what", "where", "mend"),
    [
        (b"", "the file is empty", "", "write a header line"),
        (b"\n \n", "the file is empty", "", "write a header line"),
        (
            RING.replace(",", ";").encode(),
            "the fields are apart by semicolons, not by commas",
            ", line 1",
            "save it again with commas",
        ),
        (
            RING.replace(",", "\t").encode(),
            "the fields are apart by tabs, not by commas",
            ", line 1",
            "save it again with commas",
        ),
        (
            f"{RING}4,Müller,b,EUR,5,\n".encode("latin-1"),
            "not UTF-8: byte 0xFC cannot stand where it does",
            ", line 5",
            "save the file again as UTF-8",
        ),
        (
            RING.encode("utf-16"),
            "not UTF-8: byte 0xFF cannot stand where it does",
            ", line 1",
            "save the file again as UTF-8",
        ),
        (
            RING.replace("amount_minor", "Amount minor").encode(),
            "column 'amount_minor' is missing; found are obligation_id, debtor, creditor, currency, "
            "Amount minor, due_on",
            "",
            "call 'Amount minor' 'amount_minor'",
        ),
        (
            RING.replace("due_on", "debtor").encode(),
            "column 'debtor' stands twice",
            "",
            "rename the other",
        ),
    ],
)
def test_what_cannot_be_read_at_all_is_refused_with_file_line_and_mend(
    debts, content, what, where, mend
):
    debts.write_bytes(content)
    refused = run(debts).exception
    assert isinstance(refused, BadTerms)
    assert (refused.what, refused.where) == (what, f"{debts}{where}")
    assert mend in refused.mend


def test_debts_that_pass_the_range_together_name_the_file(debts):
    debts.write_text(HEAD + "".join(f"{n},a,b,EUR,{2**61},\n" for n in range(3)), "utf-8")
    refused = run(debts).exception
    assert isinstance(refused, BadTerms)
    assert refused.where == str(debts)


def test_rows_of_a_parquet_file_count_from_one(tmp_path):
    path = tmp_path / "debts.parquet"
    table = {"obligation_id": [1, 2, 3, 3], "debtor": ["a", None, "b", "a"]}
    table |= {"creditor": ["b"] * 4, "currency": ["EUR", "EUR", "EUR ", "EUR"]}
    parquet.write_table(pa.table({**table, "amount_minor": [-5, 1, 2, 3]}), path)
    faults, _ = told(path)
    assert {fault[:2] for fault in faults} == {
        (f"{path}, row 1", "the amount is below zero: -5"),
        (f"{path}, row 2", "the debtor is not said"),
        (f"{path}, row 3", "the currency 'EUR ' is no code"),
        (f"{path}, row 4", "the id 3 is that of row 3 too"),
    }


@pytest.mark.parametrize(
    ("column", "values", "what"),
    [
        ("amount_minor", [1.5, 2.0], "column 'amount_minor' is double"),
        ("amount_minor", ["5", "6"], "column 'amount_minor' is string"),
        ("debtor", [1.5, 2.5], "column 'debtor' is double"),
        ("debtor", [1, 2], "debtor is int64, creditor is "),
    ],
)
def test_a_parquet_column_of_a_wrong_type_names_the_file(tmp_path, column, values, what):
    path = tmp_path / "debts.parquet"
    table = {"obligation_id": [1, 2], "debtor": ["a", "b"], "creditor": ["b", "a"]}
    table |= {"currency": ["EUR"] * 2, "amount_minor": [5, 6], column: values}
    parquet.write_table(pa.table(table), path)
    refused = run(path).exception
    assert isinstance(refused, BadTerms)
    assert refused.what.startswith(what)
    assert refused.where == str(path)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_one_bad_row_of_a_hundred_thousand_is_named_and_the_rest_is_the_optimum(tmp_path, suffix):
    count, bad = 100_000, 76_543
    draw = np.random.default_rng(3)
    ends = draw.integers(0, 4_000, (2, count))
    amount = np.where(np.arange(count) == bad, -9, draw.integers(1, 10**6, count))
    table = {"obligation_id": np.arange(count), "debtor": ends[0], "creditor": ends[1]}
    table |= {"currency": ["EUR"] * count, "amount_minor": amount}
    path = tmp_path / f"debts.{suffix}"
    (csv.write_csv if suffix == "csv" else parquet.write_table)(pa.table(table), path)
    ((where, what, _),), cleared = told(path)
    place = f"line {bad + 2}" if suffix == "csv" else f"row {bad + 1}"
    assert (where, what) == (f"{path}, {place}", "the amount is below zero: -9")
    rows = path.read_bytes() if suffix == "csv" else b""
    if suffix == "csv":
        kept = rows.split(b"\n")
        path.write_bytes(b"\n".join(kept[: bad + 1] + kept[bad + 2 :]))
        assert told(path) == ([], cleared)


CELLS = st.sampled_from(["x", 'x"y', '"q"', '"two\nlines"', '"a ""b"" c"', ""])


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(CELLS, min_size=2, max_size=2) | st.just([]), max_size=12),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(3, 40),
    st.booleans(),
)
def test_lines_are_those_an_editor_counts_whatever_is_quoted(
    tmp_path_factory, rows, end, block, last
):
    path = tmp_path_factory.mktemp("lines") / "rows.csv"
    text, starts, line = f"n,m{end}", [1], 2
    for row in rows:
        text += ",".join(row) + end
        starts += [line] if row else []
        line += 1 + sum(cell.count("\n") for cell in row)
    path.write_bytes((text if last else text.removesuffix(end)).encode())
    before, lines.BLOCK = lines.BLOCK, block
    try:
        found = lines_of(str(path), range(1, len(starts) + 1), len(starts))
    finally:
        lines.BLOCK = before
    assert found == dict(enumerate(starts, start=1))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=30), st.integers(0, 60), st.integers(1, 9))
def test_the_first_byte_that_is_no_utf8_is_found_wherever_blocks_end(
    tmp_path_factory, text, at, block
):
    path = tmp_path_factory.mktemp("bytes") / "text.csv"
    content = text.encode()
    bent = content[:at] + b"\xff" + content[at:]
    path.write_bytes(bent)
    before, lines.BLOCK = lines.BLOCK, block
    try:
        found = not_utf8(str(path))
        path.write_bytes(content)
        assert not_utf8(str(path)) is None
    finally:
        lines.BLOCK = before
    with pytest.raises(UnicodeDecodeError) as why:
        bent.decode()
    assert found == (1 + bent.count(b"\n", 0, why.value.start), bent[why.value.start])


GOOD = st.tuples(st.sampled_from("abc"), st.sampled_from("abc"), st.integers(0, 30))
WRONG = st.sampled_from(
    ["{n},a,b,EUR,-7,", "{n},a,,EUR,5,", "{n},a,b,eur,5,", "{n},a,b", "{n},a,b,EUR,1.5,"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(GOOD | WRONG | st.just(""), max_size=14))
def test_whichever_lines_are_wrong_they_are_named_and_the_others_clear_as_if_alone(
    tmp_path_factory, drawn
):
    folder = tmp_path_factory.mktemp("mixed")
    good, written, bad = [], [], set()
    for place, row in enumerate(drawn):
        if isinstance(row, tuple):
            debtor, creditor, amount = row
            good.append(f"{place},{debtor},{creditor},EUR,{amount},")
            written.append(good[-1])
            continue
        written.append(row.format(n=place))
        if row:
            bad.add(place + 2)
    mixed, alone = folder / "mixed.csv", folder / "alone.csv"
    mixed.write_text(HEAD + "\n".join([*written, ""]), "utf-8")
    alone.write_text(HEAD + "\n".join([*good, ""]), "utf-8")
    faults, cleared = told(mixed)
    assert sorted(int(where.rsplit(" ", 1)[1]) for where, _, _ in faults) == sorted(bad)
    assert told(alone) == ([], cleared)
