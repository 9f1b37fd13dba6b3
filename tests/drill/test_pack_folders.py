"""A pack as a folder: written as documents, read back the same; a user's own; and broken ones."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tailrace.base.errors import BadTerms, NotFound, TailraceError
from tailrace.drill.folder import truth_of
from tailrace.drill.running import drill, scene
from tailrace.drill.writing import write

HEAD = "kind,number,creditor,excess_minor,words\n"
SEED, FIRMS = 3, 20


def laid_out(place: Path, pack: str, **parameters: str) -> Path:
    write(scene(pack, seed=SEED, firms=FIRMS, parameters=parameters), place)
    return place


@pytest.mark.parametrize(
    ("pack", "parameters"),
    [
        ("paperwork", {"count": "2"}),
        ("slips", {"count": "2"}),
        ("everyday", {"count": "2"}),
        ("two_lenders", {"count": "4", "others": "9"}),
        ("stenn", {"count": "6", "shells": "1"}),
    ],
)
def test_a_pack_written_as_documents_and_read_back_counts_the_same(
    tmp_path: Path, pack: str, parameters: dict[str, str]
) -> None:
    laid_out(tmp_path / pack, pack, **parameters)
    again = drill(str(tmp_path / pack), seed=0, firms=FIRMS)
    first = drill(pack, seed=SEED, firms=FIRMS, parameters=parameters)
    assert again.rows == first.rows
    assert again.told == first.told
    assert again.misses == first.misses == []


def test_records_are_files_in_the_standards_beside_truth_and_rules(tmp_path: Path) -> None:
    place = laid_out(tmp_path, "everyday", count="1")
    kinds = {path.parent.name: path.suffix for path in place.glob("records/*/*")}
    assert kinds["statement"] == kinds["order"] == ".xml"
    assert kinds["timesheet"] == kinds["reading"] == ".csv"
    rules = tomllib.loads((place / "tailrace.toml").read_text("utf-8"))
    assert rules["run"] == {"on": "2026-03-31"}
    unit = {"unit": "XPK", "into": "EA", "factor": "12", "item": "PACK-0"}
    assert rules["evidence"]["unit"] == [unit]


def test_a_file_handed_in_twice_is_written_twice(tmp_path: Path) -> None:
    made = scene("paperwork", seed=SEED, firms=FIRMS, parameters={"count": "1"})
    write(made, tmp_path)
    copies = list(tmp_path.glob("records/invoice/*.copy.xml"))
    assert len(copies) == 1
    first = copies[0].with_name(copies[0].name.removesuffix(".copy.xml"))
    assert copies[0].read_bytes() == first.read_bytes()


def test_the_rules_of_a_folder_are_those_of_its_run(tmp_path: Path) -> None:
    place = laid_out(tmp_path, "approval_splitting", count="2", limit="500000")
    assert drill(str(place), seed=0, firms=FIRMS).misses == []
    rules = place / "tailrace.toml"
    rules.write_text(rules.read_text("utf-8").replace("500000", "700000"), "utf-8")
    assert drill(str(place), seed=0, firms=FIRMS).rows[0].found == 0


def test_nothing_is_written_over(tmp_path: Path) -> None:
    made = scene("carousel", seed=SEED, firms=FIRMS)
    write(made, tmp_path)
    with pytest.raises(BadTerms, match="records here already"):
        write(made, tmp_path)


def test_a_users_own_folder_runs_with_records_of_any_format(tmp_path: Path) -> None:
    """One seller, two invoices in a CSV file; the buyer received the goods of the first alone."""
    records, truth = tmp_path / "records", tmp_path / "truth"
    records.mkdir()
    truth.mkdir()
    names = '{ currency = "EUR", "seller.VAT" = "XA1", "buyer.VAT" = "XA2" }'
    said = '"number" = "number"\n"day" = "issued_on"\n"line" = "line.line_ref"\n"item" = "line.item_ref"\n"quantity" = "line.quantity"\n"order" = "order.number"\n'
    asked = '"unit" = "line.unit"\n"price" = "line.price"\n"net" = ["line.net", "payable"]\n'
    (records / "mine.map.toml").write_text(
        f'[[file]]\npattern = "invoices.csv"\nkind = "invoice"\nconstants = {names}\n[file.columns]\n{said}{asked}'
        f'[[file]]\npattern = "receipts.csv"\nkind = "receipt"\nconstants = {names}\n[file.columns]\n{said}"unit" = "line.unit"\n',
        "utf-8",
    )
    (records / "invoices.csv").write_text(
        "number,day,line,item,quantity,order,unit,price,net\n"
        "I-1,2026-02-02,1,A7,10,O-1,EA,5.00,50.00\nI-2,2026-02-02,1,A7,10,O-2,EA,5.00,50.00\n",
        "utf-8",
    )
    (records / "receipts.csv").write_text(
        "number,day,line,item,quantity,order,unit\nR-1,2026-02-01,1,A7,10,O-1,EA\n", "utf-8"
    )
    (truth / "frauds.csv").write_text("kind,number,creditor,excess_minor\ninvented,I-2,XA1,5000\n")
    made = drill(str(tmp_path), seed=0, firms=FIRMS)
    row = made.rows[0]
    assert (row.kind, row.planted, row.found, row.by_test) == ("invented", 1, 1, 1)
    assert (row.honest, made.rows[-1].false_alarms) == (1, 0)


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("", BadTerms, "no column kind, number, creditor"),
        ("kind,number\n", BadTerms, "no column creditor"),
        (HEAD + "murder,I-1,XA1,,\n", NotFound, "line 2.*kinds are sold_twice"),
        (HEAD + "invented,I-1,XA1,,\n,I-2,XA1,,\n", NotFound, "no kind ''.*line 3"),
        (HEAD + "invented,,XA1,,\n", BadTerms, "number is not said"),
        (HEAD + "invented,I-1,,,\n", BadTerms, "creditor is not said"),
        (HEAD + "invented,I-1,XA1,12.50,\n", BadTerms, "excess_minor '12.50'"),
        (HEAD + "invented,I-1,XA1,-5,\n", BadTerms, "minor units, as 12345"),
        (HEAD + f"invented,I-1,XA1,{'9' * 5000},\n", BadTerms, "excess_minor"),
        (HEAD + "invented,I-1,XA1,5,a,b,c\n", BadTerms, "more cells than columns"),
        (HEAD + "invented,I-1,XA1,5,\ninvented,I-1,XA1,5,\n", BadTerms, "stands 2 times"),
        (HEAD + 'invented,"I-1,XA1,5,\n', BadTerms, "not CSV"),
    ],
)
def test_a_broken_truth_says_what_where_and_how_to_mend(
    tmp_path: Path, text: str, error: type[TailraceError], says: str
) -> None:
    path = tmp_path / "frauds.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(error, match=f"(?s){says}") as told:
        truth_of(path)
    assert str(path) in told.value.where
    assert told.value.mend


def test_a_truth_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "frauds.csv"
    path.write_bytes(HEAD.encode() + b"invented,\xff\xfe,XA1,,\n")
    with pytest.raises(BadTerms, match="not CSV"):
        truth_of(path)


def test_a_folder_without_truth_or_records_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no records"):
        drill(str(tmp_path), seed=0, firms=FIRMS)
    (tmp_path / "records").mkdir()
    with pytest.raises(NotFound, match="no truth"):
        drill(str(tmp_path), seed=0, firms=FIRMS)
    (tmp_path / "truth").mkdir()
    (tmp_path / "truth" / "frauds.csv").write_text(HEAD, "utf-8")
    with pytest.raises(BadTerms, match="no document could be read from 0 files"):
        drill(str(tmp_path), seed=0, firms=FIRMS)
    (tmp_path / "records" / "note.xml").write_text("<Invoice", "utf-8")
    with pytest.raises(BadTerms, match="the first of 1 faults"):
        drill(str(tmp_path), seed=0, firms=FIRMS)


def test_parameters_for_a_folder_are_refused(tmp_path: Path) -> None:
    parameters: dict[str, Any] = {"count": "3"}
    with pytest.raises(BadTerms, match="parameters for a folder"):
        drill(str(tmp_path), seed=0, firms=FIRMS, parameters=parameters)
