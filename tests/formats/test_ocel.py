from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest
from intake_world import GOLDEN, LIMITS, business, expected

from tailrace.formats import ocel
from tailrace.records.tables import RECORDS

SMALL = (GOLDEN / "ocel/small.json").read_bytes()


@pytest.fixture(scope="module")
def log():
    path = Path(__file__).resolve().parents[3] / "shared/records/ocel/ocel2-p2p-part1.json.gz"
    if not path.exists():
        pytest.skip("shared data 'records/ocel' is not beside this checkout")
    content = gzip.decompress(path.read_bytes())
    return json.loads(content), ocel.read(content, "p2p.json", LIMITS), content


def test_the_golden_log_becomes_what_is_written_beside_it():
    assert business(ocel.read(SMALL, "small.json", LIMITS)) == expected("ocel/small.expected.json")


def test_the_order_of_objects_and_events_changes_no_business_value():
    raw = json.loads(SMALL)
    turned = {**raw, "objects": raw["objects"][::-1], "events": raw["events"][::-1]}
    one, other = (
        business(ocel.read(json.dumps(r).encode(), "x.json", LIMITS)) for r in (raw, turned)
    )
    for kind in set(one) - {"fault"}:
        shown = [sorted(str(_unplaced(row)) for row in found[kind]) for found in (one, other)]
        assert shown[0] == shown[1], kind


def _unplaced(row):
    return {k: v for k, v in row.items() if k != "position"}


def test_positions_open_the_element():
    rows = ocel.read(SMALL, "small.json", LIMITS)
    for document in rows.tables["document"]:
        at = SMALL[document["position"] :]
        assert at.startswith(b'{\n   "id": "' + document["number"].encode())
    for event in rows.tables["event"]:
        assert SMALL[event["position"] :].startswith(b'{\n   "id": "' + event["event_ref"].encode())


def test_positions_count_the_byte_order_mark():
    marked = b"\xef\xbb\xbf" + SMALL
    document = ocel.read(marked, "small.json", LIMITS).tables["document"][0]
    assert marked[document["position"] :].startswith(b'{\n   "id"')


def test_an_event_that_executes_two_payments_gives_each_an_id_of_its_own():
    raw = json.loads(SMALL)
    for found in raw["objects"]:
        if found["id"] == "payment:2":
            found["attributes"][0]["value"] = 7.5
    rows = ocel.read(json.dumps(raw).encode(), "x.json", LIMITS)
    ids = [payment["payment_id"] for payment in rows.tables["payment"]]
    assert len(ids) == len(set(ids)) == 3


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"objects": 7}', b'{"events": [NaN]}', b"\xff\xfe{}", b"[" * 100_000],
)
def test_what_is_not_a_log_is_one_fault(content):
    rows = ocel.read(content, "x.json", LIMITS)
    assert not rows.tables
    assert [f.what.startswith("the log is not OCEL 2.0 JSON") for f in rows.faults] == [True]


def test_a_log_without_our_types_is_read_as_events():
    raw = {
        "objects": [{"id": "x1", "type": "container", "attributes": [], "relationships": []}],
        "events": [
            {
                "id": "e1",
                "type": "load",
                "time": "2026-01-02T09:00:00Z",
                "relationships": [{"objectId": "x1", "qualifier": "cargo"}],
            }
        ],
    }
    rows = ocel.read(json.dumps(raw).encode(), "x.json", LIMITS)
    assert list(rows.tables) == ["event"]
    assert rows.tables["event"][0]["object_kind"] == "container"
    assert not rows.faults


def test_a_log_is_known_by_its_first_bytes():
    assert ocel.sniff(b'{"objectTypes": []', "x.json")
    assert ocel.sniff(SMALL[:4096], "x")
    assert not ocel.sniff(b'{"epcisBody": {}}', "x.json")
    assert not ocel.sniff(b"<log/>", "x.json")


def test_the_specifications_example_is_read_with_its_orders_and_events(shared):
    content = shared("records/ocel/ocel20_example.jsonocel").read_bytes()
    rows = ocel.read(content, "ocel20_example.jsonocel", LIMITS)
    events = {row["event_ref"] for row in rows.tables["event"]}
    assert len(events) == len(json.loads(content)["events"]) == 13
    kinds = Counter(d["kind"] for d in rows.tables["document"])
    assert kinds["order"] == 2
    assert [line["item_ref"] for line in rows.tables["line"]] == ["Cows", "Notebooks"]


def test_nothing_of_the_published_log_is_dropped(log):
    raw, rows, _ = log
    held = {row["object_ref"] for row in rows.tables["event"]}
    held |= {row["number"] for row in rows.tables["document"]}
    held |= {row["line_ref"] for row in rows.tables["line"]}
    held |= {row["to_number"] for row in rows.tables["reference"]}
    assert {found["id"] for found in raw["objects"]} <= held
    assert {e["id"] for e in raw["events"]} == {row["event_ref"] for row in rows.tables["event"]}
    kinds = Counter(d["kind"] for d in rows.tables["document"])
    assert kinds == {"receipt": 1130, "order": 933, "invoice": 546, "remittance": 546}


def test_relations_to_absent_objects_of_the_published_log_are_kept(log):
    _, rows, _ = log
    there = {(d["kind"], d["number"]) for d in rows.tables["document"]}
    dangling = [
        (row["to_kind"], row["to_number"])
        for row in rows.tables["reference"]
        if row["to_kind"] == "invoice" and (row["to_kind"], row["to_number"]) not in there
    ]
    assert len(dangling) == 1168  # each from its order and from its receipt
    assert len(set(dangling)) == 584


def test_payments_of_the_published_log_that_were_repeated_are_seen(log):
    _, rows, _ = log
    executions = Counter(p["end_to_end_ref"] for p in rows.tables["payment"])
    assert sum(n > 1 for n in executions.values()) == 113
    assert sum(n - 1 for n in executions.values()) == 142


def test_invoices_of_the_published_log_equal_their_payments(log):
    _, rows, _ = log
    payable = {
        d["number"]: d["payable_minor"] for d in rows.tables["document"] if d["kind"] == "invoice"
    }
    paid = {p["payment_id"]: p["amount_minor"] for p in rows.tables["payment"]}
    assert all(payable[a["to_number"]] == paid[a["payment_id"]] for a in rows.tables["allocation"])
    assert len(rows.tables["allocation"]) == 688


def test_rows_of_the_published_log_fit_the_tables_and_their_keys(log):
    _, rows, _ = log
    for schema in RECORDS:
        table = schema.rows(rows.tables.get(schema.kind, []))
        keys = table.select(list(schema.key)).to_pylist()
        assert len(keys) == len({tuple(key.items()) for key in keys}), schema.kind
