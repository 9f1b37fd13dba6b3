"""Real event logs counted: parts of BPI 2019 and of the OCEL 2.0 procure-to-pay log."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from logs_world import by_steps

from tailrace.evidence.logs.count import counted
from tailrace.evidence.logs.narrow import columns_of, narrowed
from tailrace.evidence.logs.shares import case_shares, obligation_shares
from tailrace.formats import ocel
from tailrace.records.tables import EVENT
from tailrace.street.logs import count_log, read_log
from tailrace.street.rules import packaged


@pytest.fixture(scope="module")
def bpi():
    """Return the shared part of BPI 2019's after-receipt category, counted."""
    folder = Path(__file__).resolve().parents[3] / "shared/data/p2p-bpi2019"
    if not folder.exists():
        pytest.skip("shared data 'p2p-bpi2019' is not beside this checkout")
    rules = packaged()
    parts = [
        read_log(folder / f"{n}events.csv.gz", rules, cases=folder / f"{n}items.csv.gz")
        for n in ("", "rare-")
    ]
    assert all(part.faults == [] for part in parts)
    log = pa.concat_tables([part.rows["log_event"] for part in parts])
    return counted(log, on=date(2021, 1, 1), logs=rules.logs)


def test_the_shared_part_of_bpi_2019_shows_its_states(bpi):
    cases = case_shares(bpi["case_state"])
    assert (cases["cases"], cases["partners"]) == (9_529, 374)
    assert cases["events"] == 166_085
    assert cases["events_outside"] == 45
    shares = {k: round(100 * v / cases["cases"], 1) for k, v in cases.items() if isinstance(v, int)}
    assert shares["receipt_invoice_clearing"] == 62.8  # of the whole category 63.5
    assert shares["one_of_each"] == 49.3  # 47.9
    assert shares["same_number"] == 64.3  # 61.2
    assert shares["accrued"] == 22.1  # 22.4
    assert shares["open"] == 13.8  # 13.3
    assert shares["neither"] == 4.4  # 4.6
    assert shares["invoice_without_receipt"] == 0.0  # 0.0
    assert shares["block_removed"] == 14.6  # 14.7
    assert shares["cancelled_or_debit_memo"] == 5.2  # 6.3
    assert shares["price_or_quantity_changed"] == 13.8  # 12.4
    assert round(100 * cases["invoice_before_order"] / cases["invoiced"], 1) == 2.6  # 3.4


def test_the_shared_part_of_bpi_2019_gives_obligations_backed_first_in_first_out(bpi):
    owed = obligation_shares(bpi["counted"])
    assert (owed["obligations"], owed["reversed"], owed["standing"]) == (9_960, 416, 9_544)
    assert (owed["proven"], owed["cleared"]) == (9_275, 7_046)
    assert round(100 * owed["proven"] / owed["standing"], 1) == 97.2  # of the whole category 97.4
    assert round(100 * owed["cleared"] / owed["standing"], 1) == 73.8  # 72.3
    assert owed["days_p05_p50_p95"] == [2, 28, 87]  # 2, 28, 106
    rows = bpi["counted"]
    assert rows["amount_minor"].null_count == 0
    # Written 2.6787987E7 in the log: the exponent is read, and the cents are exact.
    assert pa.compute.max(rows["amount_minor"]).as_py() == 2_678_798_700


def test_the_part_of_the_ocel_log_has_an_obligation_for_each_invoice_there_is(shared):
    packed = shared("records/ocel/ocel2-p2p-part1.json.gz").read_bytes()
    made = ocel.read(gzip.decompress(packed), "p2p.json", packaged().records).tables
    told = by_steps(made, date(2024, 1, 1), packaged())
    owed, cases = told["counted"], told["case_state"]
    assert len(cases) == len(owed) == 546
    assert {row["verdict"] for row in owed} == {"proven"}
    assert all(row["cleared_at"] and row["amount_minor"] > 0 and row["partner"] for row in owed)
    assert sum(row["payments_repeated"] > 0 for row in cases) == 113
    assert sum(row["payments_repeated"] for row in cases) == 142
    # What was received and never invoiced: the invoice receipts that are named and absent.
    assert sum(row["receipts_unbilled"] for row in cases) == 584


def test_a_log_in_xes_and_in_columns_count_alike(shared):
    path = shared("records/xes/bpic2019-1-trace-per-variant-a.xes.gz")
    rules = packaged()
    log = read_log(path, rules)
    assert log.faults == []
    made = count_log(log, log.until, rules)
    columns = columns_of(EVENT.names, rules.logs, "log")
    narrow, _ = narrowed(log.rows["event"], columns, "EUR", rules.logs, "log")
    direct = counted(narrow, on=log.until, logs=rules.logs)
    assert all(made[kind].equals(direct[kind]) for kind in made)
    assert made["case_state"].num_rows == 6_033
