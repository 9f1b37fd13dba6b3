"""EPCIS events: what was seen, for which documents, in whose hands. The golden file is ours."""

from __future__ import annotations

import json

from intake_world import GOLDEN, LIMITS, business, expected

from tailrace.formats import epcis
from tailrace.formats.registry import find
from tailrace.records.tables import EVENT

CONTENT = (GOLDEN / "epcis/receiving.json").read_bytes()
OBJECT = {"type": "ObjectEvent", "eventTime": "2026-03-04T07:30:00Z", "action": "OBSERVE"}


def read(*events: dict, wrap=lambda events: {"epcisBody": {"eventList": events}}):
    document = {"type": "EPCISDocument", **wrap(list(events))}
    return epcis.read(json.dumps(document).encode(), "e.json", LIMITS)


def test_the_golden_events_become_these_rows():
    rows = epcis.read(CONTENT, "receiving.json", LIMITS)
    assert business(rows) == expected("epcis/receiving.expected.json")
    assert EVENT.rows(rows.tables["event"]).num_rows == 8


def test_the_file_finds_its_format_by_its_first_bytes():
    assert find(CONTENT[:4096], "e.json", []).name == "epcis"


def test_every_position_is_the_byte_where_an_event_begins():
    for row in epcis.read(CONTENT, "e.json", LIMITS).tables["event"]:
        event = json.JSONDecoder().raw_decode(CONTENT[row["position"] :].decode())[0]
        assert event["eventID"] == row["event_ref"]


def test_who_takes_goods_in_speaks_for_them_and_else_who_sent_them():
    moved = {
        "sourceList": [{"type": "possessing_party", "source": "from"}],
        "destinationList": [{"type": "possessing_party", "destination": "to"}],
    }
    rows = read(
        {**OBJECT, **moved, "bizStep": "receiving"}, {**OBJECT, **moved, "bizStep": "shipping"}
    )
    assert [r["actor"] for r in rows.tables["event"]] == ["to", "from"]


def test_an_event_that_touches_nothing_has_one_row():
    (row,) = read(OBJECT).tables["event"]
    assert (row["object_ref"], row["activity"]) == (None, "ObjectEvent")


def test_the_same_thing_named_twice_in_one_event_is_one_row():
    assert len(read({**OBJECT, "epcList": ["a", "a", "b"]}).tables["event"]) == 2


def test_an_error_declared_takes_the_event_out_wherever_it_stands():
    wrong = {**OBJECT, "eventID": "x", "epcList": ["a"]}
    rows = read(wrong, {**wrong, "errorDeclaration": {"declarationTime": "2026-03-05T00:00:00Z"}})
    assert rows.tables.get("event", []) == []
    assert {f.what for f in rows.faults} == {"event x is declared an error and left out"}


def test_events_that_answer_a_query_are_read_as_well():
    def queried(events):
        return {"epcisBody": {"queryResults": {"resultsBody": {"eventList": events}}}}

    assert len(read({**OBJECT, "epcList": ["a"]}, wrap=queried).tables["event"]) == 1


def test_a_bad_event_is_a_fault_and_its_neighbours_stay():
    rows = read({**OBJECT, "eventTime": "yesterday"}, {**OBJECT, "epcList": 5}, OBJECT)
    assert len(rows.tables["event"]) == 1
    assert len(rows.faults) == 2
    assert "'yesterday' is not a moment" in rows.faults[1].what


def test_a_quantity_that_fits_no_column_is_refused_with_its_event():
    count = {"epcClass": "c", "quantity": 1e30, "uom": "KGM"}
    rows = read({**OBJECT, "quantityList": [count]})
    assert not rows.tables.get("event")
    assert len(rows.faults) == 1


def test_a_file_that_is_not_json_is_one_fault():
    rows = epcis.read(b'{"type": "EPCISDocument", ', "e.json", LIMITS)
    assert rows.tables == {}
    assert rows.faults[0].what.startswith("not EPCIS 2.0 JSON")
